"""The default drift detector: it spends at most a stated budget of false alarms and has no other constant to set."""

from __future__ import annotations

from math import sqrt
from typing import Final, TypeAlias

from models.drift.signal import Signal, refusal

DELTAS: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""The bets: each is the best one against a rise of about that number of standard deviations."""

GRACE_EVENTS: Final = 30
"""Events a reference needs before bets are placed against it."""

PSEUDO_COUNTS: Final = 8
"""Weight, in events, of the binary variance that the reference's variance is shrunk towards."""

WARNING_STATISTIC: Final = 0.1

_Pile: TypeAlias = tuple[float, float, float, float, float]
_NOTHING: Final[_Pile] = (0.0, 0.0, 0.0, 0.0, 0.0)


class EDetector:
    """Shiryaev-Roberts e-detector that bets on the residuals against the running mean.

    Two piles of bets grow while losses lie above (``up``) or below (``down``) the mean of the reference, the losses
    since the last reset. The simple form, for a loss b and a reference of n losses with sum s and squares' sum q::

        if n >= 30:
            t  = clip((s + 1) / (n + 2), 1e-4, 1 - 1e-4)
            v  = (max(q - s * s / n, 0) + 8 * t * (1 - t)) / (n + 8)
            sd = sqrt(v * (1 + 1 / n))
            for j in range(5):
                up[j]   = (up[j]   + 1 / 5) * (1 + min(DELTAS[j] / sd, 0.9 / t)       * (b - t))
                down[j] = (down[j] + 1 / 5) * (1 - min(DELTAS[j] / sd, 0.9 / (1 - t)) * (b - t))
            if   budget * sum(up)   >= 1:  DRIFT, reset reference, up and down
            elif budget * sum(down) >= 1:  the same in silence: the model got better and the reference follows
        n, s, q = n + 1, s + b, q + b * b

    If the mean of the next loss, given the past, never exceeds t, at most ``budget * m`` alarms are expected among the
    first m events, for every m. The reference's mean is an estimate, so this is exact only in the limit, and
    it needs errors that do not come in bursts: on bursty errors the budget is overspent many times over.

    Parameters
    ----------
    budget
        False alarms per event, in (0, 0.5]. ``1e-5`` is one in 100,000 events.

    Raises
    ------
    ValueError
        If the budget lies outside (0, 0.5].

    References
    ----------
    Shin, Ramdas, Rinaldo (2022). E-detectors: a nonparametric framework for sequential change detection.
    arXiv 2203.03532.

    >>> detector = EDetector(budget=1e-4)
    >>> losses = [0, 0, 0, 1] * 500 + [0, 1, 1, 1] * 50
    >>> [i for i, loss in enumerate(losses) if detector.update(loss) is Signal.DRIFT]
    [2017]
    >>> round(detector.alarmed_mean, 2)
    0.25
    """

    __slots__ = (
        "_count",
        "_down",
        "_ended_count",
        "_squares",
        "_sum",
        "_up",
        "_up_sum",
        "alarmed_mean",
        "budget",
        "name",
        "threshold",
    )

    _up: _Pile
    _down: _Pile
    _up_sum: float

    def __init__(self, *, budget: float = 1e-5) -> None:
        if not 0 < budget <= 0.5:
            raise ValueError(f"budget must be in (0, 0.5] false alarms per event, got {budget!r}")
        self.name = "e-detector"
        self.threshold = 1.0
        self.budget = budget
        self.alarmed_mean: float | None = None
        self.reset()

    def update(self, loss: float) -> Signal:
        """Take one event's loss; see :class:`models.drift.signal.Detector`.

        Raises
        ------
        ValueError
            If ``loss`` is not a number in [0, 1]; nothing has changed then.
        """
        if not 0.0 <= loss <= 1.0:
            raise refusal(loss, "in [0, 1]")
        signal = Signal.QUIET
        self._ended_count = 0
        if self._count >= GRACE_EVENTS:
            self._bet(loss)
            statistic = self.budget * self._up_sum
            if statistic >= 1.0:
                signal = Signal.DRIFT
                self._end_the_reference()
            elif self.budget * sum(self._down) >= 1.0:
                self.reset()
            elif statistic >= WARNING_STATISTIC:
                signal = Signal.WARNING
        else:
            self._up_sum = 0.0  # after a drift the alarming one was still shown
        self._count += 1
        self._sum += loss
        self._squares += loss * loss
        return signal

    def _bet(self, loss: float) -> None:
        n, total = self._count, self._sum
        t = (total + 1.0) / (n + 2.0)
        t = 1e-4 if t < 1e-4 else 0.9999 if t > 0.9999 else t
        scatter = self._squares - total * total / n
        if scatter < 0.0:  # rounding, where all losses are alike
            scatter = 0.0
        variance = (scatter + PSEUDO_COUNTS * t * (1.0 - t)) / (n + PSEUDO_COUNTS)
        residual = loss - t
        in_sd = residual / sqrt(variance * (1.0 + 1.0 / n))
        self._up = _grown(self._up, in_sd, 0.9 * residual / t)
        self._down = _grown(self._down, -in_sd, -0.9 * residual / (1.0 - t))
        self._up_sum = sum(self._up)

    def _end_the_reference(self) -> None:
        mean, count, alarming = self.reference_mean, self._count, self._up_sum
        self.reset()
        self.alarmed_mean, self._ended_count, self._up_sum = mean, count, alarming

    def continue_as(self, other: object) -> bool:
        """Spend the budget of another e-detector: what was seen so far counts against it."""
        if not isinstance(other, EDetector):
            return False
        self.budget = other.budget
        return True

    def reset(self) -> None:
        """Start a new reference, because the watched model was replaced."""
        self._count = 0
        self._sum = 0.0
        self._squares = 0.0
        self._up = _NOTHING
        self._down = _NOTHING
        self._up_sum = 0.0
        self._ended_count = 0

    @property
    def statistic(self) -> float:
        """``budget * sum(up)``: 1 is drift, 0.1 a warning."""
        return self.budget * self._up_sum

    @property
    def reference_mean(self) -> float:
        """Mean loss of the reference, the newest loss included; right after ``DRIFT``, of the one it ended."""
        if self._ended_count:
            assert self.alarmed_mean is not None
            return self.alarmed_mean
        return self._sum / self._count if self._count else 0.0

    @property
    def reference_count(self) -> int:
        """Events in the reference; right after ``DRIFT``, in the one it ended."""
        return self._ended_count or self._count


def _grown(pile: _Pile, in_sd: float, most: float) -> _Pile:
    """``(pile[j] + 1/5) * (1 + DELTAS[j] * in_sd)``, no bet further from 0 than ``most``.

    Written out because it runs twice on every event: a loop over j takes three times as long.
    """
    u, v, w, x, y = pile
    a, b, c, d, e = 0.05 * in_sd, 0.1 * in_sd, 0.2 * in_sd, 0.4 * in_sd, 0.8 * in_sd
    if abs(d) >= abs(most):
        nearer = min if in_sd > 0.0 else max
        a, b, c, d, e = nearer(a, most), nearer(b, most), nearer(c, most), most, most
    elif abs(e) >= abs(most):
        e = most
    return (
        (u + 0.2) * (1.0 + a),
        (v + 0.2) * (1.0 + b),
        (w + 0.2) * (1.0 + c),
        (x + 0.2) * (1.0 + d),
        (y + 0.2) * (1.0 + e),
    )
