"""What comes of a stretch of the log, and what the next commit is made of: stretches, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from schemas.records import Effect
from streams.delivery.envelope import Output
from streams.here.failures import DefectError
from streams.partition.pace import Pace


class Stretch(NamedTuple):
    """What a stretch of the log led to: outputs in order, and the position after it.

    ``stamps`` are the input records' timestamps in milliseconds, for the latency they will have had when published.
    ``news`` are the effects among the outputs that are no predictions, for the log.
    """

    outputs: list[Output]
    next_offset: int
    stamps: list[int]
    news: tuple[Effect, ...] = ()
    defect: DefectError | None = None
    """What happened at the record behind it. What was folded before can be published; the learner is of no more use."""


def joined(stretches: Sequence[Stretch]) -> Stretch:
    """One of several that follow each other."""
    if len(stretches) == 1:
        return stretches[0]
    outputs = [output for one in stretches for output in one.outputs]
    stamps = [stamp for one in stretches for stamp in one.stamps]
    return Stretch(outputs, stretches[-1].next_offset, stamps, tuple(item for one in stretches for item in one.news))


class Draft:
    """The next commit, as it grows while the one before is under way."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._stretches: list[Stretch] = []
        self._records = 0
        self._bytes = 0.0

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return bool(self._stretches)

    @property
    def is_full(self) -> bool:
        """Whether folding waits until it is on its way."""
        return self._records >= self._pace.commit_records or self._bytes >= self._pace.commit_bytes

    def add(self, stretch: Stretch, record_bytes: float) -> None:
        """One more stretch, of records of that mean size."""
        self._stretches.append(stretch)
        self._records += len(stretch.stamps)
        self._bytes += len(stretch.stamps) * record_bytes

    def take(self) -> Stretch | None:
        """All that has grown, as one stretch; a new draft begins. None if nothing has."""
        taken = joined(self._stretches) if self._stretches else None
        self._stretches, self._records, self._bytes = [], 0, 0.0
        return taken
