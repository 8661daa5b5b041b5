"""Watching the champion's error: detectors, and the episodes their alarms become.

Detectors take losses in [0, 1]; episodes compare *errors*. For classes both are the same. For numbers the error is in
the label's units, and the scale that makes a loss of it starts anew at an alarm: in losses, a model that stays ten
times worse looks recovered at once.

An alarm opens an episode; further alarms update it. It closes as *recovered* when the loss is back where it was before
the alarm, or as *settled* when no detector has alarmed for `SETTLED_LABELS` labels: the new level is then normal.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Final, NamedTuple

from models.drift.reference import ErrorReference
from models.drift.signal import QUIET, Detector, Signal
from models.evaluation.intervals.fading import FadingMean
from models.judging.severity import severity
from schemas.alerts import Severity
from schemas.records import AlertStatus

RECOVERY_LABELS: Final = 50
"""Labels after an alarm, or after a new champion, before an episode may close; the newest loss is faded to as many."""

SETTLED_LABELS: Final = 2_000


class Episode:
    """One drift, from its alarm to its close."""

    def __init__(self, *, first: int, loss_before: float, tolerance: float) -> None:
        self.first = first
        self.loss_before = loss_before
        self._normal = loss_before + tolerance
        self.labels_since_alarm = 0
        self.labels_since_change = 0
        self._loss = FadingMean(alpha=1 - 1 / RECOVERY_LABELS)

    def update(self, error: float) -> None:
        """Take in the champion's newest error."""
        self.labels_since_alarm += 1
        self.labels_since_change += 1
        self._loss.update(error)

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
        """Whether the newest error is within one standard error of what it was before the alarm."""
        loss = self._loss.get()
        return loss is not None and self.labels_since_change >= RECOVERY_LABELS and loss <= self._normal

    @property
    def is_settled(self) -> bool:
        """Whether the detectors have been quiet long enough."""
        return self.labels_since_alarm >= SETTLED_LABELS


class News(NamedTuple):
    """What the newest loss changed about the episodes."""

    status: AlertStatus
    cause: str
    severity: Severity
    episode: Episode
    detector: str
    statistic: float
    threshold: float
    loss_now: float
    note: str | None


class ErrorWatch:
    """All detectors on the champion's loss, with at most one open episode. Held-out events never come here.

    Parameters
    ----------
    detectors
        The first one's figures are shown when an episode closes.
    numeric
        Whether errors are in the label's units: of any size, and judged by ratio.
    """

    def __init__(self, detectors: list[Detector], *, numeric: bool = False) -> None:
        self._detectors = detectors
        self._references = [ErrorReference() for _ in detectors] if numeric else None
        self._recent = FadingMean(alpha=0.9)
        self._first: int | None = None
        self.open: Episode | None = None
        self.alarmed = False
        """Whether the newest loss was an alarm: its detector has a new reference, whatever becomes of it."""
        self.warned = False
        """Whether the newest loss brought the first detector to a warning at least: a tenth of its threshold."""

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if self._references is not None and len(self._references) != len(self._detectors):
            yield f"{len(self._detectors)} detectors have {len(self._references)} references"

    def adopt(self, detectors: list[Detector]) -> None:
        """Watch with these detectors from here on. One that is here already keeps what it has seen."""
        left = [*range(len(self._detectors))]
        sources: list[int | None] = []
        for wanted in detectors:
            source = next((n for n in left if self._detectors[n].continue_as(wanted)), None)
            sources.append(source)
            if source is not None:
                left.remove(source)
        before, references = self._detectors, self._references
        self._detectors = [new if n is None else before[n] for new, n in zip(detectors, sources, strict=True)]
        if references is not None:
            self._references = [ErrorReference() if n is None else references[n] for n in sources]

    def update(self, loss: float, error: float, *, position: int, may_open: bool = True) -> list[News]:
        """Take in the champion's loss, and the error it was made of, on the label at ``position``.

        An alarm that may not open an episode is forgotten: its detector has a new reference.
        """
        if not self._detectors:
            return []
        if self._first is None:
            self._first = position
        alarmed, self.warned = [], False
        for n, detector in enumerate(self._detectors):
            signal = detector.update(loss)
            if signal is not QUIET:
                if n == 0:
                    self.warned = True
                if signal is Signal.DRIFT:
                    alarmed.append(n)  # a comprehension would be a call on every event
        self.alarmed = bool(alarmed)
        self._recent.update(error)
        if self.open is not None:
            self.open.update(error)
        news = [self._alarm(n, position) for n in alarmed] if alarmed and (may_open or self.open is not None) else []
        if self._references is not None:
            for n, (reference, detector) in enumerate(zip(self._references, self._detectors, strict=True)):
                reference.follow(detector, error, alarmed=n in alarmed)
        return news if news or self.open is None else self._close()

    def model_replaced(self) -> None:
        """The champion is another model: its error has a reference of its own."""
        for detector in self._detectors:
            detector.reset()
        for reference in self._references or ():
            reference.reset()
        self._recent = FadingMean(alpha=0.9)
        self._first = None
        if self.open is not None:
            self.open.model_replaced()

    def _alarm(self, n: int, position: int) -> News:
        detector = self._detectors[n]
        if self.open is None:
            first = position if self._first is None else self._first
            before, tolerance = self._normal(n)
            self.open = Episode(first=first, loss_before=before, tolerance=tolerance)
            self._first = None
            return self._news(AlertStatus.OPENED, "the error rose", self.open, detector)
        self.open.alarmed_again()
        return self._news(AlertStatus.UPDATED, "the error rose again", self.open, detector)

    def _normal(self, n: int) -> tuple[float, float]:
        # The mean error of the reference that the alarm ended, and one standard error of RECOVERY_LABELS errors.
        if self._references is not None:
            before = self._references[n].mean
            return before, before / sqrt(RECOVERY_LABELS)  # errors scatter by about their mean
        before = self._detectors[n].alarmed_mean or 0.0
        return before, sqrt(before * (1 - before) / RECOVERY_LABELS)

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
        if loss_now is None:
            loss_now = episode.loss_before
        return News(
            status=status,
            cause=cause,
            episode=episode,
            detector=detector.name,
            statistic=detector.statistic,
            threshold=detector.threshold,
            loss_now=loss_now,
            note=detector.note,
            severity=severity(episode.loss_before, loss_now, numeric=self._references is not None),
        )
