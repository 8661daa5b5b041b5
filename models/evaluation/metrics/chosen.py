"""The metrics that a gauge file chooses, with their parameters and with classes as codes."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from models.decision.costs import prices_of
from models.evaluation.metrics.cost import COST
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.gauge.metric import MetricChoice, name_of
from schemas.gauge.values import class_name

CLASS = "class"
"""The parameter that names the class which a metric takes for the positive one, the others for the rest."""


class Chosen(NamedTuple):
    """A metric with parameters: what it is called, which one it is, and what it is made with.

    ``code`` is that of the class to measure against the rest; ``None`` where that is the task's own positive class, or
    where the metric is over all classes.
    """

    name: str
    use: str
    arguments: dict[str, Any]
    code: Label | None


Metric: TypeAlias = str | Chosen
"""A metric is its name, or where it takes parameters a `Chosen`."""


def metrics_of(gauge: Gauge) -> tuple[Metric, ...]:
    """Those that a gauge shows, the leading one first; one that is named twice is there once.

    Raises
    ------
    KeyError
        If one names a class that the label has not; `models.evaluation.metrics.parameters.check_metrics` refuses it
        beforehand.
    """
    named = {name_of(choice): choice for choice in (gauge.evaluation.metric or gauge.metric, *gauge.evaluation.also)}
    return tuple(_chosen(choice, gauge) for choice in named.values())


def leading_of(gauge: Gauge) -> Metric:
    """The leading metric of a gauge."""
    return metrics_of(gauge)[0]


def called(metric: Metric) -> str:
    """What a metric is called wherever figures are shown."""
    return metric if isinstance(metric, str) else metric.name


def code_of(given: Any, gauge: Gauge) -> Label:
    """The code of a class as the user writes it, or as text: TOML's keys are text, and classes differ as text.

    Raises
    ------
    KeyError
        If the label has no such class.
    """
    for code, value in enumerate(gauge.classes):
        if class_name(given) == class_name(value):
            return bool(code) if gauge.task is Task.BINARY else code
    raise KeyError(given)


def _chosen(table: MetricChoice, gauge: Gauge) -> Metric:
    if table == COST:
        return Chosen(COST, COST, {"prices": prices_of(gauge)}, None)
    if isinstance(table, str):
        return table
    arguments = dict(table.parameters)
    code = code_of(arguments.pop(CLASS), gauge) if CLASS in arguments else None
    for name, value in arguments.items():
        if isinstance(value, dict):
            arguments[name] = {code_of(key, gauge): float(number) for key, number in value.items()}
    return Chosen(table.name, table.use, arguments, None if code is True else code)
