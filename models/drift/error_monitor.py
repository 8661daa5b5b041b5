"""The monitor of the champion's error: its loss goes to the detectors, and each news of an episode becomes an alert."""

from __future__ import annotations

from collections.abc import Iterator

from models.asked import Asked
from models.drift.detectors import make_detectors
from models.drift.episodes import Episodes
from models.drift.evidence.expected_share import ExpectedShare, advice_of
from models.drift.grounds import Grounds
from models.drift.signal import Detector
from models.drift.watch import ErrorWatch, News
from models.judge import DriftLoss, judges_by_log_loss, losses_are_binary
from models.turn import Turn
from schemas.alerts import DriftKind
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.records import AlertStatus


class ErrorMonitor:
    """Watches whichever version leads, on labels that are not held out; reports episodes."""

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self._episodes = episodes
        self._loss = DriftLoss(gauge)
        self._watch = ErrorWatch(_detectors(gauge), numeric=gauge.task is Task.REGRESSION)
        self._expected = ExpectedShare(log_loss=judges_by_log_loss(gauge))

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        yield from self._watch.broken()
        if (self._watch.open is None) is not (self._episodes.name_of(DriftKind.CONCEPT, None) is None):
            yield "the watch on the error and the episodes differ on whether one is open"

    def adopt(self, gauge: Gauge) -> None:
        """Watch with the detectors and the budget of a changed gauge file."""
        self._loss.adopt(gauge)
        self._watch.adopt(_detectors(gauge))
        if self._expected.log_loss is not judges_by_log_loss(gauge):
            self._expected = ExpectedShare(log_loss=judges_by_log_loss(gauge))

    def event(self, asked: Asked, turn: Turn) -> None:
        """Errors come with the labels."""

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> None:
        """Look at the champion's error.

        A label that comes after a promotion may belong to an answer of the champion's predecessor: not its error.
        """
        answer = asked.answers.get(champion)
        if answer is None or asked.held_out:
            return
        watched = self._loss.of(y, answer)
        if watched is None:
            return
        loss, error = watched
        self._expected.update(answer.probabilities, answer.y_pred, loss)
        cools = self._episodes.cooldown and not self._episodes.may_open(DriftKind.CONCEPT, None)
        news = self._watch.update(loss, error, position=turn.position, may_open=not cools)
        turn.warned = self._watch.warns
        if not news:
            return
        if any(item.status is not AlertStatus.CLOSED for item in news):
            self._expected.alarmed()
        for item in news:
            grounds = _grounds(item, champion, self._expected.of_alarm)
            self._episodes.report(DriftKind.CONCEPT, None, item.status, grounds, turn)
        if any(item.status is not AlertStatus.CLOSED for item in news):
            self._loss.restart()

    def answering_changed(self) -> None:
        """Another version leads, or decides otherwise: its error has a reference of its own."""
        self._watch.model_replaced()
        self._expected.model_replaced()
        self._loss.restart()


def _grounds(news: News, champion: str, expected_share: float | None) -> Grounds:
    return Grounds(
        cause=news.cause,
        severity=news.severity,
        detector=news.detector,
        statistic=news.statistic,
        threshold=news.threshold,
        version=champion,
        first=news.episode.first,
        loss_before=news.episode.loss_before,
        loss_now=news.loss_now,
        note=f"{news.detector} keeps no budget" if news.detector.startswith("drift.") else None,
        expected_share=expected_share,
        advice=advice_of(expected_share),
    )


def _detectors(gauge: Gauge) -> list[Detector]:
    return make_detectors(gauge.drift, binary_losses=losses_are_binary(gauge))
