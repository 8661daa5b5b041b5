"""Everything that the gauge's measures have found, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.evaluated.calibration import CalibrationFigures
from schemas.evaluated.decision import DecisionFigures
from schemas.evaluated.errors import Confusions, Residuals, WorstError
from schemas.evaluated.fairness import FairnessFigures
from schemas.evaluated.metric_now import MetricNow
from schemas.evaluated.slices import GroupFigures
from schemas.evaluated.uncertainty import UncertaintyFigures
from schemas.evaluated.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What was measured of the service's own answers, prequentially, beside its metrics.

    A field is ``None`` where the gauge file does not ask for it or its task has none.
    """

    verdict: Verdict | None = None
    """What it comes to; every gauge has one."""
    fairness: FairnessFigures | None = None
    slices: dict[str, tuple[GroupFigures, ...]] | None = None
    """The groups of each slice, in the order in which they were met."""
    metric_now: MetricNow | None = None
    uncertainty: UncertaintyFigures | None = None
    confusion: Confusions | None = None
    residuals: Residuals | None = None
    """Over the sliding window."""
    worst: tuple[WorstError, ...] | None = None
    """The worst errors of late, the worst first."""
    decision: DecisionFigures | None = None
    calibration: CalibrationFigures | None = None
    """Where the answers have probabilities."""
