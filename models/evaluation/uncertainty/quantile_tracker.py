"""One quantile of scores that arrive late, tracked so that its share of misses stays what was asked for under drift.

A miss is charged against the quantile that was *issued* with the prediction, not against today's: over any stretch the
issued ones then miss their share, whatever the scores do. The step shrinks as labels come later, for what is learned
from a miss arrives when many more predictions have been issued; with the step of prompt labels the quantile would
swing.
"""

from __future__ import annotations

from bisect import insort
from math import ceil
from typing import Final

FEWEST: Final = 20
"""Labels without which nothing is issued."""
ORDERED: Final = 100
"""Labels of which the quantile is an order statistic; later ones move it by steps."""
_FADING: Final = 0.998
_LARGEST: Final = 5.0
"""A larger score, in units of the scale, tells the scale no more: one odd label must not throw the quantile far. In a
row of them each may be twice as large as the one before: that is a change, after a stretch of tiny scores above all."""
_PROMPT: Final = 20
"""A step is the scale's share of this and the delay together."""


class QuantileTracker:
    """The quantile that a share ``alpha`` of the scores lies above. Holds at most 100 numbers.

    Parameters
    ----------
    alpha
        The share of misses, in (0, 1).
    pace
        How fast it moves: 1 for scores in [0, 1], 4 for residuals, whose tails are long.

    Raises
    ------
    ValueError
        If alpha lies outside (0, 1) or the pace is not positive.

    References
    ----------
    Angelopoulos, Candes, Tibshirani (2023). Conformal PID control for time series prediction. arXiv 2307.16895.
    Gibbs, Candes (2021). Adaptive conformal inference under distribution shift. arXiv 2106.00170. The scale, and the
    step that shrinks with the delay, were found by simulation.

    >>> tracker = QuantileTracker(alpha=0.1)
    >>> for n in range(99):
    ...     tracker.update(n / 100, tracker.q, 0)
    >>> tracker.q
    0.89
    """

    __slots__ = ("_alpha", "_delay", "_first", "_largest", "_pace", "_scale", "_weight", "n", "q")

    def __init__(self, *, alpha: float, pace: float = 1.0) -> None:
        if not 0 < alpha < 1:
            raise ValueError(f"alpha must be in (0, 1), got {alpha}")
        if not pace > 0:
            raise ValueError(f"pace must be above 0, got {pace}")
        self._alpha = alpha
        self._pace = pace
        self.n = 0
        """Labels so far."""
        self.q: float | None = None
        """What to issue with the next prediction; ``None`` while fewer than 20 labels have come."""
        self._scale = 0.0
        self._largest = _LARGEST
        self._delay = 0.0
        self._weight = 0.0
        self._first: list[float] = []

    @property
    def delay(self) -> float:
        """How many predictions were made, on average, between a prediction and its label; the newest count most."""
        return self._delay

    def update(self, score: float, issued: float | None, age: int) -> None:
        """Take in the score of a prediction that was ``issued`` a quantile ``age`` predictions ago.

        ``age`` is 0 where the label comes before the next prediction. A prediction that was issued none is charged
        against today's quantile. Scores are finite.
        """
        self.n = n = self.n + 1
        self._weight = weight = _FADING * self._weight + 1.0
        scale, size = self._scale, abs(score)
        if n > FEWEST and size > self._largest * scale > 0.0:
            size = self._largest * scale
            self._largest *= 2.0
        else:
            self._largest = _LARGEST
        self._scale = scale = scale + (size - scale) / weight
        self._delay = delay = self._delay + (age - self._delay) / weight
        if n <= ORDERED:
            self._order(score)
            return
        q = self.q
        assert q is not None
        is_miss = score > (q if issued is None else issued)
        self.q = q + self._pace * scale / (delay + _PROMPT) * (is_miss - self._alpha)

    def _order(self, score: float) -> None:
        first = self._first
        insort(first, score)
        n = self.n
        if n >= FEWEST:
            # The smallest that keeps the promise for the next score, if they come in any order; the largest there is
            # where none does.
            self.q = first[min(ceil((1.0 - self._alpha) * (n + 1) - 1e-9), n) - 1]
        if n == ORDERED:
            self._first = []
