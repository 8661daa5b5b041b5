"""How far off numbers are, and to which side."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor
from typing import Final

from models.answer import Answer
from schemas.evaluated import Residuals
from schemas.events import Label

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def residuals(answers: Iterable[tuple[Label, Answer]]) -> Residuals | None:
    """Quantiles of label less prediction, exact over all answers that are given; ``None`` without any.

    Between two neighbours a quantile is interpolated, as NumPy does by default.
    """
    ordered = sorted(float(y - answer.y_pred) for y, answer in answers if answer.y_pred is not None)
    if not ordered:
        return None
    return Residuals(n=len(ordered), quantiles={f"{level:g}": _quantile(ordered, level) for level in LEVELS})


def _quantile(ordered: list[float], level: float) -> float:
    at = level * (len(ordered) - 1)
    below = floor(at)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (at - below)
