"""The metrics that a gauge shows, over the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from models.answer import Answer
from models.evaluation.intervals.block_counts import BlockCounts
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.loss_sums import Kind
from models.evaluation.metrics.alike import counts_pairs, figure_of_pairs
from models.evaluation.metrics.chosen import Metric, called, metrics_of
from models.evaluation.metrics.counted import Seen, bin_of, counted_figure, seen_by
from models.evaluation.metrics.defined import figure
from models.evaluation.metrics.forms import NO_INTERVAL, Losses, form_of, is_the_error
from models.evaluation.metrics.metrics import make_metric, wants_probabilities
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.plurals import count
from schemas.records import Figures


class Shown(NamedTuple):
    """The metrics that a gauge shows, the leading one first, and the task that they measure."""

    metrics: tuple[Metric, ...]
    task: Task

    @classmethod
    def of(cls, gauge: Gauge) -> Shown:
        """Those of a gauge; one that is named twice is shown once."""
        return cls(metrics_of(gauge), gauge.task)

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(map(called, self.metrics))

    def metric(self, name: str) -> Metric:
        """The metric that is called so."""
        return next(metric for metric in self.metrics if called(metric) == name)

    @property
    def leading(self) -> str:
        """The leading metric's name."""
        return called(self.metrics[0])

    @property
    def read_probabilities(self) -> bool:
        """Whether any of them reads probabilities."""
        return any(wants_probabilities(metric, self.task) for metric in self.metrics)


class MetricSet:
    """Several metrics over the same answers, each with what its interval is worked out from.

    An answer without a prediction is not counted, as in River's ``evaluate.progressive_val_score``. Metrics that see
    only which label met which prediction share one count of these pairs, and are worked out when somebody asks.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._numeric = shown.task is Task.REGRESSION
        self.error = DependentMean()
        """Whether each answer was wrong; of a regression its absolute error, in the label's units."""
        self._entered: dict[str, tuple[Any, bool]] = {}
        self._losses: dict[str, Losses] = {}
        self._pairs = BlockCounts()
        self._counts = False
        self._scores: BlockCounts | None = None
        self._missed: dict[str, int] = {}
        """Metrics that have not seen every answer, by how many: of a gauge file that was adopted later."""
        for chosen in shown.metrics:
            self._show(chosen)

    def _show(self, chosen: Metric) -> None:
        name, task = called(chosen), self._shown.task
        metric = make_metric(chosen, task)
        if counts_pairs(metric):
            self._counts = True
            return
        self._entered[name] = metric, wants_probabilities(chosen, task)
        if form_of(metric) is not None and not is_the_error(metric):
            self._losses[name] = Losses(metric)
        if seen_by(metric) is Seen.SCORE and self._scores is None:
            self._scores = BlockCounts()

    def adopt(self, shown: Shown) -> None:
        """Show further metrics. One that can be counted as others are is over all answers; another begins empty."""
        missed, former = self._missed_pairs(), self._shown.names
        self._shown = shown
        for chosen in shown.metrics:
            if (name := called(chosen)) not in former:
                self._show(chosen)
                self._missed[name] = self.n if name in self._entered else missed

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        counted = self.n - self._missed_pairs() if self._counts else 0
        if not self._pairs.n == self._pairs.counted == counted:
            yield f"{self._pairs.counted} pairs were counted of {counted} answers"

    @property
    def n(self) -> int:
        """How many answers were scored."""
        return self.error.n

    def seen(self, name: str) -> int:
        """How many answers a metric is over."""
        return self.n - self._missed.get(name, 0)

    def _missed_pairs(self) -> int:
        counted = (self._missed.get(name, 0) for name in self._shown.names if name not in self._entered)
        return min(counted, default=self.n)

    def extend(self, answered: Sequence[tuple[Label, Answer]]) -> list[float]:
        """Take in labels and the answers given for them, none of them empty, one after the other; their errors."""
        if self._numeric:
            errors = [abs(y - answer[0]) for y, answer in answered]  # type: ignore[operator]
        else:
            errors = [0.0 if y == answer[0] else 1.0 for y, answer in answered]
        self.error.extend(errors)
        if self._counts:
            self._pairs.extend([(y, answer[0]) for y, answer in answered])
        if self._entered:
            for y, answer in answered:
                self._enter(y, answer)
        return errors

    def update(self, y: Label, answer: Answer) -> None:
        """Take in one answer. Empty answers are passed over."""
        if answer[0] is not None:
            self.extend(((y, answer),))

    def _enter(self, y: Label, answer: Answer) -> None:
        y_pred, probabilities = answer[:2]
        for name, (metric, reads_probabilities) in self._entered.items():
            if reads_probabilities and probabilities is None:
                self._missed[name] = self._missed.get(name, 0) + 1
                continue
            said = probabilities if reads_probabilities else y_pred
            if name in self._losses:
                self._losses[name].update(y, said)
            else:
                metric.update(y, said)
        if self._scores is not None and probabilities is not None:
            self._scores.add(y, bin_of(answer))

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
        return figure_of_pairs(self._shown.metric(name), self._shown.task, self._pairs.total())

    def measured(self, name: str, *, any_time: bool = False) -> Figure:
        """A metric with its interval, which holds for one look unless ``any_time``."""
        value, n = self._figure(name), self.seen(name)
        chosen = self._shown.metric(name)
        metric = self._entered[name][0] if name in self._entered else make_metric(chosen, self._shown.task)
        form = form_of(metric)
        if form is not None:
            losses = self._losses[name].mean if name in self._losses else self.error
            if losses.n != n:
                return Figure(value=value, n=n, missing=f"the {count(losses.n - n, 'answer')} before it was added")
            return form.figure(losses.sums.figure(form.kind, any_time=any_time), value)
        seen = seen_by(metric)
        counts = self._pairs if seen is Seen.LABEL else self._scores
        if seen is None or counts is None:
            return Figure(value=value, n=n, missing=NO_INTERVAL)
        return counted_figure(chosen, self._shown.task, counts, value=value, errors=self.error.sums, any_time=any_time)

    def measured_error(self) -> Figure:
        """The share of wrong answers, or the mean absolute error in units of the label."""
        return self.error.sums.figure(Kind.SIZE if self._numeric else Kind.RATE)
