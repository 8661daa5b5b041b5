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
    MultiClassMetric,
    RegressionMetric,
)
from river.metrics.base import Metric as RiverMetric

from models.evaluation.metrics.chosen import Metric
from models.evaluation.metrics.cost import COST, Cost
from models.evaluation.metrics.one_vs_rest import OneVsRest
from models.evaluation.metrics.probability_metrics import (
    BinaryBrierScore,
    BinaryCalibrationError,
    BrierScore,
    CalibrationError,
    CrossEntropy,
)
from models.evaluation.metrics.ranking import PRAUC, ROCAUC
from models.evaluation.metrics.spellings import nearest
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

    def __init__(self, window_size: int = 1_000) -> None:
        super().__init__(window_size)  # type: ignore[call-arg]  # River's, which stands behind this one
        self._labels: deque[bool] = deque(maxlen=window_size)

    @property
    def has_both_classes(self) -> bool:
        """Whether the window holds positive and negative labels."""
        return True in self._labels and False in self._labels

    def update(self, y_true: bool, y_pred: Any) -> None:
        """Take in one pair."""
        super().update(y_true, y_pred)  # type: ignore[misc]  # River's, which stands behind this one
        self._labels.append(y_true)


class RollingROCAUC(_OfBothClasses, metrics.RollingROCAUC):  # type: ignore[misc]
    """River's, over its newest answers."""


class RollingPRAUC(_OfBothClasses, metrics.RollingPRAUC):  # type: ignore[misc]
    """River's, over its newest answers."""


_OURS: Final[dict[str, type[Any]]] = {
    "RMSLE": RMSLE,
    "MAPE": MAPE,
    "RollingROCAUC": RollingROCAUC,
    "RollingPRAUC": RollingPRAUC,
    "ROCAUC": ROCAUC,
    "PRAUC": PRAUC,
    COST: Cost,
    "CrossEntropy": CrossEntropy,
}
_BY_TASK: Final[dict[Task, dict[str, type[Any]]]] = {
    Task.BINARY: {"BrierScore": BinaryBrierScore, "ExpectedCalibrationError": BinaryCalibrationError},
    Task.MULTICLASS: {"BrierScore": BrierScore, "ExpectedCalibrationError": CalibrationError},
    Task.REGRESSION: {},
}
_NOT_A_FIGURE: Final = {"ClassificationReport", "ConfusionMatrix"}


def _offered(task: Task) -> dict[str, type[Any]]:
    """All that measure a task, with or without parameters."""
    found = {}
    for name in dict.fromkeys([*metrics.__all__, *_OURS]):
        metric = _OURS.get(name) or getattr(metrics, name, None)  # __all__ may name what this version has not
        if not (inspect.isclass(metric) and issubclass(metric, RiverMetric)) or name in _NOT_A_FIGURE:
            continue
        of_two = issubclass(metric, BinaryMetric) and not issubclass(metric, MultiClassMetric)
        measured = {
            Task.REGRESSION: issubclass(metric, RegressionMetric),
            Task.BINARY: issubclass(metric, ClassificationMetric),
            Task.MULTICLASS: issubclass(metric, ClassificationMetric) and not of_two,
        }
        if measured[task]:
            found[name] = metric
    return found | _BY_TASK[task]


def _needs_nothing(metric: type[Any]) -> bool:
    return all(p.default is not p.empty for p in inspect.signature(metric).parameters.values())


WITH_PARAMETERS: Final = {task: _offered(task) for task in Task}
"""The metrics of each task: name to class. Some need parameters."""

METRICS: Final = {
    task: {name: metric for name, metric in known.items() if _needs_nothing(metric)}
    for task, known in WITH_PARAMETERS.items()
}
"""Those that a name alone can make."""

OF_ONE_CLASS: Final = {
    name: metric
    for name, metric in WITH_PARAMETERS[Task.BINARY].items()
    if issubclass(metric, BinaryMetric) and not issubclass(metric, MultiClassMetric)
}
"""Those that see one class and the rest, for the parameter ``class``."""


def check_metric(name: str, task: Task) -> str | None:
    """What is wrong with a metric's name, in words; ``None`` if nothing is."""
    if name in METRICS[task]:
        return None
    near = nearest(name, METRICS[task])
    hint = did_you_mean([] if near is None else [near])
    return f"'{name}' is no metric for a {task} task{hint} (known: {', '.join(sorted(METRICS[task]))})"


def make_metric(metric: Metric, task: Task) -> Any:
    """A fresh metric, River's or of its kind.

    Raises
    ------
    KeyError
        If the task has no such metric; `models.evaluation.metrics.parameters` says so in words beforehand.
    """
    if isinstance(metric, str):
        return METRICS[task][metric]()
    if metric.code is None:
        return WITH_PARAMETERS[task][metric.use](**metric.arguments)
    return OneVsRest(OF_ONE_CLASS[metric.use](**metric.arguments), metric.code)


def wants_probabilities(metric: Metric, task: Task) -> bool:
    """Whether the metric reads class probabilities rather than labels."""
    return task is not Task.REGRESSION and not make_metric(metric, task).requires_labels


def bigger_is_better(metric: Metric, task: Task) -> bool:
    """Whether a higher figure is a better one."""
    return bool(make_metric(metric, task).bigger_is_better)
