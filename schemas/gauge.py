"""The gauge file: one TOML file that states the problem and everything Rivergauge does about it.

Its sections are the classes below, its keys their fields; every default is chosen to serve most streams and none was
tuned to an example. ``load`` is the one way in. Unknown keys are errors that name the nearest known key.

>>> gauge = parse('''
... name = "pumps"
... task = "binary"
... [label]
... field = "failed"
... positive = 1
... negative = 0
... [features]
... pressure = "number"
... site = { type = "category", values = ["north", "south"] }
... ''')
>>> gauge.topics.predictions, gauge.candidates[0].name
('pumps.predictions', 'logistic_regression')
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError, to_json

from schemas.moments import moment, written
from schemas.problems import GaugeError as GaugeError
from schemas.problems import gauge_error, nearest
from schemas.toml import loads

LARGEST_NUMBER = 1e15
"""A number feature without bounds of its own lies within ±1e15: squares and sums of such numbers stay finite, and one
wild value cannot poison a running mean for good (one 1e308 does)."""

_LETTERS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _name(longest: int) -> Any:
    def check(value: str) -> str:
        if _LETTERS.fullmatch(value) is None or len(value) > longest:
            raise PydanticCustomError(
                "name",
                "must be at most {longest} of a-z, A-Z, 0-9, '.', '_' and '-', and begin with a letter or digit",
                {"longest": longest},
            )
        return value

    return AfterValidator(check)


Name = Annotated[str, _name(200)]
"""Letters, digits, dot, underscore, hyphen: what Kafka allows in a topic's name."""

Topic = Annotated[str, _name(249)]
"""As long as Kafka allows, so that a name has room for the suffixes of its topics."""


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _LETTERS.fullmatch(value) is not None and len(value) <= 200


def _path(value: Any) -> Any:
    # A union of text and list would tell two errors.
    keys = value.split(".") if isinstance(value, str) else value
    listed = isinstance(keys, list) and keys and all(isinstance(key, str) for key in keys)
    if not listed or (isinstance(value, str) and not all(keys)):
        raise PydanticCustomError("path", "must be a path such as 'a.b', or a list of keys such as ['a.b', 'c']")
    return value


Path: TypeAlias = Annotated[str | list[str], PlainValidator(_path)]
"""Where a value stands in the user's JSON: ``"a.b"`` is key b of object a; write a list where a key has a dot."""


def _category(value: Any) -> Any:
    # As in a record: a whole number is the text it is written with.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number and abs(value) <= LARGEST_NUMBER and float(value).is_integer() else value


Category = Annotated[str, BeforeValidator(_category)]


def _feature_name(value: str) -> str:
    if not value or not value.isprintable():
        raise PydanticCustomError("feature_name", "a feature's name is not empty and has no control characters")
    return value


FeatureName = Annotated[str, AfterValidator(_feature_name)]


def _class_value(value: Any) -> bool | int | str:
    # A union would take 1.0 for true.
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    if not isinstance(value, bool | int | str):
        raise PydanticCustomError("class", "a class is text, a whole number, true or false")
    return value


ClassValue: TypeAlias = bool | int | str
Class = Annotated[ClassValue, PlainValidator(_class_value)]
"""A label's value: 1.0 is the whole number 1; text is never a number, and neither is true or false."""

SASL_PASSWORD: Final = "RIVERGAUGE_SASL_PASSWORD"
TLS_KEY_PASSWORD: Final = "RIVERGAUGE_TLS_KEY_PASSWORD"
"""Environment variables that hold the secrets of the connection."""


class Section(BaseModel):
    """A table of the gauge file: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _name_the_nearest_key(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = list(cls.model_fields)
        unknown = [key for key in value if key not in known]
        if not unknown:
            return {key: cls._whole(key, given) for key, given in value.items()}
        hints = [f"unknown key '{_cut(key)}'{_hint(str(key), known)}" for key in unknown[:_SHOWN]]
        if len(unknown) > _SHOWN:
            hints.append(f"and {len(unknown) - _SHOWN:,} more")
        raise PydanticCustomError(
            "unknown_key",
            "{hints} (known keys: {known})",
            {"hints": "; ".join(hints), "known": ", ".join(known)},
        )

    @classmethod
    def _whole(cls, key: str, given: Any) -> Any:
        # Types are strict: text is no number, a number no truth. But 1e3 is a whole number as people write it.
        wanted = cls.model_fields[key].annotation
        whole = isinstance(given, float) and given.is_integer() and wanted in (int, int | None)
        return int(given) if whole else given


_SHOWN: Final = 5


def _cut(key: str) -> str:
    return key if len(key) <= 80 else f"{key[:80]}..."


def _hint(key: str, known: list[str]) -> str:
    if "password" in key.lower():
        variable = TLS_KEY_PASSWORD if "key" in key.lower() or "tls" in key.lower() else SASL_PASSWORD
        return f"; secrets are never in the file: set {variable} in the environment"
    return nearest(key, known)


class Task(StrEnum):
    """What is predicted: one of two classes, one of several, or a number."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Topics(Section):
    """The gauge's topics. All but ``input`` default to its name with a suffix; outputs have its partition count."""

    input: Name
    predictions: Topic
    alerts: Topic
    versions: Topic
    reports: Topic
    dead_letters: Topic
    snapshots: Topic
    control: Topic
    partitions: int = Field(default=1, ge=1, le=10_000)
    replication_factor: int = Field(default=1, ge=1, le=100)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The topics that Rivergauge writes."""
        return (self.predictions, self.alerts, self.versions, self.reports, self.dead_letters)


class Security(StrEnum):
    """How the connection to Kafka is protected. Passwords in clear text must be asked for by name."""

    PLAINTEXT = "plaintext"
    TLS = "tls"
    SASL_TLS = "sasl_tls"
    SASL_PLAINTEXT = "sasl_plaintext"


class Connection(Section):
    """How to reach Kafka; used by the consumer, the producers and the admin client alike.

    Secrets are never in the file: ``RIVERGAUGE_SASL_PASSWORD`` and ``RIVERGAUGE_TLS_KEY_PASSWORD`` come from
    the environment.
    """

    bootstrap_servers: str = Field(default="127.0.0.1:9092", min_length=1)
    security: Security = Field(default=Security.PLAINTEXT, strict=False)
    tls_ca_file: str | None = None
    tls_certificate_file: str | None = None
    tls_key_file: str | None = None
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None

    @field_validator("bootstrap_servers")
    @classmethod
    def _names_servers(cls, value: str) -> str:
        if not any(server.strip() for server in value.split(",")):
            raise ValueError("must name servers, as in 'one:9092,two:9092'")
        return value

    @model_validator(mode="after")
    def _parts_belong_together(self) -> Self:
        sasl = self.security in (Security.SASL_TLS, Security.SASL_PLAINTEXT)
        if sasl and self.sasl_username is None:
            raise ValueError(f"security = '{self.security}' needs sasl_username")
        if not sasl and self.sasl_username is not None:
            raise ValueError(f"sasl_username is set but security is '{self.security}': use 'sasl_tls'")
        files = ("tls_ca_file", "tls_certificate_file", "tls_key_file")
        given = [name for name in files if getattr(self, name) is not None]
        if given and self.security not in (Security.TLS, Security.SASL_TLS):
            raise ValueError(
                f"{' and '.join(given)} would not be used: security is '{self.security}', and only 'tls' and "
                "'sasl_tls' encrypt"
            )
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file go together")
        return self


def _moment(value: Any) -> str:
    # TOML has dates and times of its own.
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, date):
        return value.isoformat()
    try:
        moment(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("moment", "must be an ISO 8601 time such as 2024-05-01T00:00:00Z") from None
    return str(value)


Moment = Annotated[str, PlainValidator(_moment)]
"""A time of ISO 8601 as text; text without a zone is read as UTC, as events' times are."""


class Record(Section):
    """Where the parts of a record stand in the user's JSON.

    ``id`` names an event; without it the position is the id, and labels cannot come later. ``time`` is event time:
    ISO 8601 text (read as UTC where it has no zone) or a Unix number. ``missing`` lists texts that stand for a value
    that is missing, such as ``NA``; one that is a number also stands for that number.
    """

    id: Path | None = None
    time: Path | None = None
    time_format: Literal["iso8601", "unix_seconds", "unix_milliseconds", "unix_microseconds", "unix_nanoseconds"] = (
        "iso8601"
    )
    earliest: Moment = "1970-01-01T00:00:00Z"
    latest: Moment = "2100-01-01T00:00:00Z"
    key: Path | None = None
    unknown_fields: Literal["reject", "ignore"] = "ignore"
    ignore: list[str] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list)
    max_bytes: int = Field(default=1_000_000, ge=100, le=100_000_000)

    @model_validator(mode="after")
    def _the_bounds_are_times(self) -> Self:
        if moment(self.earliest) >= moment(self.latest):
            raise ValueError(f"earliest must be before latest, got {self.earliest} and {self.latest}")
        return self


class Arrival(StrEnum):
    """When labels come: in the event's own record, or later in a record of their own."""

    WITH_EVENT = "with_event"
    LATER = "later"


class LabelSection(Section):
    """The label: where it stands, what values it may take, and when it comes.

    ``time`` names the column that says when the label becomes known, ``delay_s`` is used where no column says it;
    both only place labels when a file is replayed. After ``horizon_events`` further records an unlabelled event
    expires; a label that came before its event is an orphan after ``early_horizon_events``.
    """

    field: Path
    positive: Class | None = None
    negative: Class | None = None
    classes: list[Class] | None = Field(default=None, max_length=10_000)
    minimum: float | None = None
    maximum: float | None = None
    arrival: Arrival = Field(default=Arrival.WITH_EVENT, strict=False)
    time: str | None = None
    delay_s: float | None = Field(default=None, ge=0)
    horizon_events: int = Field(default=100_000, ge=1, le=10_000_000)
    early_horizon_events: int = Field(default=1_000, ge=1, le=10_000_000)


class Feature(Section):
    """One feature: its type, where it stands, what it may be, and whether it may be missing."""

    type: Literal["number", "category", "boolean"]
    field: Path | None = None
    minimum: float | None = None
    maximum: float | None = None
    values: list[Category] | None = Field(default=None, min_length=1)
    max_values: int = Field(default=1_000, ge=1, le=100_000)
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _bounds_fit_the_type(self) -> Self:
        if self.type != "number" and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"minimum and maximum are for numbers, not for a {self.type}")
        if self.type != "category" and self.values is not None:
            raise ValueError(f"values are for categories, not for a {self.type}")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum must be below maximum, got {self.minimum} and {self.maximum}")
        return self


class Step(BaseModel):
    """One step of a declared pipeline: a class of River by its dotted name below ``river``, and its parameters.

    A parameter that is itself a table with ``use`` is built the same way:
    ``optimizer = { use = "optim.SGD", lr = 0.005 }``.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = Field(pattern=r"^[a-z_]+(\.[A-Za-z_0-9]+)+$")

    @property
    def params(self) -> dict[str, Any]:
        """Everything but ``use``."""
        return dict(self.__pydantic_extra__ or {})


class Candidate(Section):
    """A model that may lead: a named recipe, a declared pipeline, or a user's own by entry point; exactly one."""

    name: Name
    recipe: str | None = None
    pipeline: list[Step] | None = Field(default=None, min_length=1, max_length=100)
    entry_point: str | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    seed: int = Field(default=42, ge=0, le=2**32 - 1)

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"recipe": value}
        if isinstance(value, dict) and "name" not in value:
            name = value.get("recipe") or value.get("entry_point")
            return {**value, "name": _as_name(name)} if isinstance(name, str) and name else value
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [key for key in ("recipe", "pipeline", "entry_point") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of recipe, pipeline, entry_point; got {' and '.join(given) or 'none'}")
        if self.pipeline is not None and self.params:
            raise ValueError("params belong to a recipe or an entry point; a pipeline's steps carry their own")
        return self


def _as_name(text: str) -> str:
    # Whether there is such a recipe is found out later, and only then is it worth asking for a better name.
    return re.sub(r"[^A-Za-z0-9._-]", "-", text).lstrip("._-")[:200] or "candidate"


class Evaluation(Section):
    """How models are measured.

    ``metric`` leads (None: accuracy, or MAE for regression), ``also`` are shown beside it: any metric of River for the
    task, by name. Prequential figures are for the whole life, for a sliding window and with a fading factor. A share
    ``holdout`` of the events is predicted but never learned; a report closes after ``holdout_window`` of their labels.
    """

    metric: str | None = None
    also: list[str] = Field(default_factory=list, max_length=100)
    window_events: int = Field(default=1_000, ge=10, le=1_000_000)
    fading_factor: float = Field(default=0.999, gt=0, le=1)
    holdout: float = Field(default=0.05, ge=0, lt=0.9)
    holdout_window: int = Field(default=200, ge=10, le=1_000_000)


class Drift(Section):
    """Watching the champion's error for a rise.

    ``false_alarms`` is what a user can set: at most so many in so many events. The default detector needs no other
    constant; ``detectors`` runs any of River's beside it, which keep no such promise.
    """

    enabled: bool = True
    false_alarms: str = "1 per 100000 events"
    detectors: list[Step] = Field(default_factory=list, max_length=100)

    @field_validator("false_alarms")
    @classmethod
    def _a_rate(cls, value: str) -> str:
        if _RATE.fullmatch(value) is None:
            raise ValueError(f"must read like '1 per 100000 events', got '{value}'")
        alarms, events = (int(group.replace("_", "")) for group in _RATE.fullmatch(value).groups())  # type: ignore[union-attr]
        if not 0 < alarms / max(events, 1) <= 0.01:
            raise ValueError(f"must be above 0 and at most 1 per 100 events, got '{value}'")
        return value

    @cached_property
    def budget(self) -> float:
        """False alarms per event."""
        match = _RATE.fullmatch(self.false_alarms)
        assert match is not None
        alarms, events = (int(group.replace("_", "")) for group in match.groups())
        return alarms / events


_RATE = re.compile(r"([0-9][0-9_]*) per ([0-9][0-9_]*) events")


class MetricTrigger(Section):
    """Retrain when the leading metric crosses a threshold: ``below`` for scores, ``above`` for errors."""

    below: float | None = None
    above: float | None = None
    over: Literal["holdout", "window"] = "holdout"

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.below is None) == (self.above is None):
            raise ValueError("give exactly one of below, above")
        return self


class Retraining(Section):
    """When a challenger starts, how, and what it takes to be promoted.

    Units are labels. The contest promotes a challenger that is not better with probability at most ``error_rate``,
    however often it is looked at; ``margin`` is the lead (in mean loss) below which a challenger is not worth having,
    which is not held against it before ``warm_up_labels``. Models are judged by ``judge``: by default 0/1 error, or log
    loss where the leading metric reads probabilities; absolute error for a regression.
    """

    on_drift: bool = True
    on_metric: MetricTrigger | None = None
    every_labels: int | None = Field(default=None, ge=1)
    start: Literal["fresh", "recent"] = "fresh"
    recent_labels: int = Field(default=500, ge=1, le=100_000)
    warm_up_labels: int = Field(default=256, ge=0)
    patience_labels: int = Field(default=5_000, ge=10)
    cooldown_labels: int = Field(default=0, ge=0)
    error_rate: float = Field(default=0.05, gt=0, le=0.5)
    margin: float = Field(default=0.02, ge=0, lt=1)
    judge: Literal["error", "log_loss"] | None = None


class Server(Section):
    """The worker's own HTTP listener: ``/livez``, ``/readyz`` and ``/metrics``. Loopback unless said otherwise.

    A worker ends when one of its partitions has records to read and stood still for ``stalled_after_seconds``.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8642, ge=0, le=65_535)
    stalled_after_seconds: float = Field(default=120.0, ge=1)


class Snapshots(Section):
    """How often a partition's state is written down, where, and how many are kept.

    A snapshot is due after ``every_events`` records or ``every_seconds`` with at least one, whichever comes first;
    for time alone it waits a tenth longer, at most a second, for a moment in which the partition has no output on its
    way.
    """

    store: Literal["directory", "topic"] = "directory"
    directory: str | None = Field(default=None, min_length=1)
    every_events: int = Field(default=50_000, ge=1)
    every_seconds: float = Field(default=30.0, gt=0)
    keep: int = Field(default=3, ge=1, le=1_000)


class Gauge(Section):
    """The whole file. See the sections for their keys.

    Outputs and offsets are committed together, again as soon as the last commit is done (in a partition that is behind,
    up to two seconds after it began), and at least ``commit_interval_ms`` after it began; the interval is added to the
    time until a reader of committed records sees a prediction.
    """

    name: Name
    task: Task = Field(strict=False)
    topics: Topics
    connection: Connection = Connection()
    record: Record = Record()
    label: LabelSection
    features: dict[FeatureName, Feature] = Field(min_length=1, max_length=10_000)
    candidates: list[Candidate] = Field(min_length=1, max_length=100)
    evaluation: Evaluation = Evaluation()
    drift: Drift = Drift()
    retraining: Retraining = Retraining()
    server: Server = Server()
    snapshots: Snapshots = Snapshots()
    delivery: Literal["exactly-once", "at-least-once"] = "exactly-once"
    commit_interval_ms: float = Field(default=0.0, ge=0, le=60_000)

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
            defaults = {"input": name if _is_name(name) else "unnamed"}
            source = topics.get("input", defaults["input"])
            source = source if _is_name(source) else "unnamed"
            for kind in ("predictions", "alerts", "versions", "reports", "dead_letters", "snapshots", "control"):
                defaults[kind] = f"{source}.{kind}"
            value["topics"] = {**defaults, **topics}
        if "candidates" not in value:
            value["candidates"] = ["linear_regression" if value.get("task") == "regression" else "logistic_regression"]
        return value

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        problems = [*_label_problems(self), *_leak_problems(self), *_marker_problems(self), *_topic_problems(self)]
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
        return self.evaluation.metric or ("MAE" if self.task is Task.REGRESSION else "Accuracy")

    @cached_property
    def digest(self) -> str:
        """16 hex digits of SHA-256 over all that can change what the core decides; how it is run and kept does not."""
        running: set[str] = {"connection", "server", "snapshots", "delivery", "commit_interval_ms"}
        meaning = self.model_dump(mode="json", exclude=running)
        meaning["topics"] = {"input": self.topics.input}
        return hashlib.sha256(to_json(meaning)).hexdigest()[:16]


def _label_problems(gauge: Gauge) -> list[str]:
    label, problems = gauge.label, []
    both = label.positive is not None and label.negative is not None
    if gauge.task is Task.BINARY and (not both or label.classes is not None):
        problems.append("label: a binary task needs positive and negative (and no classes)")
    if gauge.task is Task.BINARY and both and not _differ([label.positive, label.negative]):
        problems.append(
            f"label: positive and negative must differ, also as text, got {label.positive!r} and {label.negative!r}"
        )
    if gauge.task is Task.MULTICLASS and len(label.classes or ()) < 2:
        problems.append("label: a multiclass task needs classes, a list of at least two different values")
    elif gauge.task is Task.MULTICLASS and not _differ(label.classes or []):
        problems.append(f"label: classes must differ, also as text, got {label.classes!r}")
    if gauge.task is not Task.BINARY and (label.positive is not None or label.negative is not None):
        problems.append(f"label: positive and negative belong to a binary task, this one is {gauge.task}")
    if gauge.task is Task.REGRESSION and label.classes is not None:
        problems.append("label: classes belong to a multiclass task, this one is regression")
    if label.minimum is not None and label.maximum is not None and label.minimum >= label.maximum:
        problems.append(f"label: minimum must be below maximum, got {label.minimum} and {label.maximum}")
    if gauge.task is not Task.REGRESSION and (label.minimum is not None or label.maximum is not None):
        problems.append(f"label: minimum and maximum belong to a regression, this task is {gauge.task}")
    if label.arrival is Arrival.LATER and gauge.record.id is None:
        problems.append("record: id is needed where labels arrive later, to join them to their events")
    if label.arrival is Arrival.WITH_EVENT and (label.time is not None or label.delay_s is not None):
        problems.append("label: time and delay_s need arrival = 'later'")
    if (
        label.arrival is Arrival.LATER
        and label.time is None
        and label.delay_s is not None
        and gauge.record.time is None
    ):
        problems.append("label: delay_s counts from the event's time; name it in record.time")
    if label.time is not None and gauge.record.time is None:
        problems.append("label: time is compared with the events' times; name theirs in record.time")
    rule = gauge.retraining.on_metric
    if rule is not None and rule.over == "holdout" and not gauge.evaluation.holdout:
        problems.append(
            "retraining: on_metric.over = 'holdout' needs evaluation.holdout above 0; or say over = 'window'"
        )
    if gauge.task is Task.REGRESSION and gauge.retraining.judge == "log_loss":
        problems.append("retraining: judge = 'log_loss' needs probabilities, and a regression has none")
    return problems


def _differ(classes: list[Any]) -> bool:
    # As values, where true is 1, and as the names of probabilities, where true is "true".
    names = {str(value).lower() if isinstance(value, bool) else str(value) for value in classes}
    return len(set(classes)) == len(names) == len(classes)


def _steps(path: Path) -> list[str]:
    return path if isinstance(path, list) else path.split(".")


def _leak_problems(gauge: Gauge) -> list[str]:
    label, problems = _steps(gauge.label.field), []
    for name, feature in gauge.features.items():
        path = _steps(feature.field or name)
        shared = min(len(path), len(label))
        if path == label:
            what = f"the label's own field '{'.'.join(label)}': a model would be told the answer"
        elif path[:shared] == label[:shared]:
            outer, inner = sorted((path, label), key=len)
            what = f"'{'.'.join(path)}': '{'.'.join(outer)}' cannot be a value and hold '{'.'.join(inner)}' as well"
        elif gauge.label.time is not None and ".".join(path) == gauge.label.time:
            what = f"label.time, '{gauge.label.time}': when a label comes may tell what it is, and is not known before"
        else:
            continue
        problems.append(f"features: '{name}' is read from {what}")
    return problems


def _marker_problems(gauge: Gauge) -> list[str]:
    label = gauge.label
    classes = [value for value in (label.negative, label.positive, *(label.classes or ())) if value is not None]
    values = {f"features.{name}.values": feature.values or [] for name, feature in gauge.features.items()}
    values["the label's classes"] = [str(value) for value in classes]
    return [
        f"record: missing holds '{marker}', and so does {where}: one text cannot be a value and the lack of one"
        for where, texts in values.items()
        for marker in gauge.record.missing
        if marker in texts
    ]


def _topic_problems(gauge: Gauge) -> list[str]:
    topics = [gauge.topics.input, *gauge.topics.outputs, gauge.topics.snapshots, gauge.topics.control]
    if len(set(topics)) != len(topics):
        return ["topics: input, outputs, snapshots and control must be eight different topics"]
    return []


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
    try:
        return Gauge.model_validate(content)
    except RecursionError as error:
        raise GaugeError([("", "nested too deeply to be read")]) from error
    except ValidationError as error:
        raise gauge_error(error, content) from error
