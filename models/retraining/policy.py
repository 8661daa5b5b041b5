"""The retraining policy: facts go in, and out comes why a challenger should start, if one should.

It counts labels, never the clock.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from models.drift.finding import Finding
from models.evaluation.board import Board
from schemas.alerts import DriftKind
from schemas.gauge import Retraining
from schemas.records import AlertStatus, WindowReport

_WINDOW_LOOKS: Final = 10
"""How often a metric over the sliding window is looked at, per window's length."""


class Trigger(StrEnum):
    """Why a version was made."""

    START = "start"
    DRIFT = "drift"
    METRIC = "metric"
    LABELS = "labels"
    FAILURE = "failure"
    ADDED = "added"


class Policy:
    """The declared policy: on drift, on a metric crossing its threshold, after N labels; with a cool-down.

    A trigger that comes due is due until a challenger has started from it, so none is lost to a cool-down or to a trial
    that is on. A metric that started one must have been on the right side since to start another.
    """

    def __init__(self, policy: Retraining, *, metric: str, window_events: int) -> None:
        self._policy = policy
        self._metric = metric
        self._look_every = window_events // _WINDOW_LOOKS
        self._since_start: int | None = None
        self._since_scheduled = 0
        self._metric_was_heard = False
        self._findings: list[Finding] = []

    def adopt(self, policy: Retraining) -> None:
        """Obey a changed policy; what was counted so far counts. A new threshold has not been crossed yet."""
        if policy.on_metric != self._policy.on_metric:
            self._metric_was_heard = False
        self._policy = policy

    def notice(self, findings: list[Finding]) -> None:
        """Monitors have found something; it is decided upon at the next label that is learned."""
        self._findings += findings

    def learned(self, board: Board) -> Trigger | None:
        """A label was learned; ``board`` has what was answered."""
        findings, self._findings = self._findings, []
        alarmed = any(one.kind is DriftKind.CONCEPT and one.status is not AlertStatus.CLOSED for one in findings)
        drifted = self.drifted() if alarmed else None
        rule = self._policy.on_metric
        measured = None if rule is None or rule.over != "window" else self.measured(self._window_figure(board))
        counted = self.count_label()
        return drifted or measured or counted

    def reported(self, report: WindowReport | None) -> Trigger | None:
        """A held-out label was scored; ``report`` is that of the window that it closed."""
        rule = self._policy.on_metric
        if report is None or rule is None or rule.over != "holdout":
            return None
        return self.measured(report.models.get(report.champion, {}).get(self._metric))

    def _window_figure(self, board: Board) -> float | None:
        served = board.served
        return served.leading_window_figure() if served.window_is_full and not served.n % self._look_every else None

    def count_label(self) -> Trigger | None:
        """One more label was learned."""
        self._since_scheduled += 1
        if self._since_start is not None:
            self._since_start += 1
        every = self._policy.every_labels
        if every is None or self._since_scheduled < every:
            return None
        return self._unless_cooling(Trigger.LABELS)

    def drifted(self) -> Trigger | None:
        """A detector has alarmed."""
        return self._unless_cooling(Trigger.DRIFT) if self._policy.on_drift else None

    def measured(self, value: float | None) -> Trigger | None:
        """The watched metric has a new figure."""
        rule = self._policy.on_metric
        if rule is None or value is None:
            return None
        wrong_side = value < rule.below if rule.below is not None else value > (rule.above or 0.0)
        if not wrong_side:
            self._metric_was_heard = False
            return None
        return None if self._metric_was_heard else self._unless_cooling(Trigger.METRIC)

    def started(self, trigger: Trigger) -> None:
        """A challenger has started from this trigger, which is due no more; the cool-down begins."""
        self._since_start = 0
        if trigger is Trigger.METRIC:
            self._metric_was_heard = True
        elif trigger is Trigger.LABELS:
            self._since_scheduled = 0

    def _unless_cooling(self, trigger: Trigger) -> Trigger | None:
        cooling = self._since_start is not None and self._since_start < self._policy.cooldown_labels
        return None if cooling else trigger
