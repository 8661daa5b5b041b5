"""A dependent mean of what comes one at a time, where that is too often to take each in at once."""

from __future__ import annotations

from typing import Final

from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.loss_sums import LossSums

PORTION: Final = 64
"""Numbers that wait at most: a portion of them costs a third of what one at a time does."""


class GatheredMean:
    """`DependentMean`, taken in in portions or when somebody reads it; it comes to the same, to the last bit.

    >>> mean = GatheredMean()
    >>> for n in range(100):
    ...     mean.update(float(n % 5 == 0))
    >>> mean.n, mean.sums.mean
    (100, 0.2)
    """

    __slots__ = ("_due", "_mean")

    def __init__(self) -> None:
        self._mean = DependentMean()
        self._due: list[float] = []

    def update(self, x: float) -> None:
        """Take in one number."""
        due = self._due
        due.append(x)
        if len(due) == PORTION:
            self._settle()

    def _settle(self) -> None:
        due, self._due = self._due, []
        self._mean.extend(due)

    @property
    def n(self) -> int:
        """How many numbers have come."""
        return self._mean.n + len(self._due)

    @property
    def sums(self) -> LossSums:
        """What has come so far."""
        self._settle()
        return self._mean.sums
