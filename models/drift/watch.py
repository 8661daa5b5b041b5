"""Watching the champion's error: detectors, and the episodes their alarms become.

An alarm opens an episode; further alarms update it. It closes as *recovered* when the loss is back where it was before
the alarm, or as *settled* when no detector has alarmed for `SETTLED_LABELS` labels: the new level is then normal.
"""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

from models.drift.signal import Detector, Signal
from models.evaluation.fading import FadingMean
from schemas.records import AlertStatus

RECOVERY_LABELS: Final = 50
"""Labels after an alarm, or after a new champion, before an episode may close; the newest loss is faded to as many."""

SETTLED_LABELS: Final = 2_000


class Episode:
    """One drift, from its alarm to its close."""

    def __init__(self, *, number: int, first: int, loss_before: float) -> None:
        self.number = number
        self.first = first
        self.loss_before = loss_before
        self.labels_since_alarm = 0
        self.labels_since_change = 0
        self._loss = FadingMean(alpha=1 - 1 / RECOVERY_LABELS)

    def update(self, loss: float) -> None:
        """Take in the champion's newest loss."""
        self.labels_since_alarm += 1
        self.labels_since_change += 1
        self._loss.update(loss)

    def model_replaced(self) -> None:
        """The new champion is measured from here."""
        self.labels_since_change = 0
        self._loss = FadingMean(alpha=1 - 1 / RECOVERY_LABELS)

    def alarmed_again(self) -> None:
        """The world is still moving: start counting anew."""
        self.labels_since_alarm = 0
        self.model_replaced()

    @property
    def is_recovered(self) -> bool:
        """Whether the newest loss is within one standard error of what it was before the alarm."""
        loss = self._loss.get()
        if loss is None or self.labels_since_change < RECOVERY_LABELS:
            return False
        before = self.loss_before
        return loss <= before + sqrt(before * (1 - before) / RECOVERY_LABELS)

    @property
    def is_settled(self) -> bool:
        """Whether the detectors have been quiet long enough."""
        return self.labels_since_alarm >= SETTLED_LABELS


class News(NamedTuple):
    """What the newest loss changed about the episodes."""

    status: AlertStatus
    cause: str
    episode: Episode
    detector: str
    statistic: float
    threshold: float
    loss_now: float


class ErrorWatch:
    """All detectors on the champion's loss, with at most one open episode.

    Losses are in [0, 1]; held-out events never come here.
    """

    def __init__(self, detectors: list[Detector]) -> None:
        self._detectors = detectors
        self._recent = FadingMean(alpha=0.9)
        self._first: int | None = None
        self.episodes = 0
        self.open: Episode | None = None

    def update(self, loss: float, *, position: int) -> list[News]:
        """Take in the champion's loss on the label at ``position``."""
        if not self._detectors:
            return []
        if self._first is None:
            self._first = position
        self._recent.update(loss)
        alarmed = [detector for detector in self._detectors if detector.update(loss) is Signal.DRIFT]
        if self.open is not None:
            self.open.update(loss)
        if alarmed:
            return [self._alarm(detector, position) for detector in alarmed]
        return [] if self.open is None else self._close()

    def model_replaced(self) -> None:
        """The champion is another model: its error has a reference of its own."""
        for detector in self._detectors:
            detector.reset()
        self._recent = FadingMean(alpha=0.9)
        self._first = None
        if self.open is not None:
            self.open.model_replaced()

    def _alarm(self, detector: Detector, position: int) -> News:
        if self.open is None:
            self.episodes += 1
            first = position if self._first is None else self._first
            self.open = Episode(number=self.episodes, first=first, loss_before=detector.alarmed_mean or 0.0)
            self._first = None
            return self._news(AlertStatus.OPENED, "the error rose", self.open, detector)
        self.open.alarmed_again()
        return self._news(AlertStatus.UPDATED, "the error rose again", self.open, detector)

    def _close(self) -> list[News]:
        episode = self.open
        assert episode is not None
        if episode.is_recovered:
            cause = "the error is back where it was"
        elif episode.is_settled:
            cause = "the error stays at its new level"
        else:
            return []
        self.open = None
        return [self._news(AlertStatus.CLOSED, cause, episode, self._detectors[0])]

    def _news(self, status: AlertStatus, cause: str, episode: Episode, detector: Detector) -> News:
        loss_now = self._recent.get()
        return News(
            status=status,
            cause=cause,
            episode=episode,
            detector=detector.name,
            statistic=detector.statistic,
            threshold=detector.threshold,
            loss_now=episode.loss_before if loss_now is None else loss_now,
        )
