"""Weighted sums that change only when an event comes too close to the margin, or over it."""

from __future__ import annotations

from typing import Any

from river import linear_model, multiclass

from models.recipes.inputs import INDICATED, indicators
from models.recipes.recipe import CLASSIFICATION, EVERY_TASK, Recipe
from models.recipes.target import ScaledTarget
from schemas.gauge import Gauge, Task


def _passive_aggressive(gauge: Gauge, seed: int, *, C: float = 0.01) -> Any:
    del seed  # nothing here is drawn
    if gauge.task is Task.REGRESSION:
        return indicators(gauge, ScaledTarget(linear_model.PARegressor(C=C)))
    return indicators(gauge, _for_classes(gauge, linear_model.PAClassifier(C=C)))


def _alma(gauge: Gauge, seed: int, *, alpha: float = 0.9) -> Any:
    del seed
    return indicators(gauge, _for_classes(gauge, linear_model.ALMAClassifier(alpha=alpha, B=1 / alpha)))


def _for_classes(gauge: Gauge, classifier: Any) -> Any:
    return classifier if gauge.task is Task.BINARY else multiclass.OneVsRestClassifier(classifier)


PASSIVE_AGGRESSIVE = Recipe(
    name="passive_aggressive",
    tasks=EVERY_TASK,
    summary="scaled inputs (and target), the smallest change that mends each error (Crammer et al. 2006)",
    **INDICATED,
    build=_passive_aggressive,
)
ALMA = Recipe(
    name="alma",
    tasks=CLASSIFICATION,
    summary="scaled inputs, approximate maximal margin (Gentile 2001); one against the rest for several classes",
    **INDICATED,
    build=_alma,
)
