"""The whole gauge file, and the one way to read it."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError, from_json, to_json

from schemas.gauge import rules
from schemas.gauge.candidates import Candidate
from schemas.gauge.connection import Connection
from schemas.gauge.cost import ACCEPT, NONE, RESET
from schemas.gauge.decision import Decision
from schemas.gauge.drift import Drift
from schemas.gauge.evaluation import Evaluation
from schemas.gauge.fairness import Fairness
from schemas.gauge.features import Feature
from schemas.gauge.label import LabelSection
from schemas.gauge.metric import name_of
from schemas.gauge.names import FeatureName, Name, is_name
from schemas.gauge.notify import Notify
from schemas.gauge.operators import Operators
from schemas.gauge.reasons import approval_can_come, retraining_can_start
from schemas.gauge.record import RecordSection
from schemas.gauge.retraining import Retraining
from schemas.gauge.running import Serve, Server, Snapshots
from schemas.gauge.season import season_has_a_time
from schemas.gauge.section import Section
from schemas.gauge.slices import Slice
from schemas.gauge.task import Task
from schemas.gauge.topics import Topics
from schemas.gauge.uncertainty import Uncertainty
from schemas.gauge.values import ClassValue
from schemas.problems import GaugeError, gauge_error
from schemas.record_table import KINDS
from schemas.toml import loads


class Gauge(Section):
    """The whole file. See the sections for their keys.

    Outputs and offsets are committed together, again as soon as the last commit is done (in a partition that is behind,
    up to two seconds after it began), and at least ``commit_interval_ms`` after it began; the interval is added to the
    time until a reader of committed records sees a prediction.
    """

    name: Annotated[Name, RESET.because("a gauge of another name is another gauge")]
    task: Annotated[Task, RESET] = Field(strict=False)
    topics: Topics
    connection: Connection = Connection()
    record: RecordSection = RecordSection()
    label: LabelSection
    features: Annotated[dict[FeatureName, Feature], RESET] = Field(min_length=1, max_length=10_000)
    candidates: Annotated[list[Candidate], RESET.unless_added("the new candidate enters on trial")] = Field(
        min_length=1, max_length=100
    )
    evaluation: Evaluation = Evaluation()
    decision: Annotated[Decision | None, ACCEPT] = None
    slices: Annotated[
        dict[FeatureName, Slice],
        ACCEPT.but("a slice that is added begins there, one that is taken out ends"),
    ] = Field(default_factory=dict, max_length=50)
    fairness: Fairness = Fairness()
    uncertainty: Uncertainty = Uncertainty()
    drift: Drift = Drift()
    retraining: Retraining = Retraining()
    operators: Operators = Operators()
    server: Server = Server()
    serve: Serve = Serve()
    snapshots: Snapshots = Snapshots()
    notify: Notify = Notify()
    delivery: Annotated[
        Literal["exactly-once", "at-least-once"],
        NONE.but("to exactly-once only after rivergauge reset, for nobody knows where the outputs so far end"),
    ] = "exactly-once"
    commit_interval_ms: Annotated[float, NONE] = Field(default=0.0, ge=0, le=60_000)

    @model_validator(mode="before")
    @classmethod
    def _defaults_from_the_name(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        value = dict(value)
        topics = value.get("topics", {})
        if isinstance(topics, dict):
            # A bad or missing name is one mistake, and not one of each topic that is named after it.
            name = value.get("name")
            defaults = {"input": name if is_name(name) else "unnamed"}
            source = topics.get("input", defaults["input"])
            source = source if is_name(source) else "unnamed"
            for topic in (*(kind.topic for kind in KINDS), "snapshots", "control", "redriven", "notified"):
                defaults[topic] = f"{source}.{topic}"
            value["topics"] = {**defaults, **topics}
        if "candidates" not in value:
            value["candidates"] = ["linear_regression" if value.get("task") == "regression" else "logistic_regression"]
        return value

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        problems = [
            *rules.label_fits_task(self.label, self.task),
            *rules.label_fits_record(self.label, self.record),
            *rules.decision_fits_task(self.decision, self.label, self.task),
            *rules.only_classes_are_calibrated(self.candidates, self.task),
            *rules.retraining_fits_evaluation(self.retraining, self.evaluation, self.task),
            *retraining_can_start(self.retraining, self.drift, self.fairness, self.record, self.label, self.features),
            *approval_can_come(self.retraining, self.operators),
            *rules.no_feature_tells_the_label(self.features, self.label),
            *rules.slices_fit(self.slices, self.label, self.features),
            *rules.fairness_fits(self.fairness, self.slices, self.label, self.task),
            *rules.private_stays_inside(self.slices, self.record),
            *rules.no_value_is_missing(self.record, self.label, self.features, self.slices),
            *rules.abstaining_can_apply(self.uncertainty, self.task, self.label, self.features),
            *rules.ignored_columns_are_there(self.drift, self.features),
            *season_has_a_time(self.drift, self.record),
            *rules.topics_differ(self.topics),
        ]
        if problems:
            raise PydanticCustomError("gauge", "{problems}", {"problems": "; ".join(problems)})
        return self

    @property
    def classes(self) -> tuple[ClassValue, ...]:
        """The labels as the user writes them, in the order of their codes; empty for regression."""
        if self.task is Task.BINARY:
            assert self.label.negative is not None
            assert self.label.positive is not None
            return (self.label.negative, self.label.positive)
        return tuple(self.label.classes or ())

    @cached_property
    def metric(self) -> str:
        """The leading metric's name."""
        return name_of(self.evaluation.metric or ("MAE" if self.task is Task.REGRESSION else "Accuracy"))

    @cached_property
    def digest(self) -> str:
        """16 hex digits of SHA-256 over `meaning`: what can change a decision, as the file says it."""
        return hashlib.sha256(self.meaning.encode()).hexdigest()[:16]

    @cached_property
    def meaning(self) -> str:
        """What the file says that may decide something (`Section.said`), as JSON; `parse_meaning` is the way back.

        How the gauge is run is not in it, nor where; nor are keys that have their defaults, so that a release with a
        new key leaves the meaning of every file alone.
        """
        return to_json(self.said(), inf_nan_mode="constants").decode()


def parse(text: str) -> Gauge:
    """Read a gauge from TOML text.

    Raises
    ------
    GaugeError
        If the text is not TOML or says something a gauge cannot be; every problem is listed with its place.
    """
    try:
        content = loads(text)
    except ValueError as error:
        raise GaugeError([("", str(error))]) from error
    if not content:
        raise GaugeError([("", "the file is empty; it needs name, task, [label] and [features]")])
    return _checked(content)


def parse_meaning(text: str) -> Gauge:
    """The gauge of a `Gauge.meaning`, with the defaults of today; what is not in it is as if the file did not say it.

    Raises
    ------
    GaugeError
        If this release does not take it: it has a key that is no longer known, or not known yet.
    """
    try:
        content = from_json(text)
    except ValueError as error:
        raise GaugeError([("", f"not JSON: {error}")]) from error
    return _checked(content)


def _checked(content: Any) -> Gauge:
    try:
        return Gauge.model_validate(content)
    except RecursionError as error:
        raise GaugeError([("", "nested too deeply to be read")]) from error
    except ValidationError as error:
        raise gauge_error(error, content) from error
