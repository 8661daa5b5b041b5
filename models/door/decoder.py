"""Bytes to events: everything that can be wrong with a record is found here, before any state changes.

One compiled validator reads the JSON once and gives a flat ``{feature: value}``; there is no second parse and no object
per field. Of duplicate keys the last one counts, as in all common JSON parsers.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any, Final

from pydantic_core import ValidationError, from_json

from models.door.classes import Classes
from models.door.commands import Commands, form_of
from models.door.event_time import EventTime
from models.door.label_records import LabelRecords
from models.door.markers import MISSING, marker_hint, number_hint
from models.door.record_shape import (
    ASIDE,
    ID,
    LABEL,
    TIME,
    aside_paths,
    compiled,
    feature_paths,
    known_paths,
    private_fields,
)
from models.door.unknown_fields import count, meant
from schemas.events import EventReceived, Input, LabelledEvent, LabelReceived, Reason, Rejected
from schemas.gauge import Arrival, Gauge, Steps, Task, steps
from schemas.hints import did_you_mean
from schemas.log import Record
from schemas.printable import printable

_SHOWN: Final = 3


class Decoder:
    """Turns the bytes of one record into an input of the core; what is wrong comes back as `Rejected`, never raised.

    A record that has a label but no feature at all is a label record where the gauge's labels arrive later.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._max_bytes = gauge.record.max_bytes
        self._with_id = gauge.record.id is not None
        self._time = EventTime(gauge)
        self._read_time = self._time.read if gauge.record.time is not None else None
        self._labels_come_later = gauge.label.arrival is Arrival.LATER
        self._classes = Classes(gauge)
        self._code = None if gauge.task is Task.REGRESSION else self._classes.code
        self._features = tuple(gauge.features)
        self._required = frozenset(name for name, feature in gauge.features.items() if not feature.optional)
        self._may_be_null = len(self._required) < len(self._features) or bool(gauge.record.missing)
        self._paths = feature_paths(gauge)
        self._id_path, self._time_path = steps(gauge.record.id or ""), steps(gauge.record.time or "")
        self._label_records = LabelRecords(gauge)
        self._commands = Commands(gauge)
        self._known_paths = {path[:n] for path in known_paths(gauge) for n in range(1, len(path) + 1)}
        self._aside = tuple(f"{ASIDE}{number}" for number in range(len(aside_paths(gauge))))
        self._known = frozenset((*self._features, ID, TIME, LABEL, *self._aside))
        self._private = private_fields(gauge)
        self._strays: list[str | None] = []
        self._validator = compiled(gauge, self._time.schema(), self._strays.append)
        self.unknown_fields: dict[str, int] = {}
        """How many records had a top-level field of this name that the gauge does not know; the names are bounded. It
        is for the operator and no part of the learner's state: a restored worker counts anew."""

    @property
    def warnings(self) -> list[str]:
        """What the gauge's owner should hear of, each once, though no record was refused for it."""
        return self._time.warnings

    def decode(self, record: Record) -> Input:
        """Decode one record's value; its key is carried along untouched. By a header it is an operator's command."""
        if record.headers and (form := form_of(record.headers)) is not None:
            return self._commands.decode(record, form)
        value, key = record.value, record.key
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
            self._strays.clear()
            return self._rejected(*_explain(error, self._time, self._classes, self._private), key, value)
        return self._assemble(x, key, value)

    def _assemble(self, x: dict[str, Any], key: bytes | None, raw: bytes) -> Input:
        if self._strays:
            self._leave_out_unknown(x)
        event_id = x.pop(ID, None)
        time = x.pop(TIME, None)
        label = x.pop(LABEL, None)
        aside = tuple([x.pop(name, None) for name in self._aside]) if self._aside else ()
        if self._with_id and event_id is None:
            what = f"the record has no id (record.id){self._meant([self._id_path], raw)}"
            return self._rejected(Reason.BAD_ID, what, key, raw)
        if time is not None:
            assert self._read_time is not None
            time = self._read_time(time)
            if isinstance(time, str):
                return self._rejected(Reason.BAD_TIME, time, key, raw)
        if label is not None and self._code is not None:
            code = self._code(label)
            if code is None:
                known = _shortened(str(self._classes), 200)
                hint = self._classes.hint(label) or marker_hint(label)
                what = f"the label must be one of {known}, got {_shortened(repr(label))}{hint}"
                return self._rejected(Reason.UNKNOWN_LABEL, what, key, raw)
            label = code
        if self._may_be_null:
            x = {name: value for name, value in x.items() if value is not None}
        if not x and label is not None and self._labels_come_later:
            return LabelReceived(event_id, time, key, label, raw)
        if len(x) < len(self._features) and not self._required <= x.keys():
            missing = [name for name in self._features if name in self._required and name not in x]
            what = _shortened(f"required features are missing: {', '.join(missing)}", 200)
            meant = self._meant([self._paths[name] for name in missing[:_SHOWN]], raw)
            what += (
                meant or f"; if {'they' if missing[1:] else 'it'} may be missing, optional = true takes such records"
            )
            return self._rejected(Reason.MISSING_FIELD, what, key, raw)
        if time is None and self._read_time is not None:
            what = f"the record has no event time (record.time){self._meant([self._time_path], raw)}"
            return self._rejected(Reason.BAD_TIME, what, key, raw)
        if label is None:
            return EventReceived(event_id, time, key, x, raw, aside)
        return LabelledEvent(event_id, time, key, x, label, raw, aside)

    def _leave_out_unknown(self, x: dict[str, Any]) -> None:
        known = self._known
        names = [name for name in x if name not in known]
        for name in names:
            del x[name]
        count(self.unknown_fields, names)
        if any(self._strays):
            count(self.unknown_fields, [name for name in self._strays if name is not None])
        self._strays.clear()

    def _meant(self, paths: list[Steps], raw: bytes) -> str:
        # Read again, which only a refused record costs: an unknown field may be a known one, spelt otherwise.
        content = from_json(raw)
        near = {".".join(path): meant(content, path, self._known_paths) for path in paths}
        hints = [f"{printable(found)} may be meant as '{path}'" for path, found in near.items() if found is not None]
        return f"; of the unknown fields, {', '.join(hints)}" if hints else ""

    def _rejected(self, reason: Reason, detail: str, key: bytes | None, raw: bytes) -> Rejected:
        return Rejected(reason, detail, key, raw, self._labels_come_later and self._is_label(raw))

    def _is_label(self, raw: bytes) -> bool:
        try:
            return self._label_records.has(from_json(raw))  # read again, which only a refused record costs
        except ValueError:
            return False


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
_BOOLEAN_HINT: Final = "; a boolean is true or false, without quotation marks, in CSV also 1 or 0"
_PRIVATE: Final[dict[Reason, str]] = {
    Reason.OUT_OF_RANGE: "outside of what the gauge takes",
    Reason.UNKNOWN_CATEGORY: "none of the values that the gauge lists",
}
"""In place of pydantic's words, which list declared values and bounds."""
_REASONS_BY_FIELD: Final[dict[str, Reason]] = {ID: Reason.BAD_ID, TIME: Reason.BAD_TIME}


def _explain(error: ValidationError, time: EventTime, classes: Classes, private: Set[str]) -> tuple[Reason, str]:
    # The first problem is enough to act on; values are shown up to a length a person reads.
    problems = [
        problem
        for problem in error.errors(include_url=False, include_context=False)
        if MISSING not in problem["loc"][1:]  # that a value is no marker either is no news
    ]
    kind, where, what = problems[0]["type"], problems[0]["loc"], problems[0]["msg"]
    field = str(where[0]) if where else ""
    reason = _REASONS_BY_FIELD.get(field) or _REASONS.get(kind, Reason.WRONG_TYPE)
    if field and reason is Reason.NOT_AN_OBJECT:
        reason, what = Reason.WRONG_TYPE, "Input should be an object, for the gauge reads a value in it"
    elif reason is Reason.UNKNOWN_FIELD:
        what = 'the gauge does not name this field, and record.unknown_fields is "reject"'
    elif field in private:
        what = f"{_PRIVATE.get(reason, 'not of the type that the gauge names')}; the field is private, and not shown"
    detail = f"{printable(field.lstrip(chr(0)))}: {what}" if field else what
    if kind != "json_invalid" and field not in private:
        detail += f", got {_shown(problems[0]['input'])}"
        if field == TIME:
            detail += time.hint(problems[0]["input"])
        elif field == LABEL:
            hint = classes.hint(problems[0]["input"]) or marker_hint(problems[0]["input"])
            if kind == "float_type":
                hint += number_hint(problems[0]["input"])
            detail += hint or (f"; the classes are {_shortened(str(classes), 200)}" if str(classes) else "")
        elif field != ID:
            detail += marker_hint(problems[0]["input"])
            detail += number_hint(problems[0]["input"]) if kind == "float_type" else ""
            detail += _BOOLEAN_HINT if kind == "bool_type" else ""
            detail += _category_hint(problems[0]) if kind == "literal_error" else ""
    others = len({problem["loc"][:1] for problem in problems}) - 1  # one field may have several: not text, not whole
    if others:
        detail += f" (and {others} more fields)" if others > 1 else " (and 1 more field)"
    return reason, _shortened(detail, 400)


def _category_hint(problem: Any) -> str:
    # The message lists the values, each in quotation marks; one of them may be meant in other letters.
    wanted = str(problem["input"]).strip().casefold()
    near = [known for known in re.findall("'([^']*)'", problem["msg"]) if known.casefold() == wanted]
    return did_you_mean(near[:1])


def _shown(value: Any) -> str:
    # As JSON writes it: the record has no None and no True.
    json = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return _shortened(json)


def _shortened(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."
