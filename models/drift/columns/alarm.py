"""From evidence to an alarm, and from an alarm to the names of what moved."""

from __future__ import annotations

from typing import Final

import numpy as np

from models.drift.columns.arrays import Floats, Ints

EPISODE_BLOCKS: Final = 8
"""Base blocks after an alarm until the names of what moved are fixed."""
FAR: Final = 4.5
"""Standard deviations over those blocks by which a column is named without evidence of its own."""


class Alarm:
    """One alarm, until its names are fixed: the evidence of each monitor at its height, and how far each was off.

    Names are those of the k columns of the largest e-values of which the k-th is at least F/k, of F columns (e-BH), at
    the alarm or at the end; and those that were far off. If there is none, the column of the largest.

    References
    ----------
    Wang, Ramdas (2022). False discovery rate control with e-values. JRSS B 84.
    """

    def __init__(self, lengths: int, monitors: int) -> None:
        self.blocks = 0
        self.lengths = np.zeros((lengths, monitors))
        """Evidence by block length."""
        self._off = np.zeros(monitors)
        self._named: list[int] = []

    @property
    def evidence(self) -> Floats:
        """The evidence of each monitor, at all block lengths together."""
        evidence: Floats = self.lengths.sum(axis=0)
        return evidence

    def look(self, lengths: Floats, off: Floats | None, columns: Ints, *, of: int, budget: float) -> None:
        """Take in the evidence of each monitor by block length, and its newest innovation if another block has passed.

        ``columns`` gives each monitor's column, -1 for those over all; ``of`` is how many columns there are.
        """
        self.lengths = np.maximum(self.lengths, lengths)
        by_column = by_columns(lengths.sum(axis=0), columns, of)
        for column in named_by(by_column * (budget * of)):
            if column not in self._named:
                self._named.append(column)
        if off is not None:
            self._off = self._off + off
            self.blocks += 1

    @property
    def is_over(self) -> bool:
        """Whether the names are fixed."""
        return self.blocks >= EPISODE_BLOCKS

    def names(self, columns: Ints, of: int) -> list[int]:
        """The columns that moved, those of the most evidence first."""
        named = {*self._named}
        if self.blocks:
            far = np.abs(self._off) / np.sqrt(self.blocks) > FAR
            named |= {int(column) for column in columns[far] if column >= 0}
        by_column = by_columns(self.evidence, columns, of)
        if not named:
            named = {int(np.argmax(by_column))}
        return sorted(named, key=lambda column: (-by_column[column], column))


def by_columns(evidence: Floats, columns: Ints, of: int) -> Floats:
    """The evidence of each column: that of its monitors together."""
    single = columns >= 0
    return np.bincount(columns[single], evidence[single], of).astype(np.float64)


def named_by(values: Floats) -> list[int]:
    """The columns that e-BH names: the k largest, for the largest k of which the k-th is at least F/k."""
    order = np.argsort(-values, kind="stable")
    enough = np.nonzero(values[order] >= len(values) / np.arange(1, len(values) + 1))[0]
    return [int(column) for column in order[: enough[-1] + 1]] if len(enough) else []
