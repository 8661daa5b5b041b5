"""The nearest of the recent events."""

from __future__ import annotations

from typing import Any

from river import neighbors

from models.recipes.inputs import INDICATED, indicators
from models.recipes.recipe import EVERY_TASK, Recipe
from models.recipes.steady import with_sorted_classes
from schemas.gauge import Gauge, Task


def _knn(gauge: Gauge, seed: int, *, n_neighbors: int = 5, window_events: int = 1_000) -> Any:
    del seed
    # An exact search: River's default, a graph grown at random, answers otherwise in every process.
    engine = neighbors.LazySearch(window_size=window_events)
    if gauge.task is Task.REGRESSION:
        return indicators(gauge, neighbors.KNNRegressor(n_neighbors=n_neighbors, engine=engine))
    return indicators(gauge, with_sorted_classes(neighbors.KNNClassifier(n_neighbors=n_neighbors, engine=engine)))


KNN = Recipe(
    name="knn",
    tasks=EVERY_TASK,
    summary="scaled inputs, exact search for the nearest of the last thousand labelled events",
    **INDICATED,
    build=_knn,
)
