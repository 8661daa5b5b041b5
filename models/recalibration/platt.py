"""Platt's sigmoid, learned online."""

from __future__ import annotations

from typing import Final

from models.recalibration.logit import logit, share

BOUND: Final = 10.0
"""Log odds beyond ±10 (1 in 22,000) count as that: a model that is always sure must not decide the slope alone."""

_STEPS: Final = 20


class Platt:
    """``share(slope * logit(p) + intercept)``, by logistic regression with a fading memory.

    It begins as the identity (slope 1, intercept 0), with a variance of 1 around either. Each label moves both to the
    most probable pair given a normal belief about the pairs before it (Laplace's approximation, one step per label)::

        P /= fading                                             # while both variances are below 1
        g = P [z, 1];  v = [z, 1] g;  s0 = slope z + intercept   # z = logit(p)
        s = the root of  s - s0 = v (y - share(s))              # where the label has put the answer
        [slope, intercept] += g (y - share(s))
        w = share(s) (1 - share(s));  P -= g g^T w / (1 + w v)

    The root, rather than the gradient at s0, bounds the step after a sure mistake: it goes as far as it takes to make
    the label likely, and no farther. The state is five numbers.

    References
    ----------
    Platt (1999). Probabilistic outputs for support vector machines. Kulis, Bartlett (2010). Implicit online learning.
    ICML.

    >>> platt = Platt()
    >>> for n in range(4_000):
    ...     platt.learn(0.9, n % 10 < 6)
    >>> round(Platt().apply(0.9), 3), round(platt.apply(0.9), 1)
    (0.9, 0.6)
    """

    __slots__ = ("_both", "_fading", "_intercepts", "_slopes", "intercept", "slope")

    def __init__(self, fading: float = 0.999) -> None:
        self.slope = 1.0
        self.intercept = 0.0
        self._fading = fading
        # The belief's variances, and the covariance of both.
        self._slopes = 1.0
        self._intercepts = 1.0
        self._both = 0.0

    def apply(self, p: float) -> float:
        """See `models.recalibration.calibrator.Calibrator`."""
        return share(self.slope * logit(p, BOUND) + self.intercept)

    def learn(self, p: float, y: bool) -> None:
        """See `models.recalibration.calibrator.Calibrator`."""
        z = logit(p, BOUND)
        slopes, both, intercepts = self._slopes, self._both, self._intercepts
        if slopes < 1.0 and intercepts < 1.0:  # labels that tell nothing must not make it ever less sure
            slopes, both, intercepts = slopes / self._fading, both / self._fading, intercepts / self._fading
        of_slope, of_intercept = slopes * z + both, both * z + intercepts
        v = max(of_slope * z + of_intercept, 0.0)
        q = share(_root(self.slope * z + self.intercept, v, y))
        self.slope += of_slope * (y - q)
        self.intercept += of_intercept * (y - q)
        gain = q * (1.0 - q) / (1.0 + q * (1.0 - q) * v)
        self._slopes = slopes - gain * of_slope * of_slope
        self._both = both - gain * of_slope * of_intercept
        self._intercepts = intercepts - gain * of_intercept * of_intercept


def _root(start: float, v: float, y: bool) -> float:
    # What it is the root of grows with s, and bends at 0 and nowhere else: from there Newton's method never overshoots.
    s = 0.0
    for _ in range(_STEPS):
        q = share(s)
        step = (s - start - v * (y - q)) / (1.0 + v * q * (1.0 - q))
        s -= step
        if abs(step) < 1e-9:
            break
    return s
