"""The level of contests, spent over a lifetime: however many there are, together they promote falsely as seldom as one.

A contest that is held at level a promotes a challenger that is not better with probability at most a. Hundreds of them
at the same level would sooner or later promote a bad one; so each next contest gets a smaller part of what there is.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

_ZETA: Final = 2.612375348685488
"""``sum(c ** -1.5 for c in 1, 2, ...)``."""


class Level:
    """Shares out the probability of a false promotion among contests, one after the other::

        level of contest c = alpha * c ** -1.5 / zeta(1.5)          # adds up to alpha over all c

    With the power 2 the hundredth contest would have a sixth of what it has, and its threshold would stand 1.8 nats
    higher; the first one's stands 0.5 higher in return.

    By the union bound the probability that any of them promotes a challenger that is not better is at most ``alpha``,
    whatever the contests depend on, and however many are on at the same time.

    Parameters
    ----------
    alpha
        What all contests together may spend, in (0, 1).

    Raises
    ------
    ValueError
        If ``alpha`` lies outside its range.

    >>> level = Level(0.05)
    >>> [round(level.next(), 5) for _ in range(3)], level.contests
    ([0.01914, 0.00677, 0.00368], 3)
    """

    __slots__ = ("_alpha", "contests")

    def __init__(self, alpha: float) -> None:
        self._alpha = alpha
        self.contests = 0
        """How many contests got their part."""
        self.adopt(alpha)

    def adopt(self, alpha: float) -> None:
        """Share out another probability from here on; the contests so far count.

        Raises
        ------
        ValueError
            If ``alpha`` lies outside (0, 1); nothing has changed then.
        """
        if not 0 < alpha < 1:
            raise ValueError(f"alpha must be in (0, 1), got {alpha!r}")
        self._alpha = alpha

    def next(self) -> float:
        """The level of one more contest."""
        self.contests += 1
        return self._alpha / (_ZETA * self.contests * sqrt(self.contests))

    def renew(self) -> None:
        """Begin at the first contest again: another version leads, and its contests have an ``alpha`` of their own."""
        self.contests = 0
