"""What comes out: the records on a gauge's output topics, as values the core returns and the shell publishes.

Each record is published as a CloudEvent in binary mode (CloudEvents 1.0.2, Kafka protocol binding): the attributes are
``ce_*`` headers, the body is JSON. ``ce_id`` is ``topic:partition:offset:kind:n``, so a repeated fold repeats ids.
``ce_time`` is event time and absent where the data have none; it is never a clock.

``body()`` gives the record's bytes, and `schemas.record_table` where they go. Golden bytes are tested: a change here is
a change of the public schema.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic_core import to_json

from schemas.alerts import Chance, DriftKind, Moved, Severity
from schemas.evaluated import Confusion, Evaluated, Figure, Residuals
from schemas.events import OF_COMMANDS, Reason

Figures: TypeAlias = dict[str, float | None]


class Doubt(NamedTuple):
    """How sure a prediction is, where the gauge file asks (``[uncertainty]``).

    ``interval`` is a regression's, low to high, both included; ``classes`` the set of a classification, in declared
    order. Both are ``None`` until enough labels have come. ``abstained`` names the rule of ``[uncertainty.abstain]``
    that applied; ``y_pred`` is there all the same.
    """

    interval: tuple[float, float] | None
    classes: tuple[str | int | bool, ...] | None
    abstained: str | None


class Prediction(NamedTuple):
    """One event's score. ``y_pred`` is ``None`` until the model has something to say.

    ``probabilities`` holds every declared class, in declared order; ``None`` for regression and for models that give
    labels only. Labels appear as the user wrote them, not coded. ``doubt`` is ``None``, and its fields are absent,
    where the gauge file asks for no uncertainty.
    """

    position: int
    id: str
    time: datetime | None
    key: bytes | None
    y_pred: str | int | float | bool | None
    probabilities: dict[str, float] | None
    version: str
    held_out: bool
    doubt: Doubt | None = None

    def body(self) -> bytes:
        """JSON, UTF-8."""
        fields = {
            "position": self.position,
            "id": self.id,
            "y_pred": self.y_pred,
            "probabilities": self.probabilities,
            "version": self.version,
            "held_out": self.held_out,
        }
        if self.doubt is not None:
            fields["interval"], fields["set"], fields["abstained"] = self.doubt
        return _json(fields)


class AlertStatus(StrEnum):
    """An alert is an episode: it is opened once, may be updated, and closes once."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


class DriftAlert(NamedTuple):
    """News of one drift episode.

    ``statistic`` reaches ``threshold`` when ``detector`` alarms. ``loss_before`` is the mean loss of the reference that
    the alarm ended, ``loss_now`` that of the newest events: in [0, 1] for classes, in the label's units (mean absolute
    error) for a regression. ``severity`` goes by the rise: ``major`` from 0.1, or twice the error; ``critical`` from
    0.25, or four times the error. ``severity_by`` says in words by which figure where that is another one: the leading
    metric, where it is not the mean of the losses. ``first`` to ``last`` are the positions of the labels between the
    reference's start and this record. ``subject`` names what is measured where that is not the champion's error, and
    ``figure`` how it stood: a gap between groups, or the lead over a baseline. ``chance`` says what the budget of false
    alarms came to, ``moved`` what moved, the most first. ``expected_share`` is the part of a rise of the loss that the
    features alone account for: near 1 the events are harder, near 0 the model is wrong. ``advice`` says what it asks of
    people.
    """

    position: int
    time: datetime | None
    episode: str
    status: AlertStatus
    cause: str
    severity: Severity
    drift: DriftKind
    detector: str
    statistic: float
    threshold: float
    loss_before: float | None
    loss_now: float | None
    version: str
    first: int
    last: int
    labels: int
    coverage: float
    subject: str | None = None
    figure: Figure | None = None
    chance: Chance | None = None
    moved: tuple[Moved, ...] | None = None
    expected_share: float | None = None
    advice: str | None = None
    severity_by: str | None = None

    def body(self) -> bytes:
        """JSON, UTF-8."""
        return _json(_fields(self))


class VersionStep(StrEnum):
    """What happened to a model version."""

    REGISTERED = "registered"
    ON_TRIAL = "on_trial"
    PROMOTED = "promoted"
    DEMOTED = "demoted"
    REJECTED = "rejected"
    RETIRED = "retired"
    ROLLED_BACK = "rolled_back"
    PROPOSED = "proposed"
    DECLINED = "declined"
    PAUSED = "paused"
    RESUMED = "resumed"


class ModelVersion(NamedTuple):
    """One step in the life of a model version.

    ``learned_first`` to ``learned_last`` are the positions of the labels it learned from (both included, ``None``
    before the first). ``figures`` are the contest's and the metric's numbers at this step. Where an operator's command
    led to it, ``who`` gave it and ``why``; both are absent from the body where none did. ``paused`` and ``resumed`` are
    steps of the version that leads, about the learning of all of them.
    """

    position: int
    time: datetime | None
    version: str
    step: VersionStep
    candidate: str
    parent: str | None
    trigger: str
    reason: str
    gauge_digest: str
    learned_first: int | None
    learned_last: int | None
    learned_labels: int
    libraries: dict[str, str]
    figures: Figures
    who: str | None = None
    why: str | None = None

    def body(self) -> bytes:
        """JSON, UTF-8."""
        fields = _fields(self)
        if self.who is None:
            del fields["who"], fields["why"]
        return _json(fields)


class WindowReport(NamedTuple):
    """A closed held-out window: every model and baseline, on the same labels none of them may learn from.

    ``models`` maps a version or a baseline's name to its figures; each has ``labels``, the number behind them.
    ``figures`` are the same with their intervals, by metric. ``verdict`` is a sentence about the service, and
    ``service`` what was measured of its answers to events that are not held out, up to this position. ``confusion``, or
    ``residuals`` for a regression, is of the models and baselines on these labels.
    """

    position: int
    time: datetime | None
    window: int
    first: int
    last: int
    labels: int
    champion: str
    models: dict[str, Figures]
    coverage: float
    figures: dict[str, dict[str, Figure]]
    verdict: str | None
    service: Evaluated
    confusion: dict[str, Confusion] | None = None
    residuals: dict[str, Residuals] | None = None

    def body(self) -> bytes:
        """JSON, UTF-8."""
        return _json(_fields(self))


class DeadLetter(NamedTuple):
    """A record refused for good. ``source`` is the refused record's own position, ``raw`` its bytes.

    ``source`` is smaller than ``position`` when a label waited for an event that never came. ``of_label`` tells a label
    record from an event: predictions and the dead letters of events are all events.
    """

    position: int
    time: datetime | None
    source: int
    reason: Reason
    detail: str
    key: bytes | None
    raw: bytes | None
    of_label: bool = False

    @property
    def record(self) -> Literal["event", "label", "command"]:
        """What was refused."""
        if self.reason in OF_COMMANDS:
            return "command"
        return "label" if self.of_label else "event"

    def body(self) -> bytes | None:
        """The original bytes, untouched."""
        return self.raw


Effect: TypeAlias = Prediction | DriftAlert | ModelVersion | WindowReport | DeadLetter


def _json(body: dict[str, Any]) -> bytes:
    return to_json(body, inf_nan_mode="null")  # a figure may overflow, and JSON has no infinity


def _fields(record: DriftAlert | ModelVersion | WindowReport) -> dict[str, Any]:
    fields = record._asdict()
    del fields["time"]  # it travels as ce_time
    return fields
