"""Held-out events: predicted like all others, learned by no model, ever.

They enter the held-out windows and contests only: no prequential figure and no detector sees them.
"""

from __future__ import annotations

from hashlib import blake2b

from models.answer import Answer
from models.evaluation.metric_set import Shown
from models.evaluation.series import HeldOutSeries
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.records import Figures


class HeldOutShare:
    """Draws the held-out events by a stable hash of the gauge's name and the event's id, never by ``hash()``.

    The same event is held out in every run, process and version of a gauge of this name.
    """

    def __init__(self, gauge_name: str, share: float) -> None:
        if not 0 <= share < 1:
            raise ValueError(f"share must be in [0, 1), got {share}")
        self._key = blake2b(gauge_name.encode(), digest_size=32).digest()
        self._limit = int(share * 2**64)

    def has(self, event_id: str) -> bool:
        """Whether the event with this id is held out."""
        if not self._limit:
            return False
        digest = blake2b(event_id.encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest) < self._limit


class HeldOutWindow:
    """The open window: one score per version and baseline, until it has ``size`` labels."""

    def __init__(self, shown: Shown, *, size: int, number: int, first: int) -> None:
        self._shown = shown
        self._size = size
        self.number = number
        self.first = first
        self.labels = 0
        self._scores: dict[str, HeldOutSeries] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is time to report and open the next."""
        return self.labels >= self._size

    def update(self, y: Label, answers: dict[str, Answer]) -> None:
        """Take in one held-out label for everyone who had predicted its event."""
        self.labels += 1
        for name, answer in answers.items():
            score = self._scores.get(name)
            if score is None:
                score = self._scores[name] = HeldOutSeries(self._shown)
            score.update(y, answer)

    def figures(self) -> dict[str, Figures]:
        """Version or baseline to its figures."""
        return {name: score.figures() for name, score in self._scores.items()}

    def measured(self) -> dict[str, dict[str, Figure]]:
        """Version or baseline to its figures by metric, each with its interval."""
        return {name: score.measured() for name, score in self._scores.items()}
