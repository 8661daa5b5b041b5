"""The retraining policy: facts go in, and out comes why a challenger should start, if one should, and what is held.

It counts labels and event time, never the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.drift.episodes import Episodes
from models.drift.finding import Finding
from models.evaluation.board import Board
from models.retraining.policy.counted import EveryLabels, StartedAt
from models.retraining.policy.facts import Condition, Facts
from models.retraining.policy.hold import Hold
from models.retraining.policy.on_drift import OnDrift
from models.retraining.policy.on_metric import OnMetric, Watched
from models.retraining.policy.timed import OnSchedule
from schemas.events import Label
from schemas.gauge import Retraining
from schemas.records import WindowReport
from schemas.status import Held, PolicyStatus


class Trigger(StrEnum):
    """Why a version was made."""

    START = "start"
    DRIFT = "drift"
    METRIC = "metric"
    LABELS = "labels"
    FAILURE = "failure"
    ADDED = "added"
    SCHEDULE = "schedule"
    STANDING = "standing"
    OPERATOR = "operator"


CONDITIONS: Final[dict[Trigger, Callable[[Retraining, Episodes], Condition]]] = {
    Trigger.DRIFT: OnDrift,
    Trigger.METRIC: lambda policy, _: OnMetric(policy),
    Trigger.LABELS: lambda policy, _: EveryLabels(policy),
    Trigger.SCHEDULE: lambda policy, _: OnSchedule(policy),
}
"""What may start a challenger; of several that are due the first one counts."""


class Policy:
    """The declared policy: what starts a challenger, what makes it wait, and what keeps models from learning.

    What is due stays so until a challenger has started from it, none is needed, or its reason is gone, so none is lost
    to a cool-down, a spent budget, a hold, or a trial that is on.
    """

    def __init__(self, policy: Retraining, episodes: Episodes, *, metric: str, window_events: int) -> None:
        self._policy = policy
        self._labels = 0
        self._started = StartedAt()
        self._hold = Hold(policy, episodes)
        self._watched = Watched(metric=metric, window_events=window_events)
        self._conditions = {trigger: make(policy, episodes) for trigger, make in CONDITIONS.items()}
        self._on = self._those_on()

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        yield from self._started.broken(self._labels)
        yield from self._hold.broken()
        if self._on != self._those_on():
            yield "the reasons for a challenger are not those of the gauge file"

    def adopt(self, policy: Retraining) -> None:
        """Obey a changed policy; what was counted so far counts."""
        self._policy = policy
        self._hold.adopt(policy)
        for condition in self._conditions.values():
            condition.adopt(policy)
        self._on = self._those_on()

    def passed(self, time: datetime | None) -> None:
        """An event came, with its time."""
        if self._policy.schedule is not None:
            self._conditions[Trigger.SCHEDULE].take(Facts(self._labels, time=time))

    def notice(self, findings: list[Finding]) -> None:
        """Monitors have found something; it is decided upon at the next label that is learned."""
        self._conditions[Trigger.DRIFT].take(Facts(self._labels, findings))

    @property
    def holds(self) -> bool:
        """Whether no model may learn from the next label."""
        return self._hold.is_on

    @property
    def held_for(self) -> Held | None:
        """Why learning is held; ``None`` if it is not."""
        return self._hold.status()

    def pause(self, who: str, why: str) -> None:
        """Hold learning until it is resumed, for an operator says so."""
        self._hold.paused = (who, why)

    def resume(self) -> None:
        """Hold learning no more, but for what the gauge file names."""
        self._hold.paused = None

    @property
    def is_paused(self) -> bool:
        """Whether an operator has paused learning."""
        return self._hold.paused is not None

    def label(self, y: Label, time: datetime | None) -> None:
        """A label has come that may be learned; ``time`` is that of its record."""
        self._hold.label(y, time)

    def held(self, position: int) -> None:
        """A label came at a position, and no model learned it."""
        self._hold.held(position)

    def learned(self, board: Board) -> Trigger | None:
        """A label was learned; ``board`` has what was answered. Why a challenger should start now."""
        self._hold.release()
        self._labels += 1
        rule = self._policy.on_metric
        if rule is not None and (figure := self._watched.answered(rule, board)) is not None:
            self._conditions[Trigger.METRIC].take(Facts(self._labels, figure=figure))
        return self.due()

    def reported(self, report: WindowReport | None) -> Trigger | None:
        """A held-out label was scored; ``report`` is that of the window that it closed."""
        figure = self._watched.reported(self._policy.on_metric, report)
        if figure is None:
            return None
        self._conditions[Trigger.METRIC].take(Facts(self._labels, figure=figure))
        return self.due()

    def due(self) -> Trigger | None:
        """Why a challenger should start now; ``None`` if none should, or must wait."""
        labels = self._labels
        for trigger in self._on:
            if self._conditions[trigger].due(labels) is not None:
                return trigger if self._may_start() else None
        return None

    def why(self, trigger: Trigger) -> str:
        """A trigger in words, with what it was about."""
        condition = self._conditions.get(trigger)
        return (None if condition is None else condition.due(self._labels)) or str(trigger)

    def started(self, trigger: Trigger) -> None:
        """A challenger has started from this trigger, which is due no more; the cool-down begins."""
        self._started.add(self._labels)
        self.passed_over(trigger)

    def passed_over(self, trigger: Trigger) -> None:
        """No challenger is needed for this trigger, which is due no more; no cool-down begins, no budget is spent."""
        if trigger in self._conditions:
            self._conditions[trigger].started(self._labels)

    def status(self) -> PolicyStatus:
        """What is due, and what it waits for."""
        policy, labels, started = self._policy, self._labels, self._started
        schedule = self._conditions[Trigger.SCHEDULE]
        return PolicyStatus(
            due=[words for one in self._conditions.values() if (words := one.due(labels)) is not None],
            cooldown_left=started.cooldown_left(policy, labels),
            retrains_left=started.left(policy, labels),
            labels_until_retrain=started.labels_until_one_is_left(policy, labels),
            next_scheduled=schedule.next if isinstance(schedule, OnSchedule) else None,
            held=self.held_for,
            held_labels=self._hold.labels,
        )

    def _those_on(self) -> list[Trigger]:
        return [trigger for trigger, condition in self._conditions.items() if condition.is_on]

    def _may_start(self) -> bool:
        policy, labels, started = self._policy, self._labels, self._started
        return not (self._hold.is_on or started.cooldown_left(policy, labels) or started.left(policy, labels) == 0)
