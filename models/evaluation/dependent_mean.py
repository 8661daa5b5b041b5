"""The mean of losses that come in bursts, with the number of independent losses that would say as much.

On streams errors follow errors. An interval that takes them for independent covers a third of what it promises where
the lag-1 correlation is 0.9. Two estimates of the dependence are kept: the lag-1 correlation, and the variance between
blocks of a length that grows with the stream; the larger one counts.
"""

from __future__ import annotations

from math import sqrt
from statistics import variance
from typing import Final

from models.evaluation.interval import any_look, t_quantile, wilson
from schemas.evaluated import Figure

BLOCKS: Final = 32
"""Blocks held before neighbours are merged; half as many remain."""
FEWEST: Final = 100
"""Losses without which there is no interval."""
FEWEST_BLOCKS: Final = 16
FEWEST_RUNS: Final = 10
"""Separate runs of errors without which a rate has no interval."""
LARGEST_CORRELATION: Final = 0.97


class DependentMean:
    """Mean of losses in order of arrival, bounded in memory.

    References
    ----------
    Wilson (1927); Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2021), arXiv 2103.06476. Taking the larger of the two
    estimates, and the gate before an interval is shown, were found by simulation.

    >>> mean = DependentMean()
    >>> for n in range(400):
    ...     mean.update(float(n % 5 == 0))
    >>> figure = mean.rate()
    >>> round(figure.value, 3), figure.n, round(figure.low, 3), round(figure.high, 3)
    (0.2, 400, 0.162, 0.244)
    """

    __slots__ = ("_blocks", "_filled", "_lagged", "_last", "_length", "_open", "_squares", "_sum", "n", "runs")

    def __init__(self) -> None:
        self.n = 0
        self.runs = 0
        """Separate runs of losses above 0."""
        self._sum = 0.0
        self._squares = 0.0
        self._lagged = 0.0
        self._last = 0.0
        self._open = 0.0
        self._filled = 0
        self._length = 1
        self._blocks: list[float] = []

    def update(self, loss: float) -> None:
        """Take in one loss."""
        self.n += 1
        last, self._last = self._last, loss
        if loss:
            self._sum += loss
            self._squares += loss * loss
            self._lagged += loss * last
            self._open += loss
            if not last:
                self.runs += 1
        self._filled += 1
        if self._filled == self._length:
            self._close()

    def _close(self) -> None:
        blocks = self._blocks
        blocks.append(self._open)
        self._open, self._filled = 0.0, 0
        if len(blocks) == BLOCKS:
            self._blocks = [blocks[i] + blocks[i + 1] for i in range(0, BLOCKS, 2)]
            self._length *= 2

    @property
    def value(self) -> float | None:
        """The mean; ``None`` before the first loss."""
        return self._sum / self.n if self.n else None

    @property
    def lag_inflation(self) -> float:
        """What the lag-1 correlation alone says of `inflation`: at least 1; it does not scatter with few blocks."""
        n = self.n
        spread = self._spread
        if n < 2 or not spread:
            return 1.0
        mean = self._sum / n
        r = (self._lagged / (n - 1) - mean * mean) / spread * n / (n + 10)
        r = min(max(r, 0.0), LARGEST_CORRELATION)
        return (1 + r) / (1 - r)

    @property
    def inflation(self) -> float:
        """How many dependent losses say as much as one independent loss; at least 1."""
        spread, blocks = self._spread, self._blocks
        if not spread:
            return 1.0
        between = variance(blocks) / self._length / spread if len(blocks) > 1 else 1.0
        return max(1.0, self.lag_inflation, between)

    @property
    def standard_error(self) -> float:
        """Of the mean, given how the losses depend on each other; 0 before the second loss."""
        return sqrt(self._spread * self.inflation / self.n) if self.n > 1 else 0.0

    @property
    def _spread(self) -> float:
        # The variance of a loss; 0 where all are alike, up to rounding.
        if not self.n:
            return 0.0
        mean = self._sum / self.n
        spread = self._squares / self.n - mean * mean
        return spread if spread > 1e-12 * max(1.0, mean * mean) else 0.0

    def rate(self, *, alpha: float = 0.05, any_time: bool = False) -> Figure:
        """The mean of losses in [0, 1] with its interval.

        ``any_time`` gives an interval that holds however often one looks; it is about half as wide again.
        """
        return self._figure(is_rate=True, alpha=alpha, any_time=any_time)

    def mean(self, *, alpha: float = 0.05, any_time: bool = False) -> Figure:
        """The mean of any losses with its interval."""
        return self._figure(is_rate=False, alpha=alpha, any_time=any_time)

    def _figure(self, *, is_rate: bool, alpha: float, any_time: bool) -> Figure:
        n = self.n
        if not n:
            return Figure(value=None, n=0, missing=f"{FEWEST} more labels")
        value = self._sum / n
        effective = n / self.inflation
        missing = self._missing(effective, is_rate=is_rate)
        if missing is not None:
            return Figure(value=value, n=n, effective_n=effective, missing=missing)
        z = any_look(n, alpha=alpha) if any_time else t_quantile(1 - alpha / 2, len(self._blocks) - 1)
        if is_rate:
            low, high = wilson(value * effective, effective, z)
        else:
            half = z * sqrt(max(0.0, self._squares / n - value * value) / effective)
            low, high = value - half, value + half
        return Figure(value=value, n=n, effective_n=effective, low=low, high=high)

    def _missing(self, effective: float, *, is_rate: bool) -> str | None:
        lacking = FEWEST - self.n if is_rate else FEWEST - effective
        if lacking > 0:
            return f"{_whole(lacking)} more labels" if self.n < FEWEST else f"{_whole(lacking)} more independent labels"
        if len(self._blocks) < FEWEST_BLOCKS:
            return f"{(FEWEST_BLOCKS - len(self._blocks)) * self._length} more labels"
        if is_rate and self.runs < FEWEST_RUNS:
            return f"{FEWEST_RUNS - self.runs} more separate errors"
        return None


def _whole(number: float) -> int:
    return int(-(-number // 1))
