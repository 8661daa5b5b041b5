"""From the loss that an answer expects of itself to the one that such answers had."""

from __future__ import annotations

from math import log
from typing import Final

from models.recalibration.logit import share

BINS: Final = 48
"""Bins have equal width in log odds, from -8 to 4; what lies beyond is in the first or the last."""

_LEAST, _MOST = -8.0, 4.0
_WIDTH: Final = (_MOST - _LEAST) / BINS
_CENTRES: Final = tuple(share(_LEAST + _WIDTH * (n + 0.5)) for n in range(BINS))
_FIRST, _LAST = share(_LEAST), share(_MOST)
_WEIGHT: Final = 2.0


def bin_of(expected: float) -> int:
    """The bin of an expected loss."""
    if expected <= _FIRST:
        return 0
    if expected >= _LAST:
        return BINS - 1
    return int((log(expected / (1.0 - expected)) - _LEAST) / _WIDTH)


class LossCurve:
    """The mean loss by what was expected, in bins; of any loss in [0, 1].

    Each bin also counts two labels that lost what they expected: the curve begins as the identity. Where a binned
    calibrator maps a probability to a share of times that it came true, this maps an expected loss to a loss, and so
    serves log loss and several classes alike.

    >>> curve = LossCurve()
    >>> for n in range(1_000):
    ...     curve.learn(bin_of(0.1), float(n % 10 < 3))
    >>> round(LossCurve().means()[bin_of(0.1)], 1), round(curve.means()[bin_of(0.1)], 1)
    (0.1, 0.3)
    """

    __slots__ = ("_lost", "_n", "labels")

    def __init__(self) -> None:
        self._n = [0] * BINS
        self._lost = [0.0] * BINS
        self.labels = 0

    def learn(self, n: int, loss: float) -> None:
        """An answer whose expected loss is in bin ``n`` had this one."""
        self._n[n] += 1
        self._lost[n] += loss
        self.labels += 1

    def means(self) -> list[float]:
        """The loss of such answers on average, by bin."""
        return [
            (lost + _WEIGHT * centre) / (n + _WEIGHT)
            for lost, n, centre in zip(self._lost, self._n, _CENTRES, strict=True)
        ]
