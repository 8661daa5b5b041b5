"""What the shell drives: a fold of one partition's log, whatever it makes of it.

Rules, for every core: the state changes only in `handle`, from its arguments alone, so that the same log gives the same
state and the same effects; a position below ``next_offset`` was seen before, and changes nothing; positions increase,
with gaps. Who keeps to them lives the same exactly-once life as the learner does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from schemas.records import Effect
from schemas.status import Status


class Core(Protocol):
    """One partition's fold."""

    @property
    def next_offset(self) -> int:
        """One past the newest position that was handled; 0 before the first."""

    @property
    def leader(self) -> str | None:
        """The version that answers now; None before the first record, and where there are no versions."""

    def handle(self, event: Any, position: int) -> Sequence[Effect]:
        """Fold one record, decoded as this kind of core wants it or `schemas.events.Rejected`; what follows from it."""

    def status(self) -> Status | None:
        """Where it stands, for people and monitoring; None of a core that scores nothing."""
