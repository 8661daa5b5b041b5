"""An episode of columns that is open, and when it ends."""

from __future__ import annotations

from typing import Final

import numpy as np

from models.drift.columns.alarm import Alarm
from models.drift.columns.arrays import monitors
from models.drift.columns.blocks import Blocks
from schemas.alerts import Severity

STEADY: Final = ("location", "scale", "roughness", "missing", "repeat")
"""Summaries that mean the same however long ago the change was; others are distances to what follows it."""

SETTLED_BLOCKS: Final = 64
"""Base blocks after the names are fixed until the new level is taken for normal."""


class Open:
    """What is kept of an episode until it closes.

    It ends as recovered when the steady summary of the most evidence is back at its reference from before the alarm, at
    the block length at which it was found; and as settled when there was no further alarm for `SETTLED_BLOCKS`.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        """The columns that an alert has shown."""
        self.severity = Severity.MINOR
        self.ended = False
        """Whether it is over, though not for what was seen."""
        self._monitor: int | None = None
        self._events = 0
        self._blocks = 0

    def follow(self, blocks: Blocks, alarm: Alarm) -> None:
        """The names are fixed: wait for the return of what moved most."""
        kind = monitors(blocks.numbers, blocks.categories)
        evidence = np.where(np.isin(kind.name, STEADY), alarm.evidence, 0.0)[: blocks.single]
        self._monitor = int(np.argmax(evidence)) if evidence.any() else None
        if self._monitor is not None:
            self._events = blocks.lengths.levels[int(np.argmax(alarm.lengths[:, self._monitor]))].events
        self._blocks = 0

    def look(self, blocks: Blocks) -> str | None:
        """Another block was judged: why the episode is over, if it is."""
        self._blocks += 1
        level = min(blocks.lengths.levels, key=lambda one: abs(one.events - self._events))
        if self._monitor is not None and level.is_back(self._monitor):
            return "back where it was before"
        return "the new level is taken for normal" if self._blocks >= SETTLED_BLOCKS else None
