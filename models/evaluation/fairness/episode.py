"""A gap from its alarm to the evidence that it is gone."""

from __future__ import annotations

from bisect import bisect
from typing import Final

from models.evaluation.fairness.bets import ToleranceBets
from models.evaluation.fairness.gap import gap_figure
from models.evaluation.intervals.dependent_mean import DependentMean
from schemas.alerts import Severity
from schemas.evaluated import Figure

LEVELS: Final = (0.1, 0.25)
"""Gaps from which an alarm is major, and critical: by the end of the interval that is nearer to 0."""
SEVERITIES: Final = (Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)


class Episode:
    """One gap that was alarmed.

    Parameters
    ----------
    group, against
        Names of the groups; ``None`` for all others.
    direction
        1 where the group leads, -1 where it is behind.
    first
        Position from which the evidence was gathered.
    position
        Of the alarm.
    tolerance
        Gap that is no gap.
    least
        Size, at the alarm, that the gap surely has.
    """

    __slots__ = ("_back", "_since", "against", "direction", "first", "group", "level", "position")

    def __init__(
        self,
        *,
        group: str,
        against: str | None,
        direction: int,
        first: int,
        position: int,
        tolerance: float,
        least: float,
    ) -> None:
        self.group = group
        self.against = against
        self.direction = direction
        self.first = first
        self.position = position
        self.level = bisect(LEVELS, least)
        self._since = DependentMean()
        self._back = ToleranceBets(tolerance=tolerance)

    def update(self, x: float) -> None:
        """Take in the next pair's difference."""
        self._since.update(x)
        self._back.update(self.direction * x)

    @property
    def severity(self) -> Severity:
        """By the largest size that the gap was known to have."""
        return SEVERITIES[self.level]

    @property
    def reached(self) -> float:
        """The level that the gap surely reaches; 0 below the first."""
        return LEVELS[self.level - 1] if self.level else 0.0

    @property
    def pairs(self) -> int:
        """Pairs since the alarm."""
        return self._since.n

    def has_ended(self, threshold: float) -> bool:
        """Whether the evidence that the gap is within the tolerance again reaches a threshold above 1."""
        return self._back.most >= threshold and self.evidence_of_end() >= threshold

    def evidence_of_end(self) -> float:
        """Evidence that the gap is within the tolerance again."""
        return self._back.e_value(kappa=self._since.lag_inflation)

    def figure(self, *, switches: int) -> Figure:
        """The gap since the alarm."""
        return gap_figure(self._since, switches=switches)

    def worsens(self, least: float) -> bool:
        """Whether a size that the gap surely has is of another severity than any before."""
        level = bisect(LEVELS, least)
        worse = level > self.level
        self.level = max(level, self.level)
        return worse


def least_size(figure: Figure, direction: int) -> float:
    """The end of the interval that is nearer to 0, in the direction of an alarm; 0 where that is not known."""
    bound = figure.low if direction > 0 else figure.high
    return 0.0 if bound is None else max(0.0, direction * bound)
