"""The metrics that a gauge shows, over the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from models.answer import Answer
from models.evaluation.alike import counts_pairs, figure_of_pairs
from models.evaluation.defined import figure
from models.evaluation.metrics import make_metric, wants_probabilities
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.records import Figures


class Shown(NamedTuple):
    """The metrics that a gauge shows, the leading one first, and the task that they measure."""

    names: tuple[str, ...]
    task: Task

    @classmethod
    def of(cls, gauge: Gauge) -> Shown:
        """Those of a gauge; one that is named twice is shown once."""
        return cls(tuple(dict.fromkeys([gauge.metric, *gauge.evaluation.also])), gauge.task)

    @property
    def leading(self) -> str:
        """The leading metric's name."""
        return self.names[0]

    @property
    def read_probabilities(self) -> bool:
        """Whether any of them reads probabilities."""
        return any(wants_probabilities(name, self.task) for name in self.names)


class MetricSet:
    """Several metrics over the same answers.

    An answer without a prediction is not counted, as in River's ``evaluate.progressive_val_score``. Metrics that see
    only which label met which prediction share one count of these pairs, and are worked out when somebody asks.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._entered: dict[str, tuple[Any, bool]] = {}
        for name in shown.names:
            metric = make_metric(name, shown.task)
            if not counts_pairs(metric):
                self._entered[name] = metric, wants_probabilities(name, shown.task)
        self._counts = len(self._entered) < len(shown.names)
        self._pairs: dict[tuple[Label, Label], int] = {}
        self.n = 0
        self._missed: dict[str, int] = {}
        """Metrics that have not seen every answer, by how many: of a gauge file that was adopted later."""

    def adopt(self, shown: Shown) -> None:
        """Show further metrics. One that can be counted as others are is over all answers; another begins empty."""
        missed = self._missed_pairs()
        for name in shown.names:
            if name in self._shown.names:
                continue
            metric = make_metric(name, shown.task)
            if counts_pairs(metric):
                self._missed[name] = missed
                self._counts = True
            else:
                self._missed[name] = self.n
                self._entered[name] = metric, wants_probabilities(name, shown.task)
        self._shown = shown

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        counted = self.n - self._missed_pairs() if self._counts else 0
        if sum(self._pairs.values()) != counted:
            yield f"{sum(self._pairs.values())} pairs were counted of {counted} answers"

    def seen(self, name: str) -> int:
        """How many answers a metric is over."""
        return self.n - self._missed.get(name, 0)

    def _missed_pairs(self) -> int:
        counted = (self._missed.get(name, 0) for name in self._shown.names if name not in self._entered)
        return min(counted, default=self.n)

    def update(self, y: Label, answer: Answer) -> None:
        """Series one answer. Empty answers are passed over."""
        y_pred, probabilities = answer
        if y_pred is None:
            return
        self.n += 1
        if self._counts:
            pair = (y, y_pred)
            self._pairs[pair] = self._pairs.get(pair, 0) + 1
        if self._entered:
            for name, (metric, reads_probabilities) in self._entered.items():
                if reads_probabilities and probabilities is None:
                    self._missed[name] = self._missed.get(name, 0) + 1
                else:
                    metric.update(y, probabilities if reads_probabilities else y_pred)

    def figures(self) -> Figures:
        """Name to value; ``None`` before the first scored answer, and where the metric is not defined."""
        return {name: self._figure(name) for name in self._shown.names}

    def leading(self) -> float | None:
        """The leading metric's value."""
        return self._figure(self._shown.leading)

    def _figure(self, name: str) -> float | None:
        if not self.seen(name):
            return None
        if name in self._entered:
            return figure(self._entered[name][0])
        return figure_of_pairs(name, self._shown.task, self._pairs)
