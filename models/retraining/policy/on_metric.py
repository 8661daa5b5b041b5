"""A reason for a challenger: the leading metric is on the wrong side of its threshold, surely if that is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from models.evaluation.board import Board
from models.retraining.policy.facts import Facts
from schemas.evaluated import Figure
from schemas.gauge import MetricTrigger, Retraining
from schemas.records import WindowReport

_MAE: Final = "MAE"
_LOOKS: Final = 10
"""How often a figure of the newest answers is looked at, per window's length."""


class OnMetric:
    """It comes up when a figure has crossed the threshold, and is gone when one is back.

    A metric that has started a challenger must have been on the right side since to start another.
    """

    def __init__(self, policy: Retraining) -> None:
        self._policy = policy
        self._figure: float | None = None
        self._was_heard = False

    @property
    def is_on(self) -> bool:
        """See `Condition.is_on`."""
        return self._policy.on_metric is not None

    def adopt(self, policy: Retraining) -> None:
        """See `Condition.adopt`. A new threshold has not been crossed yet."""
        if policy.on_metric != self._policy.on_metric:
            self._figure, self._was_heard = None, False
        self._policy = policy

    def take(self, facts: Facts) -> None:
        """See `Condition.take`. A figure that is not defined says nothing."""
        rule = self._policy.on_metric
        if rule is None or facts.figure is None or facts.figure.value is None:
            return
        value = facts.figure.value
        if not _is_past(value, rule):
            self._figure, self._was_heard = None, False
        elif self._figure is not None or _is_surely_past(facts.figure, rule):
            self._figure = value

    def due(self, labels: int) -> str | None:
        """See `Condition.due`."""
        rule = self._policy.on_metric
        if self._figure is None or self._was_heard or rule is None:
            return None
        side, threshold = ("below", rule.below) if rule.above is None else ("above", rule.above)
        return f"metric: {self._figure:.4g} is {side} {threshold:g}"

    def started(self, labels: int) -> None:
        """See `Condition.started`."""
        self._was_heard = True


def _is_past(value: float, rule: MetricTrigger) -> bool:
    if rule.below is not None:
        return value < rule.below
    return rule.above is not None and value > rule.above


def _is_surely_past(figure: Figure, rule: MetricTrigger) -> bool:
    """Whether the end of the interval that is nearer to the threshold is past it too, where the rule asks."""
    if rule.confidence is None:
        return True
    end = figure.high if rule.below is not None else figure.low
    return end is not None and _is_past(end, rule)


class Watched:
    """Reads the figures of the leading metric, where the policy wants them from."""

    def __init__(self, *, metric: str, window_events: int) -> None:
        self._metric = metric
        self._look_every = window_events // _LOOKS

    def answered(self, rule: MetricTrigger | None, board: Board) -> Figure | None:
        """The figure of the newest answers, if it is time for a look."""
        if rule is None or rule.over == "holdout":
            return None
        served = board.served
        if not served.window_is_full or served.n % self._look_every:
            return None
        if rule.over == "faded":
            return self._of_the_error(served.measured_faded_error())
        if rule.confidence is None:
            return Figure(value=served.leading_window_figure(), n=served.n)
        return served.measured_window()[self._metric]

    def reported(self, rule: MetricTrigger | None, report: WindowReport | None) -> Figure | None:
        """The champion's figure in the held-out window that has closed."""
        if report is None or rule is None or rule.over != "holdout":
            return None
        return report.figures.get(report.champion, {}).get(self._metric)

    def _of_the_error(self, error: Figure) -> Figure:
        """The metric that the faded error tells: itself for numbers, the share of right answers for classes."""
        if self._metric == _MAE or error.value is None:
            return error
        low, high = (None if end is None else 1.0 - end for end in (error.high, error.low))
        return replace(error, value=1.0 - error.value, low=low, high=high)
