"""The block lengths that run together: what each has gathered so far, and its monitors."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import numpy as np

from models.drift.columns.arrays import Flags, Floats, Layout, layout, monitors
from models.drift.columns.level import Level
from models.drift.columns.summaries import Reference, Sums, summarise

TIMES: Final = (1, 4, 16, 64)
"""The lengths of blocks, in base blocks."""
DELAYS: Final = (16, 8, 4, 2)
"""How many blocks later each learns of a block."""


class Lengths:
    """The monitors of all block lengths, the shortest first; each may spend the same share of the budget.

    Parameters
    ----------
    numbers, categories
        How many columns there are of each.
    base
        Events of a base block.
    """

    def __init__(self, numbers: int, categories: int, base: int) -> None:
        self.numbers, self.categories = numbers, categories
        self.levels = [self._level(base * times, delay) for times, delay in zip(TIMES, DELAYS, strict=True)]
        self._references = [Reference(self.at) for _ in TIMES]
        self._gathered: list[Sums | None] = [None] * len(TIMES)
        self.counts = [0] * len(TIMES)
        """Base blocks that each has gathered of its next block."""

    def _level(self, events: int, delay: int) -> Level:
        kind = monitors(self.numbers, self.categories)
        return Level(kind, events=events, delay=delay, share=1 / len(TIMES))

    @property
    def at(self) -> Layout:
        """Where sums stand."""
        return layout(self.numbers, self.categories)

    @property
    def evidence(self) -> Floats:
        """The evidence of each monitor, by length."""
        return np.stack([level.evidence for level in self.levels])

    def gather(self, sums: Sums) -> list[int]:
        """Take in a base block's sums; the lengths of which a block is complete."""
        for n, gathered in enumerate(self._gathered):
            whole = sums
            if gathered is not None:
                whole = Sums(gathered.added + sums.added, np.maximum(gathered.runs, sums.runs))
            self._gathered[n] = whole
            self.counts[n] += 1
        return [n for n, times in enumerate(TIMES) if self.counts[n] >= times]

    def summarise(self, n: int) -> Generator[None, None, tuple[Floats, Floats]]:
        """The summaries of a length's complete block, in portions; it begins a new one with the last of them."""
        sums = self._gathered[n]
        assert sums is not None
        summary = yield from summarise(sums, self._references[n], self.at)
        self._gathered[n], self.counts[n] = None, 0
        return summary

    def lengthen(self) -> None:
        """The second length becomes the first, and all that it has learned is kept; a new one is the longest.

        To be called where the second length has gathered nothing.
        """
        longest = self._level(4 * self.levels[-1].events, DELAYS[-1])
        self.levels = [*self.levels[1:], longest]
        for level, delay in zip(self.levels, DELAYS, strict=True):
            level.delay = delay
        self._references = [*self._references[1:], Reference(self.at)]
        # What the longest has gathered so far is the beginning of the new longest as well.
        self._gathered = [*self._gathered[1:], self._gathered[-1]]
        self.counts = [count // 4 for count in (*self.counts[1:], self.counts[-1])]

    def restart(self, columns: Flags, which: Flags) -> None:
        """These columns are measured otherwise from here on: ``which`` of their monitors begin without a past."""
        for level, reference in zip(self.levels, self._references, strict=True):
            level.restart(which)
            reference.restart(columns)
        self._drop()

    def moved(self, which: Flags, remeasured: Flags, no_way_back: Flags) -> None:
        """An alarm was dealt with: ``which`` monitors begin anew, and evidence begins at nothing.

        Columns that are ``remeasured`` have new references; monitors with ``no_way_back`` cannot return.
        """
        for level, reference in zip(self.levels, self._references, strict=True):
            level.moved(which)
            level.forget_evidence()
            level.forget_earlier(no_way_back)
            reference.restart(remeasured)
        self._drop()

    def _drop(self) -> None:
        self._gathered, self.counts = [None] * len(TIMES), [0] * len(TIMES)
