"""Which thresholds a metric can cross: a challenger that waits for another would start always, or never."""

from __future__ import annotations

from math import inf, log
from typing import Final

from models.evaluation.intervals.loss_sums import FEWEST
from models.evaluation.metrics.chosen import Metric, leading_of
from models.evaluation.metrics.cost import COST
from models.evaluation.metrics.metrics import bigger_is_better
from schemas.gauge import Evaluation, Gauge

FADED: Final = ("Accuracy", "MAE")
"""Leading metrics that fade: they are the mean error, or what is left of it."""

_BEYOND_SHARES: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(("CohenKappa", "MCC", "AdjustedMutualInfo"), (-1.0, 1.0)),
    "AdjustedRand": (-0.5, 1.0),
    **dict.fromkeys(("LogLoss", "CrossEntropy"), (0.0, 34.54)),  # that of 1e-15, below which River counts none
    **dict.fromkeys(("MAE", "MSE", "RMSE", "RMSLE", "MAPE"), (0.0, inf)),
    "SMAPE": (0.0, 200.0),
    "R2": (-inf, 1.0),
}


def range_of(metric: Metric, classes: int) -> tuple[float, float]:
    """The least and the largest value of a metric, for a number of classes; a finite one belongs to the range."""
    name = metric if isinstance(metric, str) else metric.use
    if name == "MutualInfo":
        return 0.0, log(classes)
    if name == "BrierScore":
        return 0.0, 1.0 if classes == 2 else 2.0
    if name == COST and not isinstance(metric, str):
        return 0.0, max(metric.arguments["prices"].values())
    return _BEYOND_SHARES.get(name, (0.0, 1.0))


def check_threshold(gauge: Gauge) -> str | None:
    """What is wrong with the threshold of ``retraining.on_metric``, in words; ``None`` if nothing is.

    The gauge's leading metric must be one that its task has.
    """
    rule, name = gauge.retraining.on_metric, gauge.metric
    if rule is None:
        return None
    if rule.over == "faded" and name not in FADED:
        return f"over = 'faded' needs a metric that fades, {' or '.join(FADED)}, and {name} leads: give 'window'"
    if rule.confidence is not None and (too_few := _without_interval(rule.over, gauge.evaluation)) is not None:
        return too_few
    leading = leading_of(gauge)
    low, high = range_of(leading, len(gauge.classes))
    if bigger_is_better(leading, gauge.task):
        if rule.below is None:
            return f"{name} is better the higher it is: give below, not above"
        wanted = _bounds("above", low, "at most", high)
        fits, got = low < rule.below <= high, f"below must be {wanted}, got {rule.below:g}"
    elif rule.above is None:
        return f"{name} is better the lower it is: give above, not below"
    else:
        wanted = _bounds("at least", low, "below", high)
        fits, got = low <= rule.above < high, f"above must be {wanted}, got {rule.above:g}"
    return None if fits else f"{name} lies {_within(low, high)}: {got}"


def _without_interval(over: str, evaluation: Evaluation) -> str | None:
    key = "window_events" if over == "window" else "holdout_window"
    labels = getattr(evaluation, key)
    if over == "faded" or labels >= FEWEST:
        return None
    return f"confidence needs intervals, and figures have one from {FEWEST} labels on: evaluation.{key} is {labels}"


def _within(low: float, high: float) -> str:
    if low == -inf:
        return f"at or below {high:g}"
    return f"at or above {low:g}" if high == inf else f"in [{low:g}, {high:g}]"


def _bounds(over: str, low: float, under: str, high: float) -> str:
    words = [f"{over} {low:g}"] * (low > -inf) + [f"{under} {high:g}"] * (high < inf)
    return " and ".join(words)
