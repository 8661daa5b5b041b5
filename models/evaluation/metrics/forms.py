"""Which interval a metric has: one table, and what follows from how River works a metric out.

A metric that is made of a mean of losses, one per answer, has that mean's interval, in the metric's own units. One that
is made of counts has the jackknife's. Of the others no interval is known that holds where answers depend on each other,
and a wrong one is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from math import sqrt
from typing import Any, Final, NamedTuple

from river import metrics
from river.metrics.base import MeanMetric

from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.loss_sums import Kind
from schemas.evaluated import Figure
from schemas.events import Label

NO_INTERVAL: Final = "a method: no interval is known for this metric where answers depend on each other"


class Shape(Enum):
    """What a metric makes of its mean loss."""

    AS_IS = "the mean"
    COMPLEMENT = "1 less the mean"
    ROOT = "its root"
    PERCENT = "100 times it"


class Form(NamedTuple):
    """How a metric is made of a mean of losses."""

    kind: Kind
    shape: Shape

    def of(self, mean: float) -> float:
        """The metric, from the mean loss."""
        return _SHAPES[self.shape](mean)

    def figure(self, mean: Figure, value: float | None) -> Figure:
        """The metric's figure, from that of its mean loss; ``value`` is the metric's own."""
        if value is None or mean.low is None or mean.high is None:
            return replace(mean, value=value)
        ends = [self.of(end) for end in (mean.low, mean.high)]
        return replace(mean, value=value, low=min(ends), high=max(ends))


_SHAPES: Final[dict[Shape, Callable[[float], float]]] = {
    Shape.AS_IS: lambda mean: mean,
    Shape.COMPLEMENT: lambda mean: 1 - mean,
    Shape.ROOT: sqrt,
    Shape.PERCENT: lambda mean: 100 * mean,
}

_RIGHT: Final = (metrics.Accuracy, metrics.MicroF1, metrics.MicroPrecision, metrics.MicroRecall, metrics.WeightedRecall)
"""By other names the share of right answers, where an event has one class."""

_OF_SQUARES: Final = (metrics.RMSE,)
_IN_PERCENT: Final = (metrics.MAPE, metrics.SMAPE)


RIGHT: Final = Form(Kind.RATE, Shape.COMPLEMENT)
"""That of the share of right answers."""


def form_of(metric: Any) -> Form | None:
    """How a metric is made of a mean of losses; ``None`` if it is not."""
    if type(metric) in _RIGHT:
        return RIGHT
    if not isinstance(metric, MeanMetric):
        return None
    shape = Shape.ROOT if isinstance(metric, _OF_SQUARES) else Shape.AS_IS
    return Form(Kind.SIZE, Shape.PERCENT if isinstance(metric, _IN_PERCENT) else shape)


def is_the_error(metric: Any) -> bool:
    """Whether the mean that a metric is made of is that of the error: wrong or right, or the absolute error."""
    return type(metric) in _RIGHT or type(metric) is metrics.MAE


def loss_of(metric: Any, y: Label, said: Any) -> float:
    """One answer's loss by a metric that is a mean; ``said`` is what of the answer the metric reads."""
    return float(metric._eval(y, said))


class Losses:
    """A metric that is a mean, and what its interval is worked out from."""

    __slots__ = ("_is_plain", "_metric", "mean")

    def __init__(self, metric: Any) -> None:
        self._metric = metric
        self._is_plain = type(metric).update is MeanMetric.update
        self.mean = DependentMean()

    def update(self, y: Label, said: Any) -> None:
        """Take in one answer."""
        metric = self._metric
        loss = metric._eval(y, said)
        if self._is_plain:  # what the metric's update would do, without working the loss out again
            metric._mean.update(x=loss, w=1.0)
        else:
            metric.update(y, said)
        self.mean.update(loss)
