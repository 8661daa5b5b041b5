"""What is wrong with a metric of a gauge file, in words: its name, its parameters, the class it is of."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final, NamedTuple

from models.evaluation.metrics.chosen import CLASS, code_of
from models.evaluation.metrics.cost import COST
from models.evaluation.metrics.metrics import METRICS, OF_ONE_CLASS, WITH_PARAMETERS, check_metric
from schemas.gauge import Gauge, MetricTable
from schemas.gauge.metric import MetricChoice
from schemas.gauge.values import class_name
from schemas.hints import nearest

Found = list[tuple[str, str]]


def check_metrics(gauge: Gauge) -> Found:
    """(where, what) pairs for all metrics of a gauge file; empty if all can be made."""
    places = {"evaluation.metric": gauge.evaluation.metric or gauge.metric}
    places |= {f"evaluation.also.{n}": choice for n, choice in enumerate(gauge.evaluation.also)}
    found = ((where, check_choice(choice, gauge)) for where, choice in places.items())
    return [(where, what) for where, what in found if what is not None]


def check_choice(choice: MetricChoice, gauge: Gauge) -> str | None:
    """What is wrong with one of them, in words; ``None`` if nothing is."""
    if choice == COST:
        return None if gauge.decision is not None and gauge.decision.costs is not None else _WITHOUT_COSTS
    if isinstance(choice, MetricTable):
        return _check_table(choice, gauge)
    if choice in WITH_PARAMETERS[gauge.task] and choice not in METRICS[gauge.task]:
        return _wanting(choice, [*PARAMETERS.get(choice, {})])
    return check_metric(choice, gauge.task)


class _Kind(NamedTuple):
    wanted: str
    example: str
    fits: Callable[[Any, Gauge], bool]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _whole(low: int, high: int) -> _Kind:
    def fits(value: Any, gauge: Gauge) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return _Kind(f"a whole number from {low:,} to {high:,}", str(low), fits)


def _numbers_by_class(value: Any, gauge: Gauge) -> bool:
    classes = {class_name(one) for one in gauge.classes}
    return isinstance(value, dict) and value.keys() == classes and all(_number(n) and n > 0 for n in value.values())


_AVERAGES: Final = ("arithmetic", "geometric")
"""River's other two are Python's own ``max`` and ``min``, and a snapshot names no function of Python's."""
_BETA: Final = _Kind("a number above 0, at most 1,000", "2", lambda value, _: _number(value) and 0 < value <= 1_000)
_BY_CLASS: Final = _Kind("a table with a number above 0 for every class", "{ ... }", _numbers_by_class)
_AVERAGE: Final = _Kind(f"{' or '.join(_AVERAGES)}", '"geometric"', lambda value, _: value in _AVERAGES)

PARAMETERS: Final[dict[str, dict[str, _Kind]]] = {
    **{use: {"beta": _BETA} for use in ("FBeta", "MacroFBeta", "MicroFBeta", "WeightedFBeta", "VBeta")},
    "MultiFBeta": {"betas": _BY_CLASS, "weights": _BY_CLASS},
    **{use: {"average_method": _AVERAGE} for use in ("NormalizedMutualInfo", "AdjustedMutualInfo")},
    **{use: {"window_size": _whole(10, 100_000)} for use in ("RollingROCAUC", "RollingPRAUC")},
    "ExpectedCalibrationError": {"bins": _whole(2, 100)},
}
"""The parameters of metrics, beside ``class``, which every metric of two classes takes."""


def _check_table(table: MetricTable, gauge: Gauge) -> str | None:
    use, task, given = table.use, gauge.task, table.parameters
    of_class = CLASS in given and gauge.classes
    known = OF_ONE_CLASS if of_class else WITH_PARAMETERS[task]
    if use not in known:
        if use in WITH_PARAMETERS[task]:
            return f"{use} is over all classes and takes no class{nearest(use.removeprefix('Macro'), OF_ONE_CLASS)}"
        if use in OF_ONE_CLASS and gauge.classes:
            return f"{use} is of one class: name it ({_table(use, [CLASS, *PARAMETERS.get(use, {})])})"
        return check_metric(use, task)
    kinds = PARAMETERS.get(use, {})
    takes = [*kinds, CLASS] if use in OF_ONE_CLASS and gauge.classes else [*kinds]
    for name, value in given.items():
        if name not in takes:
            return f"{use} takes no '{name}'{nearest(name, takes)} ({_listed(takes)})"
        if name == CLASS:
            if (what := _check_class(value, gauge)) is not None:
                return what
        elif not kinds[name].fits(value, gauge):
            return f"{name} of {use} must be {kinds[name].wanted}, got {value!r}"
    is_whole = use in _COMPLETE or kinds.keys() <= given.keys()
    return None if is_whole else _wanting(use, [*kinds])


_COMPLETE: Final = {name for known in METRICS.values() for name in known}
"""What can be made without parameters."""


def _check_class(value: Any, gauge: Gauge) -> str | None:
    try:
        code_of(value, gauge)
    except KeyError:
        classes = [class_name(known) for known in gauge.classes]
        return f"{value!r} is no class of the label{nearest(str(value), classes)} (classes: {', '.join(classes)})"
    return None


_WITHOUT_COSTS: Final = "Cost is the mean of what mistakes cost: say it in [decision.costs]"


def _wanting(use: str, names: list[str]) -> str:
    return f"{use} needs {' and '.join(names)}: {_table(use, names)}"


def _table(use: str, names: list[str]) -> str:
    kinds = PARAMETERS.get(use, {})
    given = (f"{name} = {kinds[name].example if name in kinds else '...'}" for name in names)
    return f'{{ use = "{use}", {", ".join(given)} }}'


def _listed(names: list[str]) -> str:
    return f"it takes {' and '.join(names)}" if names else "it takes none"
