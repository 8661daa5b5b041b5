"""Models that look at no feature: what every other one has to beat."""

from __future__ import annotations

from typing import Any, Final

from river import base, dummy, stats

from models.recipes.recipe import CLASSIFICATION, EVERY_TASK, Recipe
from schemas.gauge import Gauge, Task


class LastValue(base.Regressor):  # type: ignore[misc]
    """Predicts the newest label; ``None`` before the first."""

    def __init__(self) -> None:
        self.last: float | None = None

    def learn_one(self, x: dict[str, Any], y: float) -> None:
        """Keep ``y``."""
        self.last = y

    def predict_one(self, x: dict[str, Any]) -> float | None:
        """The newest label."""
        return self.last


def _no_change(gauge: Gauge, seed: int) -> Any:
    return LastValue() if gauge.task is Task.REGRESSION else dummy.NoChangeClassifier()


def _majority(gauge: Gauge, seed: int) -> Any:
    return dummy.PriorClassifier()


def _mean(gauge: Gauge, seed: int) -> Any:
    return dummy.StatisticRegressor(stats.Mean())


_LOOKS_AT_NOTHING: Final = {"missing": "no feature is looked at", "categories": "no feature is looked at"}

NO_CHANGE = Recipe(
    name="no_change", tasks=EVERY_TASK, summary="the label before", **_LOOKS_AT_NOTHING, build=_no_change
)
MAJORITY = Recipe(
    name="majority",
    tasks=CLASSIFICATION,
    summary="the most frequent class so far, with every class's share",
    **_LOOKS_AT_NOTHING,
    build=_majority,
)
MEAN = Recipe(
    name="mean", tasks=(Task.REGRESSION,), summary="the mean of all labels so far", **_LOOKS_AT_NOTHING, build=_mean
)
