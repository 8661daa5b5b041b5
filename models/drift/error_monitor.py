"""The monitor of the champion's error: its loss goes to the detectors, and each news of an episode becomes an alert."""

from __future__ import annotations

from collections.abc import Iterator

from models.asked import Asked
from models.counts import Counts
from models.drift.detectors import make_detectors
from models.drift.finding import Finding
from models.drift.signal import Detector
from models.drift.watch import ErrorWatch, News
from models.judge import DriftLoss, losses_are_binary
from models.names import Names
from models.turn import Turn
from schemas.alerts import DriftKind
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.records import AlertStatus, DriftAlert


class ErrorMonitor:
    """Watches whichever version leads, on labels that are not held out; emits alerts."""

    def __init__(self, gauge: Gauge, names: Names, counts: Counts) -> None:
        self._names = names
        self.counts = counts
        self._loss = DriftLoss(gauge)
        self._watch = ErrorWatch(_detectors(gauge), numeric=gauge.task is Task.REGRESSION)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        yield from self._watch.broken()

    def adopt(self, gauge: Gauge) -> None:
        """Watch with the detectors and the budget of a changed gauge file."""
        self._loss.adopt(gauge)
        self._watch.adopt(_detectors(gauge))

    @property
    def opened(self) -> int:
        """How many episodes were opened."""
        return self._watch.episodes

    @property
    def drifting(self) -> bool:
        """Whether an episode is open."""
        return self._watch.open is not None

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
        news = self._watch.update(loss, error, position=turn.position)
        if not news:
            return
        for item in news:
            turn.emit(self._alert(item, champion, turn))
            turn.findings.append(Finding(DriftKind.CONCEPT, None, item.status, item.severity))
        if any(item.status is not AlertStatus.CLOSED for item in news):
            self._loss.restart()

    def answering_changed(self) -> None:
        """Another version leads, or decides otherwise: its error has a reference of its own."""
        self._watch.model_replaced()
        self._loss.restart()

    def _alert(self, news: News, champion: str, turn: Turn) -> DriftAlert:
        episode = news.episode
        return DriftAlert(
            position=turn.position,
            time=turn.time,
            episode=self._names.of(episode.number),
            status=news.status,
            cause=news.cause,
            severity=news.severity,
            drift=DriftKind.CONCEPT,
            detector=news.detector,
            statistic=news.statistic,
            threshold=news.threshold,
            loss_before=episode.loss_before,
            loss_now=news.loss_now,
            version=champion,
            first=episode.first,
            last=turn.position,
            labels=self.counts.labels,
            coverage=self.counts.coverage,
        )


def _detectors(gauge: Gauge) -> list[Detector]:
    return make_detectors(gauge.drift, binary_losses=losses_are_binary(gauge))
