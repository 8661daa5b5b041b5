"""The core: one partition's learner, a deterministic fold of its log.

Rules: state changes only in `Learner.handle`, from its arguments alone; the effects it returns are all it does.
Everything that can be wrong with a record is decided before the first change. What it must hold to at every cut of
the log is tested as laws in ``tests/models/test_laws.py``.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from models.drift.monitors import make_detectors
from models.drift.watch import ErrorWatch, News
from models.evaluation.board import Asked, Board
from models.evaluation.holdout import HeldOutShare, HeldOutWindow
from models.evaluation.score import Score
from models.judge import DriftLoss, losses_are_binary
from models.labels import EARLY_BYTES, EarlyLabel, EarlyLabels, WaitingRoom
from models.rendering import Rendering
from models.retraining.outage import Outages
from models.retraining.panel import At, Panel
from models.retraining.triggers import Trigger, Triggers
from models.vocabulary import Vocabulary
from schemas.events import (
    EventReceived,
    Features,
    Input,
    Label,
    LabelledEvent,
    LabelReceived,
    Reason,
    Rejected,
)
from schemas.gauge import Arrival, Gauge, Task
from schemas.records import AlertStatus, DeadLetter, DriftAlert, Effect, Prediction, VersionStep, WindowReport

_WINDOW_LOOKS = 10
"""A metric over the sliding window is looked at so many times per window's length."""


class Learner:
    """Scores, evaluates, learns, watches and retrains on one partition's log.

    Parameters
    ----------
    gauge
        The gauge file.
    partition
        The input partition; part of version names (``2-7``).
    epoch
        How often the gauge was started over; from 1 on part of version names too (``2.1-7``).
    libraries
        Name to version of what the models run on; goes into version events.
    stopwatch
        For offline runs only: seconds, to add up each candidate's time. It changes no effect.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        partition: int = 0,
        epoch: int = 0,
        libraries: dict[str, str] | None = None,
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        self.gauge = gauge
        self.place = _place(partition, epoch)
        self.next_offset = 0
        self.counts: Counter[str] = Counter()
        self.dead_letters: Counter[Reason] = Counter()
        self.board = Board(gauge)
        self.panel = Panel(gauge, board=self.board, place=self.place, libraries=libraries or {}, stopwatch=stopwatch)
        self._clock = 0
        self._labels_come_later = gauge.label.arrival is Arrival.LATER
        self._share = HeldOutShare(gauge.name, gauge.evaluation.holdout)
        self._vocabulary = Vocabulary(gauge)
        self._rendering = Rendering(gauge)
        self._drift_loss = DriftLoss(gauge)
        self._watch = ErrorWatch(_detectors(gauge), numeric=gauge.task is Task.REGRESSION)
        self._outages = Outages()
        self._triggers = Triggers(gauge.retraining)
        self._pending: WaitingRoom[Asked] = WaitingRoom(gauge.label.horizon_events)
        self._early = EarlyLabels(gauge.label.early_horizon_events)
        keeps = gauge.retraining.recent_labels if gauge.retraining.start == "recent" else 0
        self._recent: deque[tuple[Features, Label, int]] = deque(maxlen=keeps)

    def inherit(self, saved: Learner) -> None:
        """Begin with the models of a saved learner of the same gauge, which must not be used afterwards.

        Metrics, detectors and windows begin anew: they are about this log.
        """
        if self.next_offset or not saved.next_offset:
            raise ValueError(
                f"a learner at 0 inherits from one that has begun, got {self.next_offset}, {saved.next_offset}"
            )
        self.panel.inherit(saved.panel)
        self._vocabulary = saved._vocabulary

    def rename(self, partition: int, epoch: int) -> None:
        """Go on as another epoch: versions and episodes made from now on carry it in their names."""
        self.place = _place(partition, epoch)
        self.panel.rename(self.place)

    def handle(self, event: Input, position: int) -> list[Effect]:
        """Fold one input into the state; what follows from it, in order.

        A position below ``next_offset`` was seen before: nothing happens. Positions increase, with gaps allowed.
        """
        if position < self.next_offset:
            return []
        effects: list[Effect] = []
        at = At(position, None if isinstance(event, Rejected) else event.time)
        if not self.next_offset:
            effects += self.panel.open(at)
        champion = self.panel.champion
        if isinstance(event, (LabelledEvent, EventReceived)):
            self._event(event, at, effects)
        elif isinstance(event, LabelReceived):
            self._label_received(event, at, effects)
        else:
            self.counts["events"] += not event.of_label
            self._refuse(event.reason, event.detail, event, at.position, at, effects)
        if self._labels_come_later:
            self._expire(at, effects)
        if self.panel.champion is not champion:
            self._watch.model_replaced()
            self._drift_loss.restart()
            self._look_for_outage(at, effects)
        self.next_offset = position + 1
        return effects

    # -- events -------------------------------------------------------------------------------------------------------

    def _event(self, event: LabelledEvent | EventReceived, at: At, effects: list[Effect]) -> None:
        self.counts["events"] += 1
        event_id = str(at.position) if event.id is None else event.id
        if self._labels_come_later and event_id in self._pending:
            detail = (
                f"an event with id '{event_id}' is still waiting for its label; an id may come again when the label "
                "has come, or after label.horizon_events records"
            )
            self._refuse(Reason.DUPLICATE_ID, detail, event, at.position, at, effects)
            return
        self._clock += 1
        asked = self._ask(event_id, event, at, effects)
        if isinstance(event, LabelledEvent):
            self._label(asked, event.y, at, effects)
        elif self._labels_come_later:
            early = self._early.take(event_id)
            if early is not None:
                self._label(asked, early.label.y, at, effects)
            else:
                self._pending.put(event_id, asked, clock=self._clock)

    def _ask(self, event_id: str, event: LabelledEvent | EventReceived, at: At, effects: list[Effect]) -> Asked:
        held_out = self._share.has(event_id)
        x = self._vocabulary.encode(event.x, learn=not held_out)
        answers, failures = self.panel.ask(x, at)
        effects += failures
        lineup = self.panel.lineup
        y_pred, probabilities = self._rendering.render(answers[lineup.champion])
        self.counts["predictions"] += 1
        effects.append(
            Prediction(at.position, event_id, event.time, event.key, y_pred, probabilities, lineup.champion, held_out)
        )
        return Asked(at.position, x, answers, self.board.ask(), lineup, held_out)

    # -- labels -------------------------------------------------------------------------------------------------------

    def _label_received(self, label: LabelReceived, at: At, effects: list[Effect]) -> None:
        if label.id in self._early:
            detail = f"a label for id '{label.id}' is already waiting for its event"
            self._refuse(Reason.DUPLICATE_LABEL, detail, label, at.position, at, effects)
            return
        self._clock += 1
        asked = self._pending.take(label.id)
        if asked is not None:
            self._label(asked, label.y, at, effects)
        else:
            self._early.put(label.id, EarlyLabel(at.position, label), clock=self._clock)
            for early in self._early.crowded_out():
                self._orphan(early, f"and it was the oldest of more than {EARLY_BYTES:,} bytes of labels", at, effects)

    def _expire(self, at: At, effects: list[Effect]) -> None:
        if expired := self._pending.expire(self._clock):
            self.counts["expired"] += len(expired)
        for early in self._early.expire(self._clock):
            horizon = self.gauge.label.early_horizon_events
            self._orphan(early, f"and none came within {horizon} records (label.early_horizon_events)", at, effects)

    def _orphan(self, early: EarlyLabel, why: str, at: At, effects: list[Effect]) -> None:
        detail = f"no event with id '{early.label.id}' was waiting for a label, {why}"
        self._refuse(Reason.ORPHAN_LABEL, detail, early.label, early.position, at, effects)

    def _label(self, asked: Asked, y: Label, at: At, effects: list[Effect]) -> None:
        # Test, then train: every answer in `asked` was given before any model saw this label.
        self.counts["labels"] += 1
        verdicts = self.panel.compare(y, asked.answers)
        if asked.held_out:
            window = self.board.score_held_out(asked, y, position=at.position)
            trigger = None if window is None else self._report(window, at, effects)
        else:
            trigger = self._learn(asked, y, at, effects)
        if verdicts:
            effects += self.panel.settle(verdicts, at)
        if trigger is not None:
            started = self.panel.start_challenger(trigger, at, self._recent)
            effects += started
            if started:
                self._triggers.started(trigger)

    def _learn(self, asked: Asked, y: Label, at: At, effects: list[Effect]) -> Trigger | None:
        self.board.score(asked, y)
        news = self._watch_error(asked, y, at)
        if news:
            effects += [self._alert(item, at) for item in news]
        effects += self.panel.learn(asked.x, y, asked.answers, at)
        self.board.learn(y)
        if self._recent.maxlen:
            self._recent.append((asked.x, y, at.position))
        drifted = None
        if news and any(item.status is not AlertStatus.CLOSED for item in news):
            self._drift_loss.restart()
            drifted = self._triggers.drifted()
        watches_metric = self.gauge.retraining.on_metric is not None
        measured = self._triggers.measured(self._window_metric()) if watches_metric else None
        counted = self._triggers.count_label()
        return drifted or measured or counted

    def _watch_error(self, asked: Asked, y: Label, at: At) -> list[News]:
        # A label that comes after a promotion may belong to an answer of the champion's predecessor: not its error.
        answer = asked.answers.get(self.panel.champion.name)
        watched = None if answer is None else self._drift_loss.of(y, answer)
        if watched is None:
            return []
        loss, error = watched
        return self._watch.update(loss, error, position=at.position)

    def _window_metric(self) -> float | None:
        rule, served = self.gauge.retraining.on_metric, self.board.served
        if rule is None or rule.over != "window" or not served.window_is_full:
            return None
        if served.n % (self.gauge.evaluation.window_events // _WINDOW_LOOKS):
            return None
        return served.leading_window_figure()

    # -- what is said -------------------------------------------------------------------------------------------------

    def _report(self, window: HeldOutWindow, at: At, effects: list[Effect]) -> Trigger | None:
        figures = window.figures()
        champion = self.panel.champion.name
        self.counts["reports"] += 1
        effects.append(
            WindowReport(
                position=at.position,
                time=at.time,
                window=window.number,
                first=window.first,
                last=at.position,
                labels=window.labels,
                champion=champion,
                models=figures,
                coverage=self.coverage,
            )
        )
        rule = self.gauge.retraining.on_metric
        if rule is None or rule.over != "holdout":
            return None
        return self._triggers.measured(figures.get(champion, {}).get(self.gauge.metric))

    def _alert(self, news: News, at: At) -> DriftAlert:
        episode = news.episode
        self.counts["alerts"] += news.status is AlertStatus.OPENED
        return DriftAlert(
            position=at.position,
            time=at.time,
            episode=f"{self.place}-{episode.number}",
            status=news.status,
            cause=news.cause,
            severity=news.severity,
            drift="concept",
            detector=news.detector,
            statistic=news.statistic,
            threshold=news.threshold,
            loss_before=episode.loss_before,
            loss_now=news.loss_now,
            version=self.panel.champion.name,
            first=episode.first,
            last=at.position,
            labels=self.counts["labels"],
            coverage=self.coverage,
        )

    def _look_for_outage(self, at: At, effects: list[Effect]) -> None:
        alert = self._outages.look(
            self.panel.stand_in,
            self.panel.champion.name,
            self.board,
            place=self.place,
            position=at.position,
            time=at.time,
            labels=self.counts["labels"],
            coverage=self.coverage,
        )
        if alert is not None:
            self.counts["alerts"] += alert.status is AlertStatus.OPENED
            effects.append(alert)

    def _refuse(self, reason: Reason, detail: str, refused: Input, source: int, at: At, effects: list[Effect]) -> None:
        self.dead_letters[reason] += 1
        of_label = refused.of_label if isinstance(refused, Rejected) else isinstance(refused, LabelReceived)
        effects.append(DeadLetter(at.position, at.time, source, reason, detail, refused.key, refused.raw, of_label))

    @property
    def leader(self) -> str | None:
        """The champion's name; None before the first record."""
        return self.panel.champion.name if self.next_offset else None

    @property
    def coverage(self) -> float:
        """The share of predictions whose label has come; 0 before the first prediction."""
        predictions = self.counts["predictions"]
        return self.counts["labels"] / predictions if predictions else 0.0

    def summary(self) -> dict[str, Any]:
        """Figures for people and monitoring: counts so far, who leads, the leading metric and its baseline.

        Of a long window only the newest ``answers`` are read.
        """
        metric = self.gauge.metric
        baseline, baseline_value = self.board.leading_baseline()
        opened = self.next_offset > 0
        return {
            "position": self.next_offset,
            "events": self.counts["events"],
            "predictions": self.counts["predictions"],
            "labels": self.counts["labels"],
            "pending": len(self._pending),
            "early": len(self._early),
            "early_bytes": self._early.size,
            "expired": self.counts["expired"],
            "dead_letters": {str(reason): n for reason, n in sorted(self.dead_letters.items())},
            "alerts": self.counts["alerts"],
            "drifting": self._watch.open is not None,
            "versions": self.panel.made,
            "steps": {str(step): self.panel.steps[str(step)] for step in VersionStep},
            "on_trial": self.panel.on_trial,
            "failures": self.panel.failures,
            "failing": self.panel.failing,
            "champion": self.panel.champion.name if opened else None,
            "candidate": self.panel.champion.candidate if opened else None,
            "metric": {"name": metric, "value": self.board.served.leading_figure()},
            "window": _window(metric, self.board.served),
            "metrics": self.board.served.figures(),
            "window_metrics": self.board.served.shown_window_figures(),
            "faded_error": self.board.served.faded_error(),
            "candidates": {
                name: {"metric": score.leading_figure(), "faded_error": score.faded_error()}
                for name, score in self.board.candidates.items()
            },
            "baseline": {"name": baseline, "value": baseline_value},
            "baseline_window": _window(baseline, self.board.baselines[baseline]),
            "coverage": self.coverage,
        }


def _place(partition: int, epoch: int) -> str:
    return f"{partition}.{epoch}" if epoch else str(partition)


def _window(name: str, score: Score) -> dict[str, Any]:
    value, answers = score.shown_window()
    return {"name": name, "value": value, "answers": answers}


def _detectors(gauge: Gauge) -> list[Any]:
    if not gauge.drift.enabled:
        return []
    return list(make_detectors(gauge.drift, binary_losses=losses_are_binary(gauge)))
