"""What the policy is told, and what every one of its conditions answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from models.drift.finding import Finding
from schemas.evaluated import Figure
from schemas.gauge import Retraining


class Facts(NamedTuple):
    """What is new, of the things that conditions are about.

    ``findings`` are news of episodes, ``figure`` is a new one of the watched metric, ``time`` an event's. ``labels`` is
    how many labels were learned so far.
    """

    labels: int
    findings: Sequence[Finding] = ()
    figure: Figure | None = None
    time: datetime | None = None


class Condition(Protocol):
    """One reason for a challenger. A reason that comes up stays until it is gone, or a challenger has started from it.

    It is a part of the state, and bounded.
    """

    @property
    def is_on(self) -> bool:
        """Whether the policy knows this reason."""

    def adopt(self, policy: Retraining) -> None:
        """Obey a changed policy; what was counted so far counts."""

    def take(self, facts: Facts) -> None:
        """Take in what is new."""

    def due(self, labels: int) -> str | None:
        """Why a challenger should start now that so many labels were learned, in words; ``None`` if none should."""

    def started(self, labels: int) -> None:
        """A challenger has started from it."""
