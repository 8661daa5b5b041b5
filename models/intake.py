"""Bytes to events: everything that can be wrong with a record is found here, before any state changes.

One compiled validator reads the JSON once and gives a flat ``{feature: value}``; there is no second parse and no object
per field. Of duplicate keys the last one counts, as in all common JSON parsers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema, from_json

from models.markers import MISSING, marker_hint, or_missing
from schemas.events import EventReceived, Input, Label, LabelledEvent, LabelReceived, Reason, Rejected
from schemas.gauge import LARGEST_NUMBER, Arrival, ClassValue, Feature, Gauge, Path, Task

# Names no JSON field of a user's can collide with once mapped: features are keyed by the user's names.
_ID: Final = "\0id"
_TIME: Final = "\0time"
_LABEL: Final = "\0label"
_IGNORED: Final = "\0ignored"

_ABSENT: Final = object()
_LONGEST_NAME = 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Decoder:
    """Turns the bytes of one record into an input of the core; what is wrong comes back as `Rejected`, never raised.

    A record that has a label but no feature at all is a label record where the gauge's labels arrive later.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._max_bytes = gauge.record.max_bytes
        self._with_id = gauge.record.id is not None
        self._read_time = _time_reader(gauge) if gauge.record.time is not None else None
        self._labels_come_later = gauge.label.arrival is Arrival.LATER
        self._codes: dict[ClassValue, Label] | None = None
        if gauge.task is not Task.REGRESSION:
            binary = gauge.task is Task.BINARY
            self._codes = {value: bool(code) if binary else code for code, value in enumerate(gauge.classes)}
        self._features = tuple(gauge.features)
        self._required = frozenset(name for name, feature in gauge.features.items() if not feature.optional)
        self._may_be_null = len(self._required) < len(self._features) or bool(gauge.record.missing)
        self._ignored = tuple(f"{_IGNORED}{n}" for n in range(len(_ignored_paths(gauge))))
        self._label_path = _steps(gauge.label.field)
        self._feature_paths = [_steps(feature.field or name) for name, feature in gauge.features.items()]
        self._validator = SchemaValidator(_record_schema(gauge))

    def decode(self, value: bytes | None, key: bytes | None = None) -> Input:
        """Decode one record's value; ``key`` is carried along untouched."""
        if value is None:
            return Rejected(Reason.TOMBSTONE, "a record needs a value, got none", key, None)
        if not value:
            return Rejected(Reason.EMPTY, "a record needs a JSON object, got 0 bytes", key, value)
        if len(value) > self._max_bytes:
            detail = f"at most {self._max_bytes} bytes (record.max_bytes), got {len(value)}"
            return Rejected(Reason.TOO_LARGE, detail, key, value)
        try:
            x = self._validator.validate_json(value)
        except ValidationError as error:
            return self._rejected(*_explain(error), key, value)
        return self._assemble(x, key, value)

    def _assemble(self, x: dict[str, Any], key: bytes | None, raw: bytes) -> Input:
        for name in self._ignored:
            x.pop(name, None)
        event_id = x.pop(_ID, None)
        time = x.pop(_TIME, None)
        label = x.pop(_LABEL, None)
        if self._with_id and event_id is None:
            return self._rejected(Reason.BAD_ID, "the record has no id (record.id)", key, raw)
        if time is not None:
            assert self._read_time is not None
            time = self._read_time(time)
            if isinstance(time, str):
                return self._rejected(Reason.BAD_TIME, time, key, raw)
        if label is not None and self._codes is not None:
            code = self._codes.get(label)
            if code is None:
                known = _shortened(", ".join(map(repr, self._codes)), 200)
                detail = f"the label must be one of {known}, got {_shortened(repr(label))}{marker_hint(label)}"
                return self._rejected(Reason.UNKNOWN_LABEL, detail, key, raw)
            label = code
        if self._may_be_null:
            x = {name: value for name, value in x.items() if value is not None}
        if not x and label is not None and self._labels_come_later:
            return LabelReceived(event_id, time, key, label, raw)
        if not self._required <= x.keys():
            missing = ", ".join(name for name in self._features if name in self._required and name not in x)
            return self._rejected(Reason.MISSING_FIELD, f"required features are missing: {missing}", key, raw)
        if time is None and self._read_time is not None:
            return self._rejected(Reason.BAD_TIME, "the record has no event time (record.time)", key, raw)
        if label is None:
            return EventReceived(event_id, time, key, x, raw)
        return LabelledEvent(event_id, time, key, x, label, raw)

    def _rejected(self, reason: Reason, detail: str, key: bytes | None, raw: bytes) -> Rejected:
        return Rejected(reason, detail, key, raw, self._labels_come_later and self._is_label(raw))

    def _is_label(self, raw: bytes) -> bool:
        # Read again, which only a refused record costs: it has the label's field and no feature.
        try:
            content = from_json(raw)
        except ValueError:
            return False
        if _at(content, self._label_path) is _ABSENT:
            return False
        return all(_at(content, path) in (None, _ABSENT) for path in self._feature_paths)


def _at(content: Any, path: list[str]) -> Any:
    for step in path:
        if not isinstance(content, dict) or step not in content:
            return _ABSENT
        content = content[step]
    return content


def _record_schema(gauge: Gauge) -> CoreSchema:
    # Fields are all optional here: which of them must be there depends on the kind of record, decided afterwards.
    missing = gauge.record.missing
    fields = {}
    for name, feature in gauge.features.items():
        value = or_missing(_feature_schema(feature), missing)
        fields[name] = _field(core_schema.nullable_schema(value) if feature.optional else value, feature.field or name)
    parts: list[tuple[str, CoreSchema, Path]] = [(_LABEL, _label_schema(gauge), gauge.label.field)]
    if gauge.record.id is not None:
        parts.append((_ID, _name(min_length=1), gauge.record.id))
    if gauge.record.time is not None:
        parts.append((_TIME, _time_schema(gauge), gauge.record.time))
    for name, schema, path in parts:
        fields[name] = _field(core_schema.nullable_schema(or_missing(schema, missing)), path)
    for n, path in enumerate(_ignored_paths(gauge)):
        fields[f"{_IGNORED}{n}"] = _field(core_schema.any_schema(), path)
    extra: Literal["forbid", "ignore"] = "forbid" if gauge.record.unknown_fields == "reject" else "ignore"
    return core_schema.typed_dict_schema(
        fields, extra_behavior=extra, config=core_schema.CoreConfig(loc_by_alias=False)
    )


def _ignored_paths(gauge: Gauge) -> list[Path]:
    # The key's field is known (a producer partitions by it) but no feature, unless it is mapped as one as well.
    mapped = [feature.field or name for name, feature in gauge.features.items()]
    mapped += [gauge.record.id or "", gauge.record.time or "", gauge.label.field]
    paths: list[Path] = [*gauge.record.ignore]
    if gauge.record.key is not None:
        paths.append(gauge.record.key)
    return [path for path in paths if path not in mapped]


def _field(schema: CoreSchema, path: Path) -> core_schema.TypedDictField:
    steps: list[str | int] = [*_steps(path)]
    return core_schema.typed_dict_field(schema, required=False, validation_alias=steps)


def _steps(path: Path) -> list[str]:
    return path if isinstance(path, list) else path.split(".")


def _feature_schema(feature: Feature) -> CoreSchema:
    schema: CoreSchema
    if feature.type == "number":
        schema = _number(feature.minimum, feature.maximum)
    elif feature.type == "boolean":
        schema = core_schema.bool_schema(strict=True)
    else:
        schema = _name()
        if feature.values is not None:
            schema = core_schema.chain_schema([schema, core_schema.literal_schema(feature.values)])
    return schema


def _name(min_length: int = 0) -> CoreSchema:
    # An id or a category: text, or a whole number read as text. No fractions: 1e999 would become the name "inf".
    text = core_schema.str_schema(min_length=min_length, max_length=_LONGEST_NAME, strict=True)
    whole = core_schema.int_schema(ge=-(2**63), lt=2**63, strict=True)
    return core_schema.union_schema(
        [text, core_schema.chain_schema([whole, core_schema.str_schema(coerce_numbers_to_str=True)])],
        mode="left_to_right",
    )


def _number(minimum: float | None, maximum: float | None) -> CoreSchema:
    return core_schema.float_schema(
        strict=True,
        allow_inf_nan=False,
        ge=-LARGEST_NUMBER if minimum is None else minimum,
        le=LARGEST_NUMBER if maximum is None else maximum,
    )


def _time_schema(gauge: Gauge) -> CoreSchema:
    if gauge.record.time_format == "iso8601":
        return core_schema.datetime_schema(strict=True)
    return core_schema.float_schema(strict=True, allow_inf_nan=False)


def _label_schema(gauge: Gauge) -> CoreSchema:
    if gauge.task is Task.REGRESSION:
        return _number(gauge.label.minimum, gauge.label.maximum)
    schemas: dict[type, CoreSchema] = {
        bool: core_schema.bool_schema(strict=True),
        int: core_schema.int_schema(strict=True),
        str: core_schema.str_schema(strict=True),
    }
    kinds = {type(value) for value in gauge.classes}
    return core_schema.union_schema([schema for kind, schema in schemas.items() if kind in kinds], mode="left_to_right")


def _time_reader(gauge: Gauge) -> Any:
    earliest, latest = (_aware(datetime.fromisoformat(bound)) for bound in (gauge.record.earliest, gauge.record.latest))
    scale = {"unix_seconds": 1.0, "unix_milliseconds": 1e-3}.get(gauge.record.time_format)

    def read(value: datetime | float) -> datetime | str:
        try:
            time = _aware(value) if isinstance(value, datetime) else _EPOCH + timedelta(seconds=value * (scale or 1.0))
        except OverflowError:
            time = None
        if time is None or not earliest <= time <= latest:
            return f"event time must lie between {gauge.record.earliest} and {gauge.record.latest}, got {value}"
        return time

    return read


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


_REASONS: Final[dict[str, Reason]] = {
    "json_invalid": Reason.NOT_JSON,
    "dict_type": Reason.NOT_AN_OBJECT,
    "extra_forbidden": Reason.UNKNOWN_FIELD,
    "finite_number": Reason.OUT_OF_RANGE,
    "greater_than_equal": Reason.OUT_OF_RANGE,
    "less_than_equal": Reason.OUT_OF_RANGE,
    "string_too_long": Reason.OUT_OF_RANGE,
    "literal_error": Reason.UNKNOWN_CATEGORY,
}
_REASONS_BY_FIELD: Final[dict[str, Reason]] = {_ID: Reason.BAD_ID, _TIME: Reason.BAD_TIME}


def _explain(error: ValidationError) -> tuple[Reason, str]:
    # The first problem is enough to act on; values are shown up to a length a person reads.
    problems = [
        problem
        for problem in error.errors(include_url=False, include_context=False)
        if MISSING not in problem["loc"][1:]  # that a value is no marker either is no news
    ]
    kind, where, what = problems[0]["type"], problems[0]["loc"], problems[0]["msg"]
    field = str(where[0]) if where else ""
    reason = _REASONS_BY_FIELD.get(field) or _REASONS.get(kind, Reason.WRONG_TYPE)
    detail = f"{field.lstrip(chr(0))}: {what}" if field else what
    if kind != "json_invalid":
        detail += f", got {_shortened(repr(problems[0]['input']))}"
        if field not in _REASONS_BY_FIELD:
            detail += marker_hint(problems[0]["input"])
    others = len({problem["loc"][:1] for problem in problems}) - 1  # one field may have several: not text, not whole
    if others:
        detail += f" (and {others} more fields)" if others > 1 else " (and 1 more field)"
    return reason, _shortened(detail, 400)


def _shortened(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."
