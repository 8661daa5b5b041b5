"""The metric now, where labels come later: an estimate of what the newest predictions will turn out to be worth.

Ages are in event time where records have one, else in records: delays of labels are made of hours, not of predictions,
and streams have nights. Event time is read from the records, and never asked of a clock.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from math import inf
from statistics import fmean
from typing import Final

from river.metrics.base import MeanMetric

from models.answer import Answer
from models.asked import Asked
from models.evaluation.intervals.fading import FadingMean
from models.evaluation.late.arrivals import Aged, Ages, Came, Quarter, mean_to_be
from models.evaluation.metrics.chosen import Metric, called, leading_of
from models.evaluation.metrics.forms import RIGHT, form_of, loss_of
from models.evaluation.metrics.metrics import make_metric, wants_probabilities
from models.evaluation.series import SHOWN_COUNTED
from models.evaluation.uncertainty.quantile_tracker import FEWEST as FEWEST_CLOSED
from models.evaluation.uncertainty.quantile_tracker import QuantileTracker
from models.judging.losses import LARGEST_ERROR
from models.turn import Turn
from schemas.evaluated import Figure, MetricNow
from schemas.events import Label
from schemas.gauge import Arrival, Gauge, Task
from schemas.plurals import count

LARGEST_WINDOW: Final = SHOWN_COUNTED
"""Predictions that an estimate is over at most: who asks stands in the way of the events."""
LARGEST_LOSS: Final = LARGEST_ERROR**2
"""Larger losses count as this, so that sums stay finite."""
QUARTERS: Final = 4
AGED: Final = 3 * QUARTERS
"""Quarters after which hardly any label is expected: older predictions tell when labels come."""
KEPT: Final = 8 * QUARTERS
FEWEST_IN_COHORT: Final = 100
FEWEST_IN_WINDOW: Final = 30
ERROR_STEPS: Final = (0.5, 1.0, 2.0)
"""Between kinds of a regression's errors, in usual errors."""
COVER: Final = 0.9
"""The share of estimates whose band is to hold what they turn out to be."""


class LateMetric:
    """A measure: estimates a mean loss over the last W predictions from those that have their label.

    Older predictions (3W to 8W ago) tell how old a prediction is when its label comes, by kind: label, and right or
    wrong; for numbers, label and error above or below what is usual. A labelled prediction of the window then stands
    for those of its kind that still wait. How far off the estimates were when their windows had closed, 3W predictions
    later, makes the band.

    It holds 8W predictions, W being ``evaluation.window_events``, at most 2,000: of the newest 3W a time, an age, a
    kind and a loss, of others an age.

    References
    ----------
    Horvitz, Thompson (1952). A generalization of sampling without replacement from a finite universe. JASA 47.
    Lawless (1994). Adjustments for reporting delays and the prediction of occurred but not reported events. Canadian
    Journal of Statistics 22.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._numeric = gauge.task is Task.REGRESSION
        chosen = _mean_metric(gauge)
        self._name = called(chosen)
        self._metric = make_metric(chosen, gauge.task)
        self._said = int(wants_probabilities(chosen, gauge.task))
        self._counts_wrong = form_of(self._metric) == RIGHT
        self._timed = gauge.record.time is not None
        self._quarter = max(1, min(gauge.evaluation.window_events, LARGEST_WINDOW) // QUARTERS)
        self._window = QUARTERS * self._quarter
        self._records = 0
        self._now = 0.0
        self._n = 0
        self._first = 0
        """The number of the oldest quarter that is held."""
        self._aged: deque[Aged] = deque()
        self._quarters: deque[Quarter] = deque([Quarter()])
        self._pending: dict[int, tuple[int, float]] = {}
        """Position to number and time of predictions without label, in order."""
        self._arrived: deque[float] = deque(maxlen=self._window)
        self._usual_label = FadingMean(alpha=0.999)
        self._usual_error = FadingMean(alpha=0.999)
        self._open: deque[tuple[float | None, float, float | None]] = deque()
        """At the end of each quarter: the estimate then, the figure of the last labels, and the band issued."""
        self._band = QuantileTracker(alpha=1 - COVER, pace=4.0)
        self._closed = 0
        self._off = 0.0
        self._last_off = 0.0

    @classmethod
    def of(cls, gauge: Gauge) -> LateMetric | None:
        """The measure, where labels come later."""
        return cls(gauge) if gauge.label.arrival is Arrival.LATER else None

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """An event was answered; its label is not known yet."""
        if asked.served.y_pred is None:
            return
        if len(self._quarters[-1].came) == self._quarter:
            self._turn_quarter()
        now = self._now = self._clock(turn)
        quarter = self._quarters[-1]
        quarter.began.append(now)
        quarter.came.append(None)
        self._pending[asked.position] = (self._n, now)
        self._n += 1

    def label(self, asked: Asked, y: Label, served: Answer, turn: Turn) -> None:
        """The label of an event has come, in order of arrival; ``served`` is what the service had answered."""
        said = served[self._said]
        if said is None or served.y_pred is None:
            return
        is_wrong = y != served.y_pred
        loss = float(is_wrong) if self._counts_wrong else min(loss_of(self._metric, y, said), LARGEST_LOSS)
        self._arrived.append(loss)
        # A label's own time may be its event's; then the newest event tells better what time it is.
        now = self._clock(turn)
        if now > self._now:
            self._now = now
        kind = self._numeric_kind(y, abs(y - served.y_pred)) if self._numeric else 2 * int(y) + is_wrong
        waited = self._pending.pop(asked.position, None)
        if waited is None:
            return
        number, began = waited
        came = (self._now - began, kind, loss)
        quarter, place = divmod(number, self._quarter)
        held = quarter - self._first - len(self._aged)
        if held >= 0:
            self._quarters[held].came[place] = came
        else:
            self._aged[held].add(came)

    def adopt(self, gauge: Gauge) -> None:
        """Nothing that it depends on can change."""

    def figures(self) -> MetricNow:
        """The estimate, and what stands beside it."""
        window = self._newest()
        labels = sum(came is not None for _, came in window)
        return MetricNow(
            metric=self._name,
            estimate=self._banded(self._estimated(window, labels)),
            last_labelled=Figure(
                value=self._shown(fmean(self._arrived)) if self._arrived else None, n=len(self._arrived)
            ),
            predictions=len(window),
            pending=1.0 - labels / len(window) if window else 0.0,
            closed=self._closed,
            off_by=self._off / self._closed if self._closed else None,
            last_labelled_off_by=self._last_off / self._closed if self._closed else None,
        )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        held = sum(aged.size for aged in self._aged) + sum(len(quarter.came) for quarter in self._quarters)
        if self._first * self._quarter + held != self._n:
            yield f"{held} of {self._n} predictions are held from quarter {self._first} on"
        labels = sum(aged.labels for aged in self._aged)
        labels += sum(len(quarter.came) - quarter.came.count(None) for quarter in self._quarters)
        if labels + len(self._pending) > held:
            yield f"{labels} labels and {len(self._pending)} waiting predictions are held of {held} predictions"

    def _clock(self, turn: Turn) -> float:
        if not self._timed:  # positions have gaps
            self._records += 1
            return float(self._records)
        return self._now if turn.time is None else turn.time.timestamp()

    def _numeric_kind(self, y: float, error: float) -> int:
        error = min(error, LARGEST_ERROR)
        label, usual = self._usual_label.get(), self._usual_error.get()
        self._usual_label.update(y)
        self._usual_error.update(error)
        if label is None or usual is None:
            return 0
        return (len(ERROR_STEPS) + 1) * (y > label) + bisect_left(ERROR_STEPS, error / usual if usual else 0.0)

    def _newest(self) -> list[tuple[float, Came | None]]:
        recent = list(self._quarters)[-QUARTERS - 1 :]
        held = [pair for quarter in recent for pair in zip(quarter.began, quarter.came, strict=True)]
        return held[-self._window :]

    def _estimated(self, window: list[tuple[float, Came | None]], labels: int) -> Figure:
        """What the window's metric will turn out to be, without a band."""
        ages = Ages(self._aged)
        missing = None
        if ages.labels < FEWEST_IN_COHORT:
            old = AGED * self._quarter
            missing = f"{count(FEWEST_IN_COHORT - ages.labels, 'more label')} of predictions with {old:,} newer ones"
        elif labels < FEWEST_IN_WINDOW:
            missing = f"{count(FEWEST_IN_WINDOW - labels, 'more label')} of the newest {self._window:,} predictions"
        if missing is not None:
            return Figure(value=None, n=labels, missing=missing)
        return Figure(value=self._shown(mean_to_be(window, ages, self._now, fmean(self._arrived))), n=labels)

    def _banded(self, estimated: Figure) -> Figure:
        value, half = estimated.value, self._band.q
        if value is None:
            return estimated
        if half is None:
            return replace(estimated, missing=count(FEWEST_CLOSED - self._band.n, "more closed window"))
        highest = 1.0 if self._counts_wrong else inf
        return replace(estimated, low=max(0.0, value - half), high=min(highest, value + half))

    def _shown(self, mean: float) -> float:
        form = form_of(self._metric)
        assert form is not None
        return form.of(mean)

    def _turn_quarter(self) -> None:
        quarters, aged = self._quarters, self._aged
        while len(quarters) > AGED:
            aged.append(Aged(quarters.popleft()))
        if len(quarters) + len(aged) > KEPT:
            aged.popleft()
            self._first += 1
            self._forget(self._first * self._quarter)
        window = self._newest()
        estimated = self._estimated(window, sum(came is not None for _, came in window))
        last = self._shown(fmean(self._arrived)) if self._arrived else 0.0
        self._open.append((estimated.value, last, self._band.q))
        if len(self._open) > AGED:
            self._close(*self._open.popleft())
        quarters.append(Quarter())

    def _forget(self, before: int) -> None:
        gone = []
        for position, (number, _) in self._pending.items():
            if number >= before:
                break
            gone.append(position)
        for position in gone:
            del self._pending[position]

    def _close(self, estimated: float | None, last: float, issued: float | None) -> None:
        closed = list(self._aged)[-QUARTERS:]
        labels = sum(aged.labels for aged in closed)
        if estimated is None or not labels:
            return
        turned_out = self._shown(sum(aged.loss for aged in closed) / labels)
        off = abs(estimated - turned_out)
        self._closed += 1
        self._off += off
        self._last_off += abs(last - turned_out)
        self._band.update(off, issued, AGED)


def _mean_metric(gauge: Gauge) -> Metric:
    """The leading metric if it is made of a mean of losses, each of one answer; else what is read in its place."""
    leading = leading_of(gauge)
    metric = make_metric(leading, gauge.task)
    if form_of(metric) is not None and (form_of(metric) == RIGHT or type(metric).update is MeanMetric.update):
        return leading
    return "MAE" if gauge.task is Task.REGRESSION else "Accuracy"
