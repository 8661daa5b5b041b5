"""The table of measures that people are shown, by their field of `schemas.evaluated.Evaluated`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from schemas.evaluated import Evaluated
from streams.cli.measures.calibration import show_calibration
from streams.cli.measures.decision import show_decision
from streams.cli.measures.errors import show_confusion, show_residuals, show_worst
from streams.cli.measures.fairness import show_fairness
from streams.cli.measures.metric_now import show_metric_now
from streams.cli.measures.slices import show_slices
from streams.cli.measures.uncertainty import show_uncertainty

SHOWN: Final[dict[str, Callable[[Any], None]]] = {
    "decision": show_decision,
    "metric_now": show_metric_now,
    "slices": show_slices,
    "fairness": show_fairness,
    "uncertainty": show_uncertainty,
    "calibration": show_calibration,
    "confusion": show_confusion,
    "residuals": show_residuals,
    "worst": show_worst,
}
"""In the order in which they are printed. The verdict stands above everything else, and is not here."""


def show_found(evaluated: Evaluated) -> None:
    """Print what was found by the measures that the gauge file asks for."""
    for name, show in SHOWN.items():
        found = getattr(evaluated, name)
        if found is not None:
            show(found)
