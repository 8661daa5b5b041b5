"""Probabilities on the scale of log odds, bounded."""

from __future__ import annotations

from math import exp, log


def logit(p: float, bound: float) -> float:
    """``log(p / (1 - p))``, within ±bound; p at or beyond 0 or 1 is at the bound.

    >>> logit(0.5, 10.0), logit(0.0, 10.0), logit(1.0, 10.0)
    (0.0, -10.0, 10.0)
    """
    if p <= 0.0:
        return -bound
    if p >= 1.0:
        return bound
    return min(max(log(p / (1.0 - p)), -bound), bound)


def share(z: float) -> float:
    """The probability of log odds, without overflow.

    >>> share(0.0), share(-1000.0)
    (0.5, 0.0)
    """
    if z >= 0.0:
        return 1.0 / (1.0 + exp(-z))
    return exp(z) / (1.0 + exp(z))
