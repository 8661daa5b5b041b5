"""How often each kind of answer came, block by block: what the interval of a metric that is no mean is worked out from.

Most metrics of classes are made of counts that add up, and so are those of any stretch of the stream.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from models.evaluation.intervals.loss_sums import PANES
from schemas.events import Label

BLOCKS: Final = 32
"""Blocks held before neighbours are merged; half as many remain."""

Pair: TypeAlias = tuple[Label, Hashable]
"""A label, and what of the answer a metric sees."""
Key = TypeVar("Key", bound=Hashable)


class BlockCounts:
    """Counts of pairs in order of arrival; no more than 32 times as many are held as there are different ones.

    >>> counts = BlockCounts()
    >>> for label in (True, True, False, True):
    ...     counts.add(label, True)
    >>> counts.total(), counts.runs
    ({(True, True): 3, (False, True): 1}, {True: 2, False: 1})
    """

    __slots__ = ("_filled", "_last", "_open", "blocks", "length", "runs")

    def __init__(self) -> None:
        self.blocks: list[dict[Pair, int]] = []
        """Of ``length`` neighbours each, the oldest first; what has come since is in none."""
        self.length = 1
        self.runs: dict[Label, int] = {}
        """How many separate runs of each label came."""
        self._last: Label | None = None
        self._open: dict[Pair, int] = {}
        self._filled = 0

    @classmethod
    def of(cls, pairs: Sequence[Pair], *, panes: int = PANES) -> BlockCounts:
        """Those of a window: it is cut into ``panes`` of equal length, and what does not fill one is in none."""
        counts = cls()
        counts.length = max(1, len(pairs) // panes)
        counts.extend(pairs)
        return counts

    def add(self, y: Label, said: Hashable) -> None:
        """Count one."""
        self.extend(((y, said),))

    def extend(self, pairs: Iterable[Pair]) -> None:
        """Count one after the other."""
        last, counts, left, runs = self._last, self._open, self.length - self._filled, self.runs
        for pair in pairs:
            y = pair[0]
            if y != last:
                last = y
                runs[y] = runs.get(y, 0) + 1
            counts[pair] = counts.get(pair, 0) + 1
            left -= 1
            if not left:
                self._close()
                counts, left = self._open, self.length
        self._last, self._filled = last, self.length - left

    def _close(self) -> None:
        blocks = self.blocks
        blocks.append(self._open)
        self._open, self._filled = {}, 0
        if len(blocks) == BLOCKS:
            self.blocks = [sum_of(blocks[i : i + 2]) for i in range(0, BLOCKS, 2)]
            self.length *= 2

    @property
    def n(self) -> int:
        """How many were counted."""
        return len(self.blocks) * self.length + self._filled

    @property
    def counted(self) -> int:
        """The sum of all counts, which is `n`."""
        return sum(map(sum, map(dict.values, (*self.blocks, self._open))))

    def total(self) -> dict[Pair, int]:
        """Each pair's count in all, in order of first sight."""
        return sum_of([*self.blocks, self._open])


def sum_of(counts: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    """Several counts as one, in order of first sight."""
    total: dict[Key, int] = {}
    for one in counts:
        for key, times in one.items():
            total[key] = total.get(key, 0) + times
    return total
