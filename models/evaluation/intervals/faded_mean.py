"""A mean of losses that forgets, with its interval."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from math import isfinite, sqrt
from typing import Final, NamedTuple

from models.evaluation.intervals.interval import t_quantile, wilson
from models.evaluation.intervals.loss_sums import FEWEST, FEWEST_BLOCKS, FEWEST_RUNS, Kind
from schemas.evaluated import Figure
from schemas.plurals import count

BLOCKS_PER_MEMORY: Final = 20
"""A block is a twentieth of what the fading factor remembers."""
HELD: Final = 160
"""Blocks held: the oldest one's weight is e^-8 of the newest one's."""


class FadedMean:
    """Prequential mean that forgets exponentially, as `FadingMean` does to the last bit; bounded in memory.

    How far blocks of neighbours scatter about the mean says how much the losses depend on each other, and how many of
    them the fading leaves says how well that is known.

    Parameters
    ----------
    alpha
        Fading factor in (0, 1], per loss; with 1 nothing is forgotten, and there is no interval here.
    """

    __slots__ = ("_alpha", "_ends", "_filled", "_length", "_squares", "_sum", "_weight", "n")

    def __init__(self, *, alpha: float) -> None:
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha must be in (0, 1], got {alpha}")
        self.n = 0
        self._alpha = alpha
        self._length = max(1, round(1 / (1 - alpha) / BLOCKS_PER_MEMORY)) if alpha < 1 else 0
        self._sum = 0.0
        self._weight = 0.0
        self._squares = 0.0
        self._filled = 0
        self._ends: deque[float] = deque((0.0,), maxlen=HELD + 1)
        """The faded sum at the end of each block."""

    def update(self, loss: float) -> None:
        """Take in one loss."""
        self.extend((loss,))

    def extend(self, losses: Iterable[float]) -> None:
        """Take in losses one after the other; in any portions they come to the same, to the last bit."""
        alpha, length, ends = self._alpha, self._length, self._ends
        total, weight, squares, filled, n = self._sum, self._weight, self._squares, self._filled, 0
        for loss in losses:
            n += 1
            total = alpha * total + loss
            weight = alpha * weight + 1.0
            squares = alpha * squares + loss * loss
            filled += 1
            if filled == length:
                ends.append(total)
                filled = 0
        self.n += n
        self._sum, self._weight, self._squares, self._filled = total, weight, squares, filled

    @property
    def forgets(self) -> bool:
        """Whether the fading factor is below 1."""
        return self._length > 0

    def get(self) -> float | None:
        """The mean; ``None`` before the first loss."""
        return self._sum / self._weight if self._weight else None

    def figure(self, kind: Kind, *, alpha: float = 0.05, lag_inflation: float = 1.0) -> Figure:
        """The mean with its interval.

        ``n`` is how many losses came in all; what is remembered of them says as much as ``effective_n`` independent
        ones. ``lag_inflation`` is the `LossSums.lag_inflation` of the same losses.
        """
        value = self.get()
        if value is None:
            return Figure(value=None, n=0, missing=count(FEWEST, "more label"))
        if not isfinite(self._squares):
            value = value if isfinite(value) else None
            return Figure(value=value, n=self.n, missing="losses small enough to be squared")
        if not self.forgets:
            return Figure(value=value, n=self.n, missing="a fading factor below 1")
        held = self._held(value, lag_inflation)
        missing = self._missing(kind, held)
        if missing is not None:
            return Figure(value=value, n=self.n, effective_n=held.effective, missing=missing)
        z = t_quantile(1 - alpha / 2, held.degrees)
        if kind is Kind.RATE:
            low, high = wilson(min(value, 1.0) * held.effective, held.effective, z)
        else:
            half = z * sqrt(held.spread / held.effective)
            low, high = value - half, value + half
            low = max(low, 0.0) if kind is Kind.SIZE else low
        return Figure(value=value, n=self.n, effective_n=held.effective, low=low, high=high)

    def _held(self, mean: float, lag_inflation: float) -> _Held:
        scatter = squared = squared_twice = wrong = right = 0.0
        for losses, weight, squares in self._blocks():
            scatter += (losses - mean * weight) ** 2
            squared += squares
            squared_twice += squares * squares
            tiny = 1e-9 * weight
            wrong += weight * (losses > tiny)
            right += weight * (losses < weight - tiny)
        spread = self._squares / self._weight - mean * mean
        spread = spread if spread > 1e-12 * mean * mean else 0.0
        independent = self._weight * self._weight / squared
        degrees = squared * squared / squared_twice - 1
        inflation = lag_inflation
        if spread and degrees > 0:
            between = scatter * (degrees + 1) / degrees / (self._weight * self._weight) * independent / spread
            inflation = max(inflation, between)
        blocks = independent / max(1, self._length)
        runs = blocks * min(wrong, right) / self._weight
        return _Held(spread, independent, independent / inflation, degrees, runs)

    def _blocks(self) -> Iterator[tuple[float, float, float]]:
        """Of each block, the newest and open one first, the faded sums of losses, weights and squared weights."""
        alpha, length = self._alpha, self._length
        fade, end, size = 1.0, self._sum, self._filled
        for begin in reversed(self._ends):
            kept = alpha**size
            if size:
                weight = fade * (1 - kept) / (1 - alpha)
                squares = fade * fade * (1 - kept * kept) / (1 - alpha * alpha)
                yield fade * (end - kept * begin), weight, squares
            fade *= kept
            end, size = begin, length

    def _missing(self, kind: Kind, held: _Held) -> str | None:
        if held.independent < FEWEST:
            most = (1 + self._alpha) / (1 - self._alpha)
            return (
                count(FEWEST - int(held.independent), "more label") if most > FEWEST else "a fading factor above 0.98"
            )
        full = len(self._ends) - 1
        if full < FEWEST_BLOCKS:
            return count((FEWEST_BLOCKS - full) * self._length, "more label")
        if kind is Kind.RATE and held.runs < FEWEST_RUNS:
            return count(FEWEST_RUNS - int(held.runs), "more separate error")
        if kind is not Kind.RATE and held.effective < FEWEST:
            return count(FEWEST - int(held.effective), "more independent label")
        return None


class _Held(NamedTuple):
    """What is remembered: losses as if none were faded, and independent ones that say as much."""

    spread: float
    independent: float
    effective: float
    degrees: float
    runs: float
