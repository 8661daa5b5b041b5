"""The record of one series of answers: a candidate's, a baseline's, or what the service itself answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from models.answer import Answer
from models.evaluation.intervals.faded_mean import FadedMean
from models.evaluation.intervals.loss_sums import Kind
from models.evaluation.metrics.alike import counts_alike, figure_of
from models.evaluation.metrics.chosen import Metric, called
from models.evaluation.metrics.metric_set import MetricSet, Shown
from models.evaluation.windowed import windowed
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.records import Figures
from schemas.status import NamedFigure, WindowFigure

SHOWN: Final = 1_000
SHOWN_COUNTED: Final = 2_000
"""Of a longer window, figures for people read so many of the newest answers, more where they can be counted: who asks
stands in the way of the events, for a few thousandths of a second."""


class Series:
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
        self._faded = FadedMean(alpha=fading_factor)

    @classmethod
    def of(cls, gauge: Gauge) -> Series:
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
        """Take in one answer. Empty answers are passed over."""
        if answer[0] is not None:
            self.extend(((y, answer),))

    def extend(self, answered: Sequence[tuple[Label, Answer]]) -> None:
        """Take in labels and the answers given for them, none of them empty, one after the other."""
        self._recent.extend(answered)
        self._faded.extend(self._lifetime.extend(answered))

    def figures(self) -> Figures:
        """The metrics over the series' whole life."""
        return self._lifetime.figures()

    def leading_figure(self) -> float | None:
        """The leading metric over the series' whole life."""
        return self._lifetime.leading()

    def leading_window_figure(self) -> float | None:
        """The leading metric over the newest ``evaluation.window_events`` answers."""
        return figure_of(self._shown.metrics[0], self._shown.task, self._recent)

    def shown(self) -> NamedFigure:
        """The leading metric's name, and its figure over the series' whole life."""
        return NamedFigure(name=self._shown.leading, value=self.leading_figure())

    def shown_window(self) -> WindowFigure:
        """The same over as many of the newest answers as can be looked at in passing."""
        name, task = self._shown.leading, self._shown.task
        answers = self._newest(self._shown.metrics[0])
        return WindowFigure(name=name, value=figure_of(self._shown.metrics[0], task, answers), answers=len(answers))

    @property
    def answers_in_shown_window(self) -> int:
        """How many answers the leading metric is shown over."""
        return len(self._newest(self._shown.metrics[0]))

    def shown_window_figures(self) -> Figures:
        """All metrics so: each over the newest answers that can be looked at in passing."""
        return {
            called(metric): figure_of(metric, self._shown.task, self._newest(metric)) for metric in self._shown.metrics
        }

    def newest(self) -> Collection[tuple[Label, Answer]]:
        """The window's labels and answers, or as many of the newest as can be counted in passing."""
        if len(self._recent) <= SHOWN_COUNTED:
            return self._recent
        return [*islice(reversed(self._recent), SHOWN_COUNTED)][::-1]

    def _newest(self, metric: Metric) -> Collection[tuple[Label, Answer]]:
        most = SHOWN_COUNTED if counts_alike(metric, self._shown.task) else SHOWN
        if len(self._recent) <= most:
            return self._recent
        return [*islice(reversed(self._recent), most)][::-1]

    def window_figures(self) -> Figures:
        """The metrics over the newest ``evaluation.window_events`` answers."""
        return {called(metric): figure_of(metric, self._shown.task, self._recent) for metric in self._shown.metrics}

    def measured(self) -> dict[str, Figure]:
        """The metrics over the series' whole life, each with its interval."""
        return {name: self._lifetime.measured(name) for name in self._shown.names}

    def measured_leading(self) -> Figure:
        """The leading metric over the series' whole life, with its interval."""
        return self._lifetime.measured(self._shown.leading)

    def measured_window(self) -> dict[str, Figure]:
        """The metrics over the newest ``evaluation.window_events`` answers, each with its interval."""
        return {called(metric): windowed(metric, self._shown.task, self._recent) for metric in self._shown.metrics}

    def measured_shown_window(self) -> dict[str, Figure]:
        """All metrics so: each over the newest answers that can be looked at in passing."""
        return {
            called(metric): windowed(metric, self._shown.task, self._newest(metric)) for metric in self._shown.metrics
        }

    def measured_leading_shown_window(self) -> Figure:
        """The leading metric so."""
        return windowed(self._shown.metrics[0], self._shown.task, self._newest(self._shown.metrics[0]))

    def error(self) -> Figure:
        """Share of wrong answers, or mean absolute error in units of the label, over the series' whole life."""
        return self._lifetime.measured_error()

    def measured_faded_error(self) -> Figure:
        """The same, faded; over the whole life where nothing fades."""
        if not self._faded.forgets:
            return self.error()
        kind = Kind.SIZE if self._shown.task is Task.REGRESSION else Kind.RATE
        return self._faded.figure(kind, lag_inflation=self._lifetime.error.lag_inflation)

    def faded_error(self) -> float | None:
        """Faded share of wrong answers, or faded absolute error in units of the label."""
        return self._faded.get()


class HeldOutSeries:
    """One model's figures in one held-out window, with the interval of its error where answers are right or wrong."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._metrics = MetricSet(shown)

    def update(self, y: Label, answer: Answer) -> None:
        """Take in one answer. Empty answers are passed over."""
        self._metrics.update(y, answer)

    def figures(self) -> Figures:
        """The metrics, the number of ``labels`` behind them and, for classes, the error's 95 % interval."""
        figures = self._metrics.figures()
        figures["labels"] = self._metrics.n
        if self._metrics.n and self._shown.task is not Task.REGRESSION:
            error = self._metrics.measured_error()
            figures["error"], figures["error_low"], figures["error_high"] = error.value, error.low, error.high
        return figures

    def measured(self) -> dict[str, Figure]:
        """The metrics and the ``error``, each with its interval."""
        found = {name: self._metrics.measured(name) for name in self._shown.names}
        return {**found, "error": self._metrics.measured_error()}
