"""How far the leading metric has fallen since the error rose: what an alarm of the error means to whoever set a metric.

Detectors watch a loss of each answer. On a stream with few positives an F1 of .8 may become one of .5 while hardly any
more answers are wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from models.answer import Answer
from models.evaluation.metrics.alike import figure_of
from models.evaluation.metrics.chosen import Metric, called, leading_of
from models.evaluation.metrics.forms import is_the_error
from models.evaluation.metrics.metrics import bigger_is_better, make_metric
from models.judging.judge import judges_by_log_loss
from models.judging.severity import severity_of_metric
from schemas.alerts import Severity
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.records import AlertStatus

KEPT: Final = 2_000
"""Newest answers that a figure may be worked out from."""
FEWEST: Final = 30
"""Answers on either side of the rise, for a figure of each."""
FEWEST_OF_CLASS: Final = 10
"""Of a binary task, labels of each class among them."""


class Watched(NamedTuple):
    """An answer, its label, and the error that was watched."""

    error: float
    y: Label
    answer: Answer


class Fall(NamedTuple):
    """What a metric's fall comes to, and the figures in words; no severity where a figure is missing."""

    severity: Severity | None
    words: str


class MetricFall:
    """Keeps the newest 2,000 answers of the version that leads, in the order in which their errors were watched.

    At an alarm they are cut where their errors rose the most (the least squares of two means). The figure of those
    before the cut stands until the episode closes, and is compared with that of those since.
    """

    def __init__(self, metric: Metric, task: Task) -> None:
        self.metric = metric
        self._task = task
        self._newest: deque[Watched] = deque(maxlen=KEPT)
        self._before: float | None = None

    @classmethod
    def of(cls, gauge: Gauge) -> Self | None:
        """``None`` where the leading metric is the mean of the errors that are watched, and so falls as they rise."""
        metric = leading_of(gauge)
        if is_the_error(make_metric(metric, gauge.task)) and not judges_by_log_loss(gauge):
            return None
        return cls(metric, gauge.task)

    def take(self, error: float, y: Label, answer: Answer) -> None:
        """Keep an answer whose error was watched."""
        self._newest.append(Watched(error, y, answer))

    def model_replaced(self) -> None:
        """Another version leads, or decides otherwise: its answers alone tell how it does."""
        self._newest.clear()

    def judge(self, status: AlertStatus) -> Fall:
        """How bad it is at this step of an episode."""
        if status is AlertStatus.OPENED:
            earlier, since = self._cut()
            self._before = self._figure(earlier)
            self._newest = deque(since, maxlen=KEPT)
        elif status is AlertStatus.UPDATED:
            _, since = self._cut()
            self._newest = deque(since, maxlen=KEPT)
        else:
            since = self._fewest(reversed(self._newest))[::-1]
        before, now = self._before, self._figure(since)
        if status is AlertStatus.CLOSED:
            self._before = None
        name = called(self.metric)
        if before is None or now is None:
            return Fall(None, f"the error, as {name} has no figure of so few answers")
        found = severity_of_metric(before, now, bigger_is_better=bigger_is_better(self.metric, self._task))
        if found is None:
            return Fall(None, f"the error, as {name} was {before:.3g} before")
        return Fall(found, f"{name}, {before:.3g} before and {now:.3g} now")

    def _figure(self, answers: list[Watched]) -> float | None:
        if len(answers) < FEWEST or not self._is_enough(answers):
            return None
        return figure_of(self.metric, self._task, [(y, answer) for _, y, answer in answers])

    def _is_enough(self, answers: list[Watched]) -> bool:
        if self._task is not Task.BINARY:
            return True
        positive = sum(y is True for _, y, _ in answers)
        return min(positive, len(answers) - positive) >= FEWEST_OF_CLASS

    def _fewest(self, answers: Iterable[Watched]) -> list[Watched]:
        """The first of these that are enough for a figure, or all."""
        found: list[Watched] = []
        left = {True: FEWEST_OF_CLASS, False: FEWEST_OF_CLASS} if self._task is Task.BINARY else {}
        for one in answers:
            if len(found) >= FEWEST and not any(left.values()):
                break
            found.append(one)
            if left:
                left[bool(one.y)] = max(0, left[bool(one.y)] - 1)
        return found

    def _cut(self) -> tuple[list[Watched], list[Watched]]:
        """The answers before the rise of their errors, and those since; at least as many since as a figure needs."""
        answers = [*self._newest]
        n, total = len(answers), sum(one.error for one in answers)
        fewest = len(self._fewest(reversed(answers)))
        best, most = n - fewest, 0.0
        since = sum(one.error for one in answers[best:])
        for at in range(best, max(len(self._fewest(answers)), 1) - 1, -1):
            rise = since - total * (n - at) / n
            gain = rise * rise / (at * (n - at))
            if rise > 0 and gain > most:
                best, most = at, gain
            since += answers[at - 1].error
        return answers[:best], answers[best:]
