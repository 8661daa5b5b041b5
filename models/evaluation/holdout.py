"""Held-out events: predicted like all others, learned by no model, ever.

They enter the held-out windows and contests only: no prequential figure and no detector sees them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from models.answer import Answer
from models.evaluation.coverage import share
from models.evaluation.metrics.metric_set import Shown
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
        self._asked: dict[str, int] = {}
        self._labelled: dict[str, int] = {}
        """Of the events that were asked since the window opened, by version or baseline."""

    @property
    def is_full(self) -> bool:
        """Whether it is time to report and open the next."""
        return self.labels >= self._size

    def predicted(self, names: Iterable[str]) -> None:
        """These were asked a held-out event."""
        _count(self._asked, names)

    def update(self, y: Label, answers: dict[str, Answer], asked_at: int) -> None:
        """Take in one held-out label for everyone who had predicted its event, at position ``asked_at``."""
        self.labels += 1
        if asked_at >= self.first:
            _count(self._labelled, answers)
        for name, answer in answers.items():
            score = self._scores.get(name)
            if score is None:
                score = self._scores[name] = HeldOutSeries(self._shown)
            score.update(y, answer)

    def figures(self) -> dict[str, Figures]:
        """Version or baseline to its figures."""
        return {name: score.figures() for name, score in self._scores.items()}

    def measured(self) -> dict[str, dict[str, Figure]]:
        """Version or baseline to its figures by metric, each with its interval and coverage.

        The coverage is that of the held-out events asked since the window opened: a label that came since for an event
        from before is in the figures alone.
        """
        return {
            name: {
                metric: replace(figure, coverage=share(self._labelled.get(name, 0), self._asked.get(name, 0)))
                for metric, figure in score.measured().items()
            }
            for name, score in self._scores.items()
        }


def _count(counts: dict[str, int], names: Iterable[str]) -> None:
    for name in names:
        counts[name] = counts.get(name, 0) + 1
