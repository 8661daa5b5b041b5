"""What every drift detector says, and the contract it keeps."""

from __future__ import annotations

from enum import Enum
from typing import Final, Protocol


class Signal(Enum):
    """A detector's answer to one loss."""

    QUIET = "quiet"
    WARNING = "warning"
    DRIFT = "drift"


QUIET: Final = Signal.QUIET
"""For what is done at every label: up to Python 3.11 a member is found slowly by its class."""


class Detector(Protocol):
    """Watches one stream of losses in [0, 1], one per event, for a rise of their mean.

    After ``DRIFT`` a detector starts a new reference by itself. Every detector can be pickled at any moment; the
    restored one answers bit for bit as the old one would have.
    """

    name: str
    """Unique among the detectors of one gauge."""

    threshold: float
    """What ``statistic`` is held against: a detector that says ``DRIFT`` has ``statistic >= threshold``."""

    alarmed_mean: float | None
    """Mean loss of the reference that the newest ``DRIFT`` ended, kept until the next one; ``None`` before the first.
    An episode may close when the loss is back at it."""

    @property
    def note(self) -> str | None:
        """What makes its alarms likelier than the budget; ``None`` where nothing does."""

    def update(self, loss: float) -> Signal:
        """Take one event's loss.

        Raises
        ------
        ValueError
            If ``loss`` is not one the detector can take (not finite, outside [0, 1], or not 0 or 1 where only these
            are possible). Nothing has changed then.
        """

    def continue_as(self, other: object) -> bool:
        """Keep what was seen, under the name and with the budget of ``other``, which a changed gauge file asks for.

        False if that is another detector; nothing has changed then.
        """

    def reset(self) -> None:
        """Start a new reference, because the watched model was replaced. ``alarmed_mean`` is kept."""

    @property
    def statistic(self) -> float:
        """The newest value of what is held against ``threshold``; the alarming one right after ``DRIFT``."""

    @property
    def reference_mean(self) -> float:
        """Mean loss of the reference; ``alarmed_mean`` right after ``DRIFT``; 0 before the first loss."""

    @property
    def reference_count(self) -> int:
        """Events in the reference; right after ``DRIFT``, in the one it ended."""


def refusal(loss: float, expected: str) -> ValueError:
    """The error for a loss that a detector cannot take; one NaN would silence most detectors for ever."""
    return ValueError(f"loss must be {expected}, got {loss!r}; leave this event out of drift detection")
