"""When a challenger should start. Triggers count labels, never the clock."""

from __future__ import annotations

from enum import StrEnum

from schemas.gauge import Retraining


class Trigger(StrEnum):
    """Why a version was made."""

    START = "start"
    DRIFT = "drift"
    METRIC = "metric"
    LABELS = "labels"


class Triggers:
    """The declared policy: on drift, on a metric crossing its threshold, after N labels; with a cool-down.

    A metric fires when it crosses, not while it stays on the wrong side: it must have been on the right side since. One
    that crosses while a cool-down lasts, and has not come back, fires after it.
    """

    def __init__(self, policy: Retraining) -> None:
        self._policy = policy
        self._since_start: int | None = None
        self._since_scheduled = 0
        self._crossed = False

    def count_label(self) -> Trigger | None:
        """One more label was learned."""
        self._since_scheduled += 1
        if self._since_start is not None:
            self._since_start += 1
        every = self._policy.every_labels
        if every is None or self._since_scheduled < every:
            return None
        self._since_scheduled = 0
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
        trigger = self._unless_cooling(Trigger.METRIC) if wrong_side and not self._crossed else None
        self._crossed = wrong_side and (self._crossed or trigger is not None)
        return trigger

    def started(self) -> None:
        """A challenger has started: the cool-down begins."""
        self._since_start = 0

    def _unless_cooling(self, trigger: Trigger) -> Trigger | None:
        cooling = self._since_start is not None and self._since_start < self._policy.cooldown_labels
        return None if cooling else trigger
