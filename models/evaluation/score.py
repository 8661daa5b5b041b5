"""The record of one series of answers: a candidate's, a baseline's, or what the service itself answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from models.answer import Answer
from models.evaluation.alike import counts_alike, counts_pairs, figure_of, figure_of_pairs
from models.evaluation.defined import figure
from models.evaluation.fading import FadingMean
from models.evaluation.interval import wilson
from models.evaluation.metrics import make_metric, wants_probabilities
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.records import Figures
from schemas.status import Figure, WindowFigure

SHOWN: Final = 1_000
SHOWN_COUNTED: Final = 2_000
"""Of a longer window, figures for people read so many of the newest answers, more where they can be counted: who asks
stands in the way of the events, for a few thousandths of a second."""


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
        """Score one answer. Empty answers are passed over."""
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


class Score:
    """Lifetime, sliding-window and faded figures of one series.

    The window's answers are kept and its figures worked out when somebody asks: exact for every metric, and cheaper
    than updating and reverting each metric per event.

    Parameters
    ----------
    shown
        The metrics.
    window_events
        Answers in the sliding window.
    fading_factor
        That of the faded error, in (0, 1].
    """

    def __init__(self, shown: Shown, *, window_events: int, fading_factor: float) -> None:
        self._shown = shown
        self._lifetime = MetricSet(shown)
        self._recent: deque[tuple[Label, Answer]] = deque(maxlen=window_events)
        self._fading = FadingMean(alpha=fading_factor)
        self._numeric = shown.task is Task.REGRESSION

    @classmethod
    def of(cls, gauge: Gauge) -> Score:
        """An empty series as a gauge wants it."""
        evaluation = gauge.evaluation
        return cls(Shown.of(gauge), window_events=evaluation.window_events, fading_factor=evaluation.fading_factor)

    def adopt(self, shown: Shown) -> None:
        """Show further metrics, from here on; over the window they are there at once, as its answers are kept."""
        self._shown = shown
        self._lifetime.adopt(shown)

    def broken(self, labels: int) -> Iterator[str]:
        """What cannot be, in words; ``labels`` have come in all."""
        yield from self._lifetime.broken()
        assert self._recent.maxlen is not None
        if len(self._recent) != min(self.n, self._recent.maxlen):
            yield f"{len(self._recent)} answers are in the window, of {self.n}"
        if self.n > labels:
            yield f"{self.n} answers were scored on {labels} labels"

    def seen(self, name: str) -> int:
        """How many answers a metric's lifetime figure is over: fewer than ``n`` where it is shown only since later."""
        return self._lifetime.seen(name)

    @property
    def n(self) -> int:
        """How many answers were scored."""
        return self._lifetime.n

    @property
    def window_is_full(self) -> bool:
        """Whether the sliding window has all its answers."""
        return len(self._recent) == self._recent.maxlen

    def update(self, y: Label, answer: Answer) -> None:
        """Score one answer. Empty answers are passed over."""
        y_pred = answer.y_pred
        if y_pred is None:
            return
        self._lifetime.update(y, answer)
        self._recent.append((y, answer))
        if self._numeric:
            self._fading.update(abs(y - y_pred))
        else:
            self._fading.update(0.0 if y == y_pred else 1.0)

    def figures(self) -> Figures:
        """The metrics over the series' whole life."""
        return self._lifetime.figures()

    def leading_figure(self) -> float | None:
        """The leading metric over the series' whole life."""
        return self._lifetime.leading()

    def leading_window_figure(self) -> float | None:
        """The leading metric over the newest ``evaluation.window_events`` answers."""
        return figure_of(self._shown.leading, self._shown.task, self._recent)

    def shown(self) -> Figure:
        """The leading metric's name, and its figure over the series' whole life."""
        return Figure(name=self._shown.leading, value=self.leading_figure())

    def shown_window(self) -> WindowFigure:
        """The same over as many of the newest answers as can be looked at in passing."""
        name, task = self._shown.leading, self._shown.task
        answers = self._newest(name)
        return WindowFigure(name=name, value=figure_of(name, task, answers), answers=len(answers))

    def shown_window_figures(self) -> Figures:
        """All metrics so: each over the newest answers that can be looked at in passing."""
        return {name: figure_of(name, self._shown.task, self._newest(name)) for name in self._shown.names}

    def _newest(self, metric: str) -> Collection[tuple[Label, Answer]]:
        most = SHOWN_COUNTED if counts_alike(metric, self._shown.task) else SHOWN
        if len(self._recent) <= most:
            return self._recent
        return [*islice(reversed(self._recent), most)][::-1]

    def window_figures(self) -> Figures:
        """The metrics over the newest ``evaluation.window_events`` answers."""
        window = MetricSet(self._shown)
        for y, answer in self._recent:
            window.update(y, answer)
        return window.figures()

    def faded_error(self) -> float | None:
        """Faded share of wrong answers, or faded absolute error in units of the label."""
        return self._fading.get()


class HeldOutScore:
    """One model's figures in one held-out window, with the interval of its error where answers are right or wrong."""

    def __init__(self, shown: Shown) -> None:
        self._metrics = MetricSet(shown)
        self._numeric = shown.task is Task.REGRESSION
        self._wrong = 0

    def update(self, y: Label, answer: Answer) -> None:
        """Score one answer. Empty answers are passed over."""
        self._metrics.update(y, answer)
        if answer.y_pred is not None and not self._numeric:
            self._wrong += y != answer.y_pred

    def figures(self) -> Figures:
        """The metrics, the number of ``labels`` behind them and, for classes, the error's 95 % interval."""
        figures = self._metrics.figures()
        figures["labels"] = self._metrics.n
        if self._metrics.n and not self._numeric:
            figures["error"] = self._wrong / self._metrics.n
            figures["error_low"], figures["error_high"] = wilson(self._wrong, self._metrics.n)
        return figures
