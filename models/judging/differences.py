"""What a contest is told of one label: by how much the challenger was better, in [-1, 1]."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from models.answer import Answer
from models.decision.costs import Prices
from models.evaluation.metrics.chosen import Metric
from models.evaluation.metrics.forms import loss_of
from models.evaluation.metrics.metrics import make_metric, wants_probabilities
from models.judging.losses import LARGEST_ERROR, PairedErrorScale
from schemas.events import Label
from schemas.gauge import Task


class Difference(ABC):
    """Compares two answers to one event. It may keep something of earlier labels, which the same contest judged."""

    is_of_classes = False
    """Whether differences of one label's class depend on each other rather than neighbours: see `Dependence`."""
    per_label = True
    """Whether each label says something; if not, a block of them does."""

    @property
    def scale(self) -> float:
        """What a difference of 1 is, in the units in which a margin is declared."""
        return 1.0

    @abstractmethod
    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float | None:
        """By how much the challenger was better. Both answers have a prediction; ``None``: this label says nothing."""

    def gain(self) -> float | None:
        """By how much the challenger leads in the metric that is judged; ``None`` where that is the mean difference."""
        return None


class Loss(Protocol):
    """Has a loss in [0, 1] for an answer with a prediction."""

    def loss(self, y: Label, answer: Answer) -> float | None:
        """The loss; ``None`` without a prediction."""


class PairedLosses(Difference):
    """``loss(champion) - loss(challenger)`` of losses of classes, in [0, 1]."""

    is_of_classes = True

    def __init__(self, judge: Loss) -> None:
        self._judge = judge

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float:
        """See `Difference`."""
        loss, other = self._judge.loss(y, champion), self._judge.loss(y, challenger)
        assert loss is not None
        assert other is not None
        return loss - other


class PairedErrors(Difference):
    """The difference of a regression's absolute errors, in a scale that follows them."""

    def __init__(self) -> None:
        self._errors = PairedErrorScale()

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float | None:
        """See `Difference`."""
        assert champion.y_pred is not None
        assert challenger.y_pred is not None
        return self._errors.difference(y - champion.y_pred, y - challenger.y_pred)


class PairedMeans(Difference):
    """The difference of the losses that a metric is the mean of: within their bounds, or in a scale that follows them.

    Where labels are of a kind that the metric passes over (a label of 0 in a percentage error), both losses are 0.
    """

    def __init__(self, metric: Metric, task: Task) -> None:
        self._metric = make_metric(metric, task)
        self._said = int(wants_probabilities(metric, task))
        self._errors = PairedErrorScale() if task is Task.REGRESSION else None
        self.is_of_classes = task is not Task.REGRESSION
        self._most = 2.0 if task is Task.MULTICLASS else 1.0  # of a Brier score, the one such metric of classes

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float | None:
        """See `Difference`."""
        loss, other = self._loss(y, champion), self._loss(y, challenger)
        if self._errors is not None:
            return self._errors.difference(loss, other)
        return min(max((loss - other) / self._most, -1.0), 1.0)

    def _loss(self, y: Label, answer: Answer) -> float:
        said = answer[self._said]
        return min(loss_of(self._metric, y, {} if said is None else said), LARGEST_ERROR)


class PairedCosts(Difference):
    """The difference of what two labels cost, over the largest cost."""

    is_of_classes = True

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._most = max(prices.values())

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float:
        """See `Difference`."""
        price = self._prices.get
        cost, other = price((y, champion.y_pred), 0.0), price((y, challenger.y_pred), 0.0)  # type: ignore[arg-type]
        return (cost - other) / self._most
