"""The monitor of the champion's error: its loss goes to the detectors, and each news of an episode becomes an alert."""

from __future__ import annotations

from collections.abc import Iterator

from models.answer import Answer
from models.asked import Asked
from models.drift.detectors import make_detectors
from models.drift.episodes import Episodes
from models.drift.event_order import EventOrder, Late
from models.drift.evidence.expected_share import ExpectedShare, advice_of
from models.drift.grounds import Grounds
from models.drift.metric_fall import Fall, MetricFall
from models.drift.signal import Detector
from models.drift.watch import ErrorWatch, News
from models.judging.judge import DriftLoss, judges_by_log_loss, losses_are_binary
from models.turn import Turn
from schemas.alerts import DriftKind
from schemas.events import Label
from schemas.gauge import Arrival, Gauge, Task
from schemas.records import AlertStatus


class ErrorMonitor:
    """Watches whichever version leads, on labels that are not held out; reports episodes."""

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self._episodes = episodes
        self._loss = DriftLoss(gauge)
        self._history = gauge.drift.history_labels
        self._labels = 0
        self._champion = ""
        self._order = EventOrder() if gauge.label.arrival is Arrival.LATER else None
        self._watch = ErrorWatch(_detectors(gauge), numeric=gauge.task is Task.REGRESSION)
        self._expected = ExpectedShare(log_loss=judges_by_log_loss(gauge))
        self._fall = MetricFall.of(gauge)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        yield from self._watch.broken()
        if (self._watch.open is None) is not (self._episodes.name_of(DriftKind.CONCEPT, None) is None):
            yield "the watch on the error and the episodes differ on whether one is open"

    def adopt(self, gauge: Gauge) -> None:
        """Watch with the detectors and the budget of a changed gauge file."""
        self._loss.adopt(gauge)
        self._history = gauge.drift.history_labels
        self._watch.adopt(_detectors(gauge))
        if self._expected.log_loss is not judges_by_log_loss(gauge):
            self._expected = ExpectedShare(log_loss=judges_by_log_loss(gauge))
        fall = MetricFall.of(gauge)
        if fall is None or self._fall is None or fall.metric != self._fall.metric:
            self._fall = fall

    def event(self, asked: Asked, turn: Turn) -> None:
        """Errors come with the labels; those that wait for an event's may wait no longer."""
        if self._order is not None:
            self._order.asked()
            self._watch_ready(self._order, turn)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> None:
        """Look at the champion's error: at once if the label came with its event, else when it is its turn.

        A label that comes after a promotion may belong to an answer of the champion's predecessor: not its error.
        """
        self._champion = champion
        answer = asked.answers.get(champion)
        if answer is not None and not asked.held_out:
            error = self._loss.error(y, answer)
            if error is not None:
                sureness = self._expected.bin(answer.probabilities, answer.y_pred)
                answered = None if self._fall is None else (y, answer)
                error = float(error)  # of some models a number of NumPy's
                if self._order is None or asked.position == turn.position:
                    self._look(error, sureness, answered, turn)
                else:
                    self._order.take(Late(asked.position, error, sureness, answered))
        if self._order is not None:
            self._watch_ready(self._order, turn)

    def _watch_ready(self, order: EventOrder, turn: Turn) -> None:
        if order:
            for late in order.ready(turn.waits_since):
                self._look(late.error, late.bin, late.answered, turn)

    def _look(self, error: float, sureness: int | None, answered: tuple[Label, Answer] | None, turn: Turn) -> None:
        loss = self._loss.loss(error)
        if sureness is not None:
            self._expected.take(sureness, loss)
        if self._fall is not None and answered is not None:
            self._fall.take(error, *answered)
        self._labels += 1
        news = self._watch.update(loss, error, position=turn.position, may_open=self._may_open)
        turn.warned = self._watch.warned
        if self._watch.alarmed:
            self._loss.restart()
        if news:
            self._report(news, turn)

    def _report(self, news: list[News], turn: Turn) -> None:
        if any(item.status is not AlertStatus.CLOSED for item in news):
            self._expected.alarmed()
        for item in news:
            fall = None if self._fall is None else self._fall.judge(item.status)
            grounds = _grounds(item, self._champion, self._expected.of_alarm, fall)
            self._episodes.report(DriftKind.CONCEPT, None, item.status, grounds, turn)

    @property
    def _may_open(self) -> bool:
        if self._labels <= self._history:
            return False
        return not self._episodes.cooldown or self._episodes.may_open(DriftKind.CONCEPT, None)

    def answering_changed(self) -> None:
        """Another version leads, or decides otherwise: its error has a reference of its own."""
        if self._order is not None:
            self._order.clear()
        self._watch.model_replaced()
        self._expected.model_replaced()
        if self._fall is not None:
            self._fall.model_replaced()
        self._loss.restart()


def _grounds(news: News, champion: str, expected_share: float | None, fall: Fall | None) -> Grounds:
    return Grounds(
        cause=news.cause,
        severity=news.severity if fall is None or fall.severity is None else fall.severity,
        severity_by=None if fall is None else fall.words,
        detector=news.detector,
        statistic=news.statistic,
        threshold=news.threshold,
        version=champion,
        first=news.episode.first,
        loss_before=news.episode.loss_before,
        loss_now=news.loss_now,
        note=news.note,
        expected_share=expected_share,
        advice=advice_of(expected_share),
    )


def _detectors(gauge: Gauge) -> list[Detector]:
    return make_detectors(gauge.drift, binary_losses=losses_are_binary(gauge))
