"""Any metric of River for the task, by its name in ``river.metrics``, and some that it has not.

Metrics see coded labels: ``bool`` for a binary task (the positive class is ``True``), class indices, or numbers.
"""

from __future__ import annotations

import inspect
from collections import deque
from math import log
from typing import Any, Final

from river import metrics
from river.metrics.base import (
    BinaryMetric,
    ClassificationMetric,
    MeanMetric,
    Metric,
    MultiClassMetric,
    RegressionMetric,
)

from models.evaluation.ranking import PRAUC, ROCAUC
from models.evaluation.spellings import nearest
from schemas.gauge import Task
from schemas.hints import did_you_mean


class RMSLE(metrics.RMSLE):  # type: ignore[misc]
    """River's root mean squared logarithmic error, with numbers below 0 counted as 0.

    River's own raises a `ValueError` at the first number of -1 or less, and any regressor may answer one.
    """

    def update(self, y_true: float, y_pred: float, w: float = 1.0) -> None:
        """Take in one pair."""
        MeanMetric.update(self, y_true, y_pred, w)

    def _eval(self, y_true: float, y_pred: float) -> float:
        return float((log(max(y_true, 0.0) + 1) - log(max(y_pred, 0.0) + 1)) ** 2)


class MAPE(metrics.MAPE):  # type: ignore[misc]
    """River's mean absolute percentage error, which knows whether any label was not 0."""

    has_terms = False

    def update(self, y_true: float, y_pred: float, w: float = 1.0) -> None:
        """Take in one pair."""
        super().update(y_true, y_pred, w)
        self.has_terms = self.has_terms or y_true != 0


class _OfBothClasses:
    """A rolling metric of River's that knows which labels stand in its window."""

    window_size: int

    def __init__(self) -> None:
        super().__init__()
        self._labels: deque[bool] = deque(maxlen=self.window_size)

    @property
    def has_both_classes(self) -> bool:
        """Whether the window holds positive and negative labels."""
        return True in self._labels and False in self._labels

    def update(self, y_true: bool, y_pred: Any) -> None:
        """Take in one pair."""
        super().update(y_true, y_pred)  # type: ignore[misc]  # River's, which stands behind this one
        self._labels.append(y_true)


class RollingROCAUC(_OfBothClasses, metrics.RollingROCAUC):  # type: ignore[misc]
    """River's, over its newest 1,000 answers."""


class RollingPRAUC(_OfBothClasses, metrics.RollingPRAUC):  # type: ignore[misc]
    """River's, over its newest 1,000 answers."""


_OURS: Final[dict[str, type[Any]]] = {
    "RMSLE": RMSLE,
    "MAPE": MAPE,
    "RollingROCAUC": RollingROCAUC,
    "RollingPRAUC": RollingPRAUC,
    "ROCAUC": ROCAUC,
    "PRAUC": PRAUC,
}
_NOT_A_FIGURE: Final = {"ClassificationReport", "ConfusionMatrix"}


def _by_task() -> dict[Task, dict[str, type[Any]]]:
    found: dict[Task, dict[str, type[Any]]] = {task: {} for task in Task}
    for name in dict.fromkeys([*metrics.__all__, *_OURS]):
        metric = _OURS.get(name) or getattr(metrics, name, None)  # __all__ may name what this version has not
        if not (inspect.isclass(metric) and issubclass(metric, Metric)) or name in _NOT_A_FIGURE:
            continue
        if any(p.default is p.empty for p in inspect.signature(metric).parameters.values()):
            continue  # a name alone cannot build it
        if issubclass(metric, RegressionMetric):
            found[Task.REGRESSION][name] = metric
        if issubclass(metric, ClassificationMetric):
            found[Task.BINARY][name] = metric
            if not issubclass(metric, BinaryMetric) or issubclass(metric, MultiClassMetric):
                found[Task.MULTICLASS][name] = metric
    return found


METRICS: Final = _by_task()
"""The metrics of each task: name to River's class."""


def check_metric(name: str, task: Task) -> str | None:
    """What is wrong with a metric's name, in words; ``None`` if nothing is."""
    if name in METRICS[task]:
        return None
    near = nearest(name, METRICS[task])
    hint = did_you_mean([] if near is None else [near])
    return f"'{name}' is no metric for a {task} task{hint} (known: {', '.join(sorted(METRICS[task]))})"


def make_metric(name: str, task: Task) -> Any:
    """A fresh River metric.

    Raises
    ------
    KeyError
        If the task has no such metric; `check_metric` says so in words beforehand.
    """
    return METRICS[task][name]()


def wants_probabilities(name: str, task: Task) -> bool:
    """Whether the metric reads class probabilities rather than labels."""
    return task is not Task.REGRESSION and not make_metric(name, task).requires_labels


def bigger_is_better(name: str, task: Task) -> bool:
    """Whether a higher figure is a better one."""
    return bool(make_metric(name, task).bigger_is_better)
