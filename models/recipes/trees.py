"""Single Hoeffding trees (Domingos and Hulten 2000), plain and adaptive (Bifet and Gavaldà 2009).

A classification tree takes the features as they are: an absent key follows the branch that more events took, a
category splits into "this one or any other".

A regression tree is given scaled inputs and target. River's own defaults on raw features fail twice: the linear models
in its leaves run away (4.7e11 on Trump's approval in percent), and its splitter keeps a binary tree that a feature
like a date degenerates into a chain too deep to pickle. Quantised slots on scaled numbers do neither.
"""

from __future__ import annotations

from typing import Any, Final

from river import compose, linear_model
from river.tree.splitter import QOSplitter

from models.recipes.inputs import OneHot, categorical, nominal, optional, scaled_codes
from models.recipes.recipe import EVERY_TASK, Recipe
from models.recipes.steady import AdaptiveTree, AdaptiveTreeRegressor, Tree, TreeRegressor, with_sorted_classes
from models.recipes.target import ScaledTarget
from schemas.gauge import Gauge, Task

MAJORITY_BRANCH: Final = "at a split on it, an event follows the branch that more events took"
ONE_OR_OTHER: Final = "split into one category or any other"


def classification_parts(gauge: Gauge) -> dict[str, Any]:
    """What a classification tree must be told about a gauge's features; nothing if all are numbers."""
    unordered = nominal(gauge)
    return {"nominal_attributes": list(unordered), "binary_split": True} if unordered else {}


def regression_parts(gauge: Gauge) -> dict[str, Any]:
    """What a regression tree on scaled inputs is made of."""
    parts: dict[str, Any] = {"splitter": QOSplitter(), "leaf_model": linear_model.LinearRegression()}
    if nominal(gauge):
        parts |= {"nominal_attributes": list(nominal(gauge)), "binary_split": True}
    if categorical(gauge):
        hot = OneHot(categorical(gauge), optional(gauge))
        parts["leaf_model"] = compose.Pipeline(hot, linear_model.LinearRegression())
    return parts


def _plain(
    gauge: Gauge, seed: int, *, grace_period: int = 200, delta: float = 1e-7, tau: float = 0.05, max_size: float = 100.0
) -> Any:
    del seed  # nothing here is drawn
    settings: dict[str, Any] = {"grace_period": grace_period, "delta": delta, "tau": tau, "max_size": max_size}
    if gauge.task is Task.REGRESSION:
        return scaled_codes(gauge, ScaledTarget(TreeRegressor(**settings, **regression_parts(gauge))), fill=False)
    return Tree(**settings, **classification_parts(gauge))


def _adaptive(
    gauge: Gauge, seed: int, *, grace_period: int = 200, delta: float = 1e-7, tau: float = 0.05, max_size: float = 100.0
) -> Any:
    settings: dict[str, Any] = {"grace_period": grace_period, "delta": delta, "tau": tau, "max_size": max_size}
    if gauge.task is Task.REGRESSION:
        adaptive = AdaptiveTreeRegressor(**settings, **regression_parts(gauge), seed=seed)
        return scaled_codes(gauge, ScaledTarget(adaptive), fill=False)
    return with_sorted_classes(AdaptiveTree(**settings, **classification_parts(gauge), seed=seed))


HOEFFDING_TREE = Recipe(
    name="hoeffding_tree",
    tasks=EVERY_TASK,
    summary="one tree that splits when the Hoeffding bound says the best split is known",
    missing=MAJORITY_BRANCH,
    categories=ONE_OR_OTHER,
    build=_plain,
)
HOEFFDING_ADAPTIVE_TREE = Recipe(
    name="hoeffding_adaptive_tree",
    tasks=EVERY_TASK,
    summary="one tree that watches its branches for drift and replaces them",
    missing=MAJORITY_BRANCH,
    categories=ONE_OR_OTHER,
    build=_adaptive,
)
