"""The nearest map that never falls, over bins, with a fading memory."""

from __future__ import annotations

from typing import Final

from models.recalibration.logit import logit, share

BINS: Final = 64
BOUND: Final = 16.0
"""Bins have equal width in log odds, from -16 to 16; what lies beyond is in the first or the last."""

MEMORY: Final = 1_000
"""Labels after which one counts for 1/e."""

FIT_EVERY: Final = 64
"""Labels between two fits."""

_WIDTH: Final = 2 * BOUND / BINS
_CENTRES: Final = tuple(share(-BOUND + _WIDTH * (n + 0.5)) for n in range(BINS))
_LARGE: Final = 1e100


class Isotonic:
    """Isotonic regression of what came true on the bins of what the model had answered.

    Every 64 labels the shares of the bins, weighted by their faded numbers of labels, are made monotone by pooling
    adjacent violators; between the centres of bins the map is linear in log odds. Each bin also counts one label that
    agrees with its centre: so the map begins as the identity, and never answers 0 or 1.

    The state is three lists of 64 numbers.

    References
    ----------
    Ayer, Brunk, Ewing, Reid, Silverman (1955). An empirical distribution function for sampling with incomplete
    information. Zadrozny, Elkan (2002). Transforming classifier scores into accurate multiclass probability estimates.

    >>> isotonic = Isotonic()
    >>> for n in range(4_000):
    ...     isotonic.learn(0.9, n % 10 < 6)
    >>> round(Isotonic().apply(0.9), 2), round(isotonic.apply(0.9), 1)
    (0.9, 0.6)
    """

    __slots__ = ("_fitted", "_labels", "_true", "_unfitted", "_weight")

    def __init__(self) -> None:
        self._labels = [0.0] * BINS
        self._true = [0.0] * BINS
        self._weight = 1.0  # of the next label: it grows, as older ones fade
        self._unfitted = 0
        self._fitted = list(_CENTRES)

    def apply(self, p: float) -> float:
        """See `models.recalibration.calibrator.Calibrator`."""
        place = (logit(p, BOUND) + BOUND) / _WIDTH - 0.5
        if place <= 0.0:
            return self._fitted[0]
        n = int(place)
        if n >= BINS - 1:
            return self._fitted[-1]
        below = self._fitted[n]
        return below + (place - n) * (self._fitted[n + 1] - below)

    def learn(self, p: float, y: bool) -> None:
        """See `models.recalibration.calibrator.Calibrator`."""
        n = min(int((logit(p, BOUND) + BOUND) / _WIDTH), BINS - 1)
        self._weight /= 1 - 1 / MEMORY
        self._labels[n] += self._weight
        if y:
            self._true[n] += self._weight
        self._unfitted += 1
        if self._unfitted >= FIT_EVERY:
            self._fit()

    def _fit(self) -> None:
        self._unfitted = 0
        if self._weight > _LARGE:
            self._labels = [labels / self._weight for labels in self._labels]
            self._true = [true / self._weight for true in self._true]
            self._weight = 1.0
        pools: list[tuple[float, float, int]] = []  # weight, share, number of bins
        for labels, true, centre in zip(self._labels, self._true, _CENTRES, strict=True):
            weight = labels / self._weight + 1.0
            value, bins = (true / self._weight + centre) / weight, 1
            while pools and pools[-1][1] >= value:
                other, of_other, more = pools.pop()
                value = (value * weight + of_other * other) / (weight + other)
                weight, bins = weight + other, bins + more
            pools.append((weight, value, bins))
        self._fitted = [value for _, value, bins in pools for _ in range(bins)]
