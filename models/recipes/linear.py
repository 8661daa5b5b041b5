"""Weighted sums, learned by small steps down the gradient."""

from __future__ import annotations

from typing import Any

from river import linear_model, optim

from models.recipes.inputs import INDICATED, indicators
from models.recipes.recipe import CLASSIFICATION, Recipe
from models.recipes.target import ScaledTarget
from schemas.gauge import Gauge, Task

LARGEST_ERROR = 4.0
"""In standard deviations of the target: for larger errors a regression's step no longer grows, as in Huber's loss."""


def _logistic(gauge: Gauge, seed: int, *, lr: float = 0.005, l2: float = 0.0) -> Any:
    del seed  # nothing here is drawn
    if gauge.task is Task.BINARY:
        return indicators(gauge, linear_model.LogisticRegression(optimizer=optim.SGD(lr), l2=l2))
    return indicators(gauge, linear_model.SoftmaxRegression(optimizer=optim.SGD(lr), l2=l2))


def _linear(gauge: Gauge, seed: int, *, lr: float | None = None, l2: float = 0.0) -> Any:
    del seed
    if lr is None:
        # Steps are stable below 1 / |x|², which grows with the number of scaled features. With a fixed 0.01 the 22
        # features of the flights gave twice the error of the mean.
        lr = 0.01 / len(gauge.features)
    regression = linear_model.LinearRegression(
        optimizer=optim.SGD(lr), l2=l2, intercept_lr=lr, clip_gradient=2 * LARGEST_ERROR
    )
    return indicators(gauge, ScaledTarget(regression))


LOGISTIC_REGRESSION = Recipe(
    name="logistic_regression",
    tasks=CLASSIFICATION,
    summary="scaled inputs, logistic loss (softmax for several classes), plain SGD",
    **INDICATED,
    build=_logistic,
)
LINEAR_REGRESSION = Recipe(
    name="linear_regression",
    tasks=(Task.REGRESSION,),
    summary="scaled inputs and target, squared loss with bounded steps, plain SGD",
    **INDICATED,
    build=_linear,
)
