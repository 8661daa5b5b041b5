"""What a stretch of losses says about its mean, and how surely: losses that come in bursts say less than they count.

Two estimates of the dependence are made: from the lag-1 correlation, and from the variance between blocks of
neighbours. The larger one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from math import fsum, isfinite, sqrt
from typing import Final, NamedTuple

from models.evaluation.intervals.interval import any_look, t_quantile, wilson
from schemas.evaluated import Figure
from schemas.plurals import count

FEWEST: Final = 100
"""Losses without which there is no interval."""
FEWEST_BLOCKS: Final = 16
FEWEST_RUNS: Final = 10
"""Separate runs of errors, and of each class that a metric is about, without which there is no interval."""
LARGEST_CORRELATION: Final = 0.97
SMALLEST: Final = 1e-290
"""Squares that sum to less have been rounded to 0, some or all of them."""
PANES: Final = 20
"""Blocks of a window."""


class Kind(Enum):
    """What a loss can be, and so which interval its mean has."""

    RATE = "in [0, 1]"
    SIZE = "0 or more"
    NUMBER = "any number"
    DIFFERENCE = "of either sign, and often 0"


class Words(NamedTuple):
    """What a figure says of its losses: what each is of, and what one other than 0 is; both in the singular."""

    each: str = "label"
    other: str = "error"


OF_LABELS: Final = Words()


class LossSums(NamedTuple):
    """Sums over losses in order of arrival.

    ``lagged`` is the sum of each loss times the one before it, ``runs`` the number of separate runs of losses that are
    not 0. ``blocks`` are sums over ``length`` neighbours each; what has come since the last full block is in no block.
    """

    n: int
    total: float
    squares: float
    lagged: float
    runs: int
    blocks: Sequence[float]
    length: int

    @classmethod
    def of(cls, losses: Iterable[float], *, panes: int = PANES) -> LossSums:
        """Those of a window: it is cut into ``panes`` of equal length, and what does not fill one is in none."""
        held = [*losses]
        length = max(1, len(held) // panes)
        total = squares = lagged = last = 0.0
        runs = 0
        for loss in held:
            if loss:
                total += loss
                squares += loss * loss
                lagged += loss * last
                runs += not last
            last = loss
        full = len(held) // length
        blocks = [sum(held[at * length : (at + 1) * length]) for at in range(full)]
        return cls(len(held), total, squares, lagged, runs, blocks, length)

    @property
    def mean(self) -> float:
        """The mean loss."""
        return self.total / self.n

    @property
    def spread(self) -> float:
        """The variance of one loss; 0 where all are alike but for rounding."""
        mean = self.mean
        spread = self.squares / self.n - mean * mean
        return spread if spread > 1e-12 * mean * mean else 0.0

    @property
    def lag_inflation(self) -> float:
        """What the lag-1 correlation alone says of `inflation`: at least 1; it does not scatter with few blocks."""
        n, mean, spread = self.n, self.mean, self.spread
        if n < 2 or not spread:
            return 1.0
        r = (self.lagged / (n - 1) - mean * mean) / spread * n / (n + 10)
        r = min(max(r, 0.0), LARGEST_CORRELATION)
        return (1 + r) / (1 - r)

    @property
    def block_inflation(self) -> float:
        """What the blocks alone say of `inflation`: it scatters about the truth with few of them, below 1 too."""
        spread, blocks = self.spread, self.blocks
        return variance(blocks) / self.length / spread if spread and len(blocks) > 1 else 1.0

    @property
    def inflation(self) -> float:
        """How many of these losses say as much as one independent loss; at least 1."""
        return max(1.0, self.lag_inflation, self.block_inflation)

    @property
    def standard_error(self) -> float:
        """Of the mean, given how the losses depend on each other; 0 before the second loss."""
        return sqrt(self.spread * self.inflation / self.n)

    def figure(self, kind: Kind, *, alpha: float = 0.05, any_time: bool = False, words: Words = OF_LABELS) -> Figure:
        """The mean with its interval.

        ``any_time`` gives an interval that holds however often one looks; it is about half as wide again. ``words``
        are those in which is told what is missing.
        """
        n = self.n
        if not n:
            return Figure(value=None, n=0, missing=count(FEWEST, f"more {words.each}"))
        if not isfinite(self.squares):
            value = self.mean if isfinite(self.total) else None
            return Figure(value=value, n=n, missing="losses small enough to be squared")
        if self.runs and self.squares < SMALLEST:
            return Figure(value=self.mean, n=n, missing="losses large enough to be squared")
        value, effective = self.mean, n / self.inflation
        missing = self._missing(kind, effective, words)
        if missing is not None:
            return Figure(value=value, n=n, effective_n=effective, missing=missing)
        z = any_look(n, alpha=alpha) if any_time else t_quantile(1 - alpha / 2, len(self.blocks) - 1)
        if kind is Kind.RATE:
            low, high = wilson(min(value, 1.0) * effective, effective, z)
        else:
            half = z * self.standard_error
            low, high = value - half, value + half
            if kind is Kind.SIZE:
                low = max(low, 0.0)
        return Figure(value=value, n=n, effective_n=effective, low=low, high=high)

    def _missing(self, kind: Kind, effective: float, words: Words) -> str | None:
        lacking = missing_labels(self.n, len(self.blocks), self.length, words.each)
        if lacking is None and kind is not Kind.RATE and effective < FEWEST:
            lacking = count(_whole(FEWEST - effective), f"more independent {words.each}")
        if lacking is None and kind in (Kind.RATE, Kind.DIFFERENCE) and self.runs < FEWEST_RUNS:
            of = words.other if kind is Kind.RATE else "difference"
            lacking = count(FEWEST_RUNS - self.runs, f"more separate {of}")
        return lacking


def missing_labels(n: int, blocks: int, length: int, each: str = "label") -> str | None:
    """What is missing before dependence can be estimated at all; ``None`` if nothing is."""
    if n < FEWEST:
        return count(FEWEST - n, f"more {each}")
    return count((FEWEST_BLOCKS - blocks) * length, f"more {each}") if blocks < FEWEST_BLOCKS else None


def variance(values: Sequence[float]) -> float:
    """The sample variance of two or more numbers."""
    mean = fsum(values) / len(values)
    return fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _whole(number: float) -> int:
    return int(-(-number // 1))
