"""What a monitor reports with the news of an episode."""

from __future__ import annotations

from dataclasses import dataclass

from models.drift.budget import Part
from schemas.alerts import Moved, Severity
from schemas.evaluated import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """All that an alert tells, but for what `models.drift.episodes.Episodes` knows by itself.

    The fields are those of `schemas.records.DriftAlert`; ``first`` is the position from which the evidence was
    gathered, ``version`` the one that answered.
    """

    cause: str
    severity: Severity
    detector: str
    statistic: float
    threshold: float
    version: str
    first: int
    loss_before: float | None = None
    loss_now: float | None = None
    figure: Figure | None = None
    moved: tuple[Moved, ...] | None = None
    expected_share: float | None = None
    advice: str | None = None
    severity_by: str | None = None
    part: Part | None = None
    """What spends budget on it; by default what watches for the kind."""
    alarms: int = 1
    """What an opening counts for: 0 where the alarm was counted when it seemed to be of another kind."""
    note: str | None = None
    """What makes early alarms more likely than the budget."""
