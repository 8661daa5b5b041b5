"""One promise, measured."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple


class Row(NamedTuple):
    """``ours`` was measured now. ``expected`` is the nominal value, a closed form's, or the figure measured before.

    ``error`` is the standard error of ``ours``, where it comes from a sample; ``None`` where it is exact.
    """

    what: str
    ours: float
    expected: float | None
    error: float | None = None
    note: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether they differ by at most three standard errors; ``None`` where there is nothing to compare."""
        if self.expected is None or self.error is None:
            return None
        return abs(self.ours - self.expected) <= 3 * self.error


def share_error(share: float, n: int) -> float:
    """The standard error of a share of n; never 0, so that 0 of n still leaves room."""
    return sqrt(max(share * (1 - share), 1 / n) / n)
