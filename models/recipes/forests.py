"""Many trees: adaptive random forest, leveraging bagging, streaming random patches, aggregated Mondrian forest.

Most of them choose their features when they see the first events, so gaps are filled before.
"""

from __future__ import annotations

from typing import Any

from river import compose, ensemble, forest, preprocessing

from models.recipes.inputs import FILLED, filled, filling, scaled_codes
from models.recipes.recipe import CLASSIFICATION, EVERY_TASK, Recipe
from models.recipes.steady import Forest, ForestRegressor, Tree, TreeRegressor, with_sorted_classes
from models.recipes.target import ScaledTarget
from models.recipes.trees import MAJORITY_BRANCH, ONE_OR_OTHER, classification_parts, regression_parts
from schemas.gauge import Gauge, Task


def _adaptive_random_forest(
    gauge: Gauge, seed: int, *, n_models: int = 10, lambda_value: int = 6, grace_period: int = 50
) -> Any:
    settings: dict[str, Any] = {"n_models": n_models, "lambda_value": lambda_value, "grace_period": grace_period}
    if gauge.task is Task.REGRESSION:
        trees = ForestRegressor(**settings, **regression_parts(gauge), seed=seed)
        return scaled_codes(gauge, ScaledTarget(trees), fill=True)
    return filled(gauge, Forest(**settings, **classification_parts(gauge), seed=seed))


def _leveraging_bagging(gauge: Gauge, seed: int, *, n_models: int = 10, w: float = 6.0) -> Any:
    tree = Tree(**classification_parts(gauge))
    return ensemble.LeveragingBaggingClassifier(model=tree, n_models=n_models, w=w, seed=seed)


def _streaming_random_patches(
    gauge: Gauge, seed: int, *, n_models: int = 10, subspace_size: float = 0.6, lam: int = 6
) -> Any:
    settings: dict[str, Any] = {"n_models": n_models, "subspace_size": subspace_size, "lam": lam, "seed": seed}
    if gauge.task is Task.REGRESSION:
        member = TreeRegressor(grace_period=50, delta=0.01, **regression_parts(gauge))
        return scaled_codes(gauge, ScaledTarget(ensemble.SRPRegressor(model=member, **settings)), fill=True)
    member = Tree(grace_period=50, delta=0.01, **classification_parts(gauge))
    return filled(gauge, ensemble.SRPClassifier(model=member, **settings))


def _mondrian(gauge: Gauge, seed: int, *, n_estimators: int = 10, step: float = 1.0, max_nodes: int = 4_096) -> Any:
    settings: dict[str, Any] = {"n_estimators": n_estimators, "step": step, "max_nodes": max_nodes, "seed": seed}
    if gauge.task is Task.REGRESSION:
        trees = ScaledTarget(forest.AMFRegressor(**settings))
    else:
        amf = forest.AMFClassifier(dirichlet=1 / len(gauge.classes), **settings)
        trees = with_sorted_classes(amf, "_classes")
    return compose.Pipeline(*filling(gauge, True), preprocessing.StandardScaler(), trees)


ADAPTIVE_RANDOM_FOREST = Recipe(
    name="adaptive_random_forest",
    tasks=EVERY_TASK,
    summary="ten trees on random features, each replaced when it drifts (Gomes et al. 2017)",
    missing=FILLED,
    categories=ONE_OR_OTHER,
    build=_adaptive_random_forest,
)
LEVERAGING_BAGGING = Recipe(
    name="leveraging_bagging",
    tasks=CLASSIFICATION,
    summary="ten trees on resampled events, the worst replaced on drift (Bifet et al. 2010)",
    missing=MAJORITY_BRANCH,
    categories=ONE_OR_OTHER,
    build=_leveraging_bagging,
)
STREAMING_RANDOM_PATCHES = Recipe(
    name="streaming_random_patches",
    tasks=EVERY_TASK,
    summary="ten trees on random features and events, each replaced when it drifts (Gomes et al. 2019)",
    missing=FILLED,
    categories=ONE_OR_OTHER,
    build=_streaming_random_patches,
)
AMF = Recipe(
    name="amf",
    tasks=EVERY_TASK,
    summary="aggregated Mondrian forest on scaled inputs, of bounded size (Mourtada et al. 2021)",
    missing=FILLED,
    categories="a number for each, in the order in which they were met",
    build=_mondrian,
)
