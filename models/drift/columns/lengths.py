"""The block lengths that run together: what each has gathered so far, and its monitors."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import numpy as np

from models.drift.columns.arrays import Flags, Floats, Layout, layout, monitors
from models.drift.columns.level import Level
from models.drift.columns.season import Season, parts_of
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
    season
        What a summary's season goes by.
    """

    def __init__(self, numbers: int, categories: int, base: int, season: tuple[str, ...] = ()) -> None:
        self.numbers, self.categories = numbers, categories
        self.levels = [self._level(base * times, delay) for times, delay in zip(TIMES, DELAYS, strict=True)]
        self._references = [Reference(self.at) for _ in TIMES]
        self._gathered: list[Sums | None] = [None] * len(TIMES)
        self.counts = [0] * len(TIMES)
        """Base blocks that each has gathered of its next block."""
        self.season = season
        self._seasons = [Season(self.at.summaries, season) for _ in TIMES] if season else []
        self._parts = [np.zeros(parts_of(season)) for _ in self._seasons]

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
        return np.array([level.evidence for level in self.levels])

    @property
    def completing(self) -> int:
        """How many lengths the next base block completes."""
        return sum(count + 1 >= times for count, times in zip(self.counts, TIMES, strict=True))

    def gather(self, sums: Sums, parts: Floats) -> list[int]:
        """Take in a base block's sums, and its events in each part of the season; the lengths with a complete block."""
        self._parts = [gathered + parts for gathered in self._parts]
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
        if self._seasons:
            parts, self._parts[n] = self._parts[n], np.zeros_like(self._parts[n])
            return self._seasons[n].without(summary[0], parts), summary[1]
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
        if self._seasons:
            self._seasons = [*self._seasons[1:], Season(self.at.summaries, self.season)]
            self._parts = [*self._parts[1:], self._parts[-1].copy()]

    def restart(self, columns: Flags, which: Flags) -> None:
        """These columns are measured otherwise from here on: ``which`` of their monitors begin without a past."""
        for level, reference in zip(self.levels, self._references, strict=True):
            level.restart(which)
            reference.restart(columns)
        for season in self._seasons:
            season.restart(which[: self.at.summaries])
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
        for season in self._seasons:
            season.restart(remeasured[monitors(self.numbers, self.categories).column[: self.at.summaries]])
        self._drop()

    def _drop(self) -> None:
        self._gathered, self.counts = [None] * len(TIMES), [0] * len(TIMES)
        self._parts = [np.zeros_like(parts) for parts in self._parts]
