"""One gap between two rates: its size with an interval, and the evidence that it exceeds the tolerance."""

from __future__ import annotations

from typing import Final

from models.evaluation.fairness.bets import GapBets
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.fading import FadingMean
from models.evaluation.intervals.interval import any_look
from schemas.evaluated import Figure
from schemas.plurals import count

FEWEST_SWITCHES: Final = 20
"""How often the outcome must have changed in either group before a gap is believed: outcomes come in bursts."""
LOOKED_AT_EVERY: Final = 4
"""Pairs between two looks at the evidence. It holds at every look; fewer cost less."""
LATELY: Final = 200
"""Pairs that the newest gap remembers, about."""
TUNED_FOR: Final = 500
"""Pairs at which the interval is narrowest against one that is looked at once."""


class Gap:
    """The mean difference between paired outcomes of two groups.

    Outcomes are paired in time (`models.evaluation.fairness.pairing`), so that what moves both groups together cancels,
    and so does a change of their mix. All that is said here holds however often one looks.

    Parameters
    ----------
    tolerance
        Gap, in [0, 1), that is no gap.

    >>> gap = Gap(tolerance=0.05)
    >>> for n in range(400):
    ...     _ = gap.update(float(n % 4 == 0) - float(n % 8 == 1))
    >>> figure = gap.figure(switches=100)
    >>> figure.value, figure.n, round(figure.low, 2), round(figure.high, 2)
    (0.125, 400, 0.03, 0.22)
    """

    __slots__ = ("_bets", "_differences", "_recent", "looked_at_every", "newest", "pairs")

    def __init__(self, *, tolerance: float) -> None:
        self._differences = DependentMean()
        self._recent = FadingMean(alpha=1 - 1 / LATELY)
        self._bets = GapBets(tolerance=tolerance)
        self.newest = 0.0
        """The newest pair's difference."""
        self.pairs = 0
        self.looked_at_every = LOOKED_AT_EVERY
        """Pairs between two looks at the evidence: all of them while an episode is open."""

    def update(self, x: float) -> bool:
        """Take in a pair: its difference in [-1, 1]. Whether it is time to look."""
        self.newest = x
        self.pairs += 1
        self._differences.update(x)
        self._recent.update(x)
        self._bets.update(x)
        return not self.pairs % self.looked_at_every

    def restart(self) -> None:
        """Place the first bets anew, because an episode is over. The gap's size stays that of the whole life."""
        self._bets.restart()
        self.looked_at_every = LOOKED_AT_EVERY

    @property
    def kappa(self) -> float:
        """By which power the evidence is tempered, from how consecutive differences depend on each other."""
        return self._differences.lag_inflation

    @property
    def direction(self) -> int:
        """1 where the evidence is for a positive gap, -1 where it is for a negative one."""
        return self._bets.direction

    @property
    def recent(self) -> float | None:
        """The gap of the newest pairs; ``None`` before the first."""
        return self._recent.get()

    def e_value(self) -> float:
        """Evidence for a gap since the beginning."""
        return self._bets.e_value(kappa=self.kappa)

    def late_e_value(self) -> float:
        """Evidence for a gap that may have begun late."""
        return self._bets.late_e_value(kappa=self.kappa)

    def exceeds(self, threshold: float) -> bool:
        """Whether the evidence for a gap since the beginning reaches a threshold above 1."""
        return self._bets.most >= threshold and self.e_value() >= threshold

    def exceeds_late(self, threshold: float) -> bool:
        """Whether the evidence for a gap that may have begun late reaches a threshold above 1."""
        return self._bets.most_late >= threshold and self.late_e_value() >= threshold

    def figure(self, *, switches: int) -> Figure:
        """The gap over the whole life; ``n`` counts pairs. ``switches``: the smaller of the groups' numbers."""
        return gap_figure(self._differences, switches=switches)


def gap_figure(differences: DependentMean, *, switches: int) -> Figure:
    """The mean of paired differences, with an interval that holds at every look, in [-1, 1]."""
    n, value = differences.n, differences.value
    if value is None:
        return Figure(value=None, n=0, missing="outcomes of two groups")
    effective = n / differences.inflation
    if switches < FEWEST_SWITCHES:
        missing = count(FEWEST_SWITCHES - switches, "more change") + " of the outcome in one of the groups"
        return Figure(value=value, n=n, effective_n=effective, missing=missing)
    half = any_look(n, tuned_for=TUNED_FOR) * differences.standard_error
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Figure(value=value, n=n, effective_n=effective, low=low, high=high)
