"""What is measured of the answers that the service gave: figures, and what is derived from them, as values.

The same values stand in a learner's status, in the reports and in what commands print. They are made when somebody asks
and are no part of any state.
"""

from schemas.evaluated.calibration import CalibrationFigures, Reliability, ReliabilityRow
from schemas.evaluated.decision import DecisionFigures
from schemas.evaluated.errors import Confusion, Confusions, Residuals, WorstError
from schemas.evaluated.evaluated import Evaluated
from schemas.evaluated.fairness import EqualisedOdds, FairnessFigures, GapFigure, Parity, ProtectedAttribute
from schemas.evaluated.figure import Figure
from schemas.evaluated.metric_now import MetricNow
from schemas.evaluated.slices import Flag, GroupFigures, Sureness
from schemas.evaluated.uncertainty import AbstainedFigures, UncertaintyFigures
from schemas.evaluated.verdict import Verdict, VerdictKind

__all__ = [
    "AbstainedFigures",
    "CalibrationFigures",
    "Confusion",
    "Confusions",
    "DecisionFigures",
    "EqualisedOdds",
    "Evaluated",
    "FairnessFigures",
    "Figure",
    "Flag",
    "GapFigure",
    "GroupFigures",
    "MetricNow",
    "Parity",
    "ProtectedAttribute",
    "Reliability",
    "ReliabilityRow",
    "Residuals",
    "Sureness",
    "UncertaintyFigures",
    "Verdict",
    "VerdictKind",
    "WorstError",
]
