"""One metric over one population of answers, with its interval: light enough to keep one per slice or version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from river import metrics

from models.answer import Answer
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.metrics.chosen import Metric, called
from models.evaluation.metrics.forms import RIGHT
from models.evaluation.metrics.metric_set import MetricSet, Shown
from models.evaluation.metrics.metrics import make_metric
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Task


class Population(Protocol):
    """A metric over one population. An answer without a prediction is not counted."""

    @property
    def n(self) -> int:
        """How many answers were counted."""

    @property
    def error(self) -> DependentMean:
        """Whether each answer was wrong; of a regression its absolute error, in the label's units."""

    def extend(self, answered: Sequence[tuple[Label, Answer]]) -> None:
        """Take in labels and the answers given for them, none of them empty, one after the other."""

    def figure(self, *, any_time: bool = False) -> Figure:
        """The metric with its interval, which holds for one look unless ``any_time``."""

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""


def population_of(metric: Metric, task: Task) -> Population:
    """An empty population for a metric of the task."""
    return Rightness() if type(make_metric(metric, task)) is metrics.Accuracy else Measured(metric, task)


class Rightness:
    """The share of right answers: nothing but the errors need be kept."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error = DependentMean()

    @property
    def n(self) -> int:
        """How many answers were counted."""
        return self.error.n

    def extend(self, answered: Sequence[tuple[Label, Answer]]) -> None:
        """Take in labels and the answers given for them, none of them empty, one after the other."""
        self.error.extend([0.0 if y == answer[0] else 1.0 for y, answer in answered])

    def figure(self, *, any_time: bool = False) -> Figure:
        """The metric with its interval, which holds for one look unless ``any_time``."""
        sums = self.error.sums
        value = (sums.n - sums.total) / sums.n if sums.n else None
        return RIGHT.figure(sums.figure(RIGHT.kind, any_time=any_time), value)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        return iter(())


class Measured:
    """Any other metric."""

    __slots__ = ("_metrics", "_name")

    def __init__(self, metric: Metric, task: Task) -> None:
        self._name = called(metric)
        self._metrics = MetricSet(Shown((metric,), task))

    @property
    def n(self) -> int:
        """How many answers were counted."""
        return self._metrics.n

    @property
    def error(self) -> DependentMean:
        """Whether each answer was wrong; of a regression its absolute error, in the label's units."""
        return self._metrics.error

    def extend(self, answered: Sequence[tuple[Label, Answer]]) -> None:
        """Take in labels and the answers given for them, none of them empty, one after the other."""
        self._metrics.extend(answered)

    def figure(self, *, any_time: bool = False) -> Figure:
        """The metric with its interval, which holds for one look unless ``any_time``."""
        return self._metrics.measured(self._name, any_time=any_time)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        return self._metrics.broken()
