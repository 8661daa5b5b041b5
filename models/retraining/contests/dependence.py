"""How strongly differences depend on the ones before: bursts of them say less than they count."""

from __future__ import annotations

from typing import Final

LARGEST_CORRELATION: Final = 0.97


class Dependence:
    """The lag-1 correlation of differences in order of arrival::

    m = mean(d);  v = mean(d ** 2) - m ** 2
    r = clip((mean(d[t] * d[t - 1]) - m ** 2) / v * n / (n + 10), 0, 0.97)   # the mean of n - 1 products
    kappa = (1 + r) / (1 - r)                                                # 1 if v = 0
    """

    __slots__ = ("_lagged", "_last", "_squares", "_sum", "n")

    def __init__(self) -> None:
        self.n = 0
        self._sum = 0.0
        self._squares = 0.0
        self._lagged = 0.0
        self._last = 0.0

    def update(self, d: float) -> None:
        """Take in one difference."""
        self.n += 1
        if d:
            self._sum += d
            self._squares += d * d
            self._lagged += d * self._last
        self._last = d

    @property
    def mean(self) -> float:
        """Of all differences; 0 before the first."""
        return self._sum / self.n if self.n else 0.0

    @property
    def spread(self) -> float:
        """The variance; 0 where all are alike but for rounding."""
        if not self.n:
            return 0.0
        m = self._sum / self.n
        square = self._squares / self.n
        v = square - m * m
        return v if v > 1e-12 * square else 0.0

    @property
    def kappa(self) -> float:
        """How many of these differences say as much as an independent one: from 1 up to 65.7 for runs of equals."""
        n, v = self.n, self.spread
        if n < 2 or not v:
            return 1.0
        m = self._sum / n
        r = (self._lagged / (n - 1) - m * m) / v * n / (n + 10)
        r = min(max(r, 0.0), LARGEST_CORRELATION)
        return (1.0 + r) / (1.0 - r)
