"""Where one partition's learner stands: what the metrics, the reports and the commands read.

A status is made when somebody asks; it is no record, and nothing in the log depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from schemas.alerts import Chance, DriftKind, Severity
from schemas.evaluated import Evaluated, Figure
from schemas.records import Figures, VersionStep


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFigure:
    """A metric by name; ``value`` is ``None`` where it is not defined, as before the first scored answer."""

    name: str
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFigure(NamedFigure):
    """A metric over the newest answers of a sliding window; ``answers`` is their number."""

    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFigures:
    """One candidate's leading metric over its whole life, and its faded error."""

    metric: float | None
    faded_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFigures:
    """One series of answers, each figure with its interval: by metric over its whole life and over the newest answers.

    ``faded_error`` is a share of wrong answers, or an absolute error in the label's units.
    """

    life: dict[str, Figure]
    window: dict[str, Figure]
    faded_error: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """How far the service is ahead of a baseline where both have answered: the baseline's error less the service's.

    It is above 0 where the service is better: a share of events, or units of the label. ``recent`` is over the newest
    events. The intervals hold however often one looks.
    """

    life: Figure
    recent: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How well the service answered, beside its candidates and the best baseline.

    ``metric`` and ``window`` are the leading metric's figures, ``metrics`` and ``window_metrics`` those of every shown
    one, the leading one first. ``baseline.name`` and ``baseline_window.name`` name the baseline, not the metric.
    ``faded_error`` is a share of wrong answers, or an absolute error in the label's units.

    The last fields say how sure all this is. ``figures`` are the service's, by every shown metric; of
    ``candidate_figures``, ``baseline_figures`` and ``version_figures``, which are those of each live version since it
    first answered, by the leading metric alone. ``leads`` is by baseline.
    """

    metric: NamedFigure
    metrics: Figures
    window: WindowFigure
    window_metrics: Figures
    faded_error: float | None
    candidates: dict[str, CandidateFigures]
    baseline: NamedFigure
    baseline_window: WindowFigure
    figures: SeriesFigures
    candidate_figures: dict[str, SeriesFigures]
    baseline_figures: dict[str, SeriesFigures]
    version_figures: dict[str, Figure]
    leads: dict[str, Lead]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Events that wait for their labels, labels that wait for their events, and events that waited in vain."""

    pending: int
    early: int
    early_bytes: int
    expired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """The champion."""

    version: str
    candidate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A live version that has failed: how often, and the newest failure's kind."""

    candidate: str
    failures: int
    last: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """That models do not learn at present: ``why`` in words; ``since`` is the position of the first label that none of
    them has learned, ``None`` before that has come.
    """

    since: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestStatus:
    """A live version against the champion: ``evidence`` that it is better, which promotes it at ``threshold``.

    ``gain`` is by how much it was better so far, in what is judged; ``None`` before the first of the ``labels``.
    """

    labels: int
    gain: float | None
    evidence: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStatus:
    """What the retraining policy waits for.

    ``due`` are the reasons for a challenger that hold now, in words. One starts at the next label that is learned,
    unless it must wait: ``cooldown_left`` labels; for a budget of which ``retrains_left`` is 0 (``None`` without one),
    ``labels_until_retrain``; while learning is ``held``; or while a challenger is on trial. ``next_scheduled`` is in
    event time. ``held_labels`` counts the labels that no model has learned so far.
    """

    due: list[str]
    cooldown_left: int
    retrains_left: int | None
    labels_until_retrain: int
    next_scheduled: datetime | None
    held: Held | None
    held_labels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A version that waits for an operator's word; it is declined after ``labels_left`` more labels."""

    version: str
    labels_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The model versions: how many were made, how many steps of each kind they took, and who leads.

    ``champion`` is ``None`` before the first record. ``on_trial`` counts the challengers that a trigger has started
    and no verdict has ended; ``failures`` those of all versions, also of those that are gone. ``answering`` is the
    version whose answers are published: the champion, or the live one with the best record of late. ``roles`` says why
    each live version lives. ``unheard`` counts the standing challengers that are gone and never answered: there is no
    version event of them. ``contests`` are those that are on, by the version that wants to lead. ``proposed`` waits for
    an operator's approval.
    """

    made: int
    steps: dict[VersionStep, int]
    on_trial: int
    failures: int
    failing: dict[str, Failing]
    champion: Leading | None
    policy: PolicyStatus
    answering: Leading | None = None
    roles: dict[str, str] = field(default_factory=dict)
    unheard: int = 0
    contests: dict[str, ContestStatus] = field(default_factory=dict)
    proposed: Proposed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEpisode:
    """An episode that is open: what it is about, how bad it was when last reported, and where it was opened.

    Of a ``quiet`` one no record is published.
    """

    episode: str
    kind: DriftKind
    subject: str | None
    severity: Severity
    position: int
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The episodes that are open, the number opened of every kind, quiet ones too, and what each part of the budget of
    false alarms came to, by the part's name; a part that has looked at nothing is absent.
    """

    open: list[OpenEpisode]
    opened: dict[DriftKind, int]
    chances: dict[str, Chance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One learner at one position; ``alerts`` counts the episodes opened so far.

    ``drifting`` tells whether one is open that is a change of the world.
    """

    position: int
    events: int
    predictions: int
    labels: int
    coverage: float
    dead_letters: dict[str, int]
    waiting: Waiting
    alerts: int
    drifting: bool
    versions: Versions
    performance: Performance
    evaluated: Evaluated
    watched: Watched
