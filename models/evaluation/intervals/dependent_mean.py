"""The mean of losses that come in bursts, with the number of independent losses that would say as much.

On streams errors follow errors. An interval that takes them for independent covers a third of what it promises where
the lag-1 correlation is 0.9. The sums that an honest one needs are kept here, for as long as the stream lasts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from models.evaluation.intervals.loss_sums import Kind, LossSums
from schemas.evaluated import Figure

BLOCKS: Final = 32
"""Blocks held before neighbours are merged; half as many remain."""


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
        """Separate runs of losses other than 0."""
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
        self.extend((loss,))

    def extend(self, losses: Iterable[float]) -> None:
        """Take in losses one after the other; in any portions they come to the same, to the last bit."""
        total, squares, lagged, opened = self._sum, self._squares, self._lagged, self._open
        last, filled, length = self._last, self._filled, self._length
        n = runs = 0
        for loss in losses:
            n += 1
            if loss:
                total += loss
                squares += loss * loss
                opened += loss
                if last:
                    lagged += loss * last
                else:
                    runs += 1
            last = loss
            filled += 1
            if filled == length:
                length = self._close(opened)
                opened, filled = 0.0, 0
        self.n += n
        self.runs += runs
        self._sum, self._squares, self._lagged, self._open = total, squares, lagged, opened
        self._last, self._filled = last, filled

    def _close(self, block: float) -> int:
        """Keep a full block; how long the next one is."""
        blocks = self._blocks
        blocks.append(block)
        if len(blocks) == BLOCKS:
            self._blocks = [blocks[i] + blocks[i + 1] for i in range(0, BLOCKS, 2)]
            self._length *= 2
        return self._length

    @property
    def value(self) -> float | None:
        """The mean; ``None`` before the first loss."""
        return self._sum / self.n if self.n else None

    @property
    def sums(self) -> LossSums:
        """What has come so far."""
        return LossSums(self.n, self._sum, self._squares, self._lagged, self.runs, self._blocks, self._length)

    @property
    def lag_inflation(self) -> float:
        """What the lag-1 correlation alone says of `inflation`: at least 1; it does not scatter with few blocks."""
        return self.sums.lag_inflation if self.n else 1.0

    @property
    def standard_error(self) -> float:
        """Of the mean, given how the losses depend on each other; 0 before the second loss."""
        return self.sums.standard_error if self.n else 0.0

    @property
    def inflation(self) -> float:
        """How many dependent losses say as much as one independent loss; at least 1."""
        return self.sums.inflation if self.n else 1.0

    def rate(self, *, alpha: float = 0.05, any_time: bool = False) -> Figure:
        """The mean of losses in [0, 1] with its interval.

        ``any_time`` gives an interval that holds however often one looks; it is about half as wide again.
        """
        return self.sums.figure(Kind.RATE, alpha=alpha, any_time=any_time)

    def mean(self, *, alpha: float = 0.05, any_time: bool = False) -> Figure:
        """The mean of any numbers with its interval."""
        return self.sums.figure(Kind.NUMBER, alpha=alpha, any_time=any_time)

    def difference(self, *, alpha: float = 0.05, any_time: bool = True) -> Figure:
        """The mean of paired differences with its interval; for rules, so it holds however often one looks."""
        return self.sums.figure(Kind.DIFFERENCE, alpha=alpha, any_time=any_time)
