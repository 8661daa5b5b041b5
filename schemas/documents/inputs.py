"""JSON Schemas of what a gauge reads: an event, and a label that comes later.

A schema takes every record that the worker takes, and refuses most that would become dead letters. What JSON Schema
cannot say is left to the words: times that are none, numbers of more than 256 digits, what the state decides.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.documents.typed import Schema
from schemas.gauge import LARGEST_NUMBER, Arrival, Feature, Gauge, Path, Task, steps

_LONGEST: Final = 256
_UNITS: Final = {
    "unix_seconds": "seconds",
    "unix_milliseconds": "milliseconds",
    "unix_microseconds": "microseconds",
    "unix_nanoseconds": "nanoseconds",
}


def event_schema(gauge: Gauge) -> Schema:
    """An event, which may bring its label."""
    label, record = gauge.label, gauge.record
    tree = _Tree(gauge)
    if record.id is not None:
        tree.put(record.id, _id(), required=True)
    if record.time is not None:
        tree.put(record.time, _time(gauge), required=True)
    for name, feature in gauge.features.items():
        schema = _feature(feature)
        if feature.optional:
            schema = _or_none(schema, record.missing)
        tree.put(feature.field or name, schema, required=not feature.optional)
    tree.put(label.field, _or_none(_label(gauge), record.missing), required=False)
    later = " It may come later, as a record of its own." if label.arrival is Arrival.LATER else ""
    tree.may_have(beside=True)
    return tree.schema(
        f"event of {gauge.name}", f"One event: it is scored, and its label, if it has one, learned.{later}"
    )


def label_schema(gauge: Gauge) -> Schema | None:
    """A label in a record of its own; ``None`` where labels come with their events."""
    record = gauge.record
    if gauge.label.arrival is not Arrival.LATER or record.id is None:
        return None
    tree = _Tree(gauge)
    tree.put(record.id, _id(), required=True)
    tree.put(gauge.label.field, _label(gauge), required=True)
    if record.time is not None:
        tree.put(record.time, _or_none(_time(gauge), record.missing), required=False)
    tree.may_have(beside=False)
    return tree.schema(
        f"label of {gauge.name}",
        "The label of the event of this id. A record with a feature that is not null is an event.",
    )


class _Tree:
    """Values at their places in nested objects."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._root: Schema = {"type": "object", "properties": {}, "required": []}

    def put(self, path: Path, schema: Schema, *, required: bool) -> None:
        """Have ``schema`` at ``path``; the objects on the way must be there if the value must."""
        *way, last = steps(path)
        here = self._root
        for step in way:
            here = self._within(here, step, required=required)
        self._require(here, last, required)
        here["properties"].setdefault(last, schema)

    def may_have(self, *, beside: bool) -> None:
        """Have what the gauge file names beside its values: it may be there, and is not looked at by the door."""
        gauge = self._gauge
        properties = self._root["properties"]
        named = [*gauge.record.ignore, gauge.record.key, gauge.label.time]
        slices = [one.path(name)[0] for name, one in gauge.slices.items() if one.of is None]
        for name in [*(steps(path)[0] for path in named if path is not None), *slices]:
            properties.setdefault(name, {})
        self._root["additionalProperties"] = gauge.record.unknown_fields == "ignore" or not beside

    def schema(self, title: str, words: str) -> Schema:
        """The whole."""
        return {"title": title, "description": words, **_pruned(self._root)}

    def _within(self, here: Schema, step: str, *, required: bool) -> Schema:
        self._require(here, step, required)
        markers = ["string", "number"] if self._gauge.record.missing else []
        inner: Schema = here["properties"].setdefault(
            step, {"type": ["object", "null", *markers], "properties": {}, "required": []}
        )
        if required:
            inner["type"] = "object"
        return inner

    def _require(self, here: Schema, name: str, required: bool) -> None:
        if required and name not in here["required"]:
            here["required"].append(name)


def _pruned(schema: Schema) -> Schema:
    """Without lists of nothing."""
    found = {key: value for key, value in schema.items() if not (key == "required" and value == [])}
    if "properties" in found:
        found["properties"] = {name: _pruned(one) for name, one in found["properties"].items()}
    return found


def _or_none(schema: Schema, markers: list[str]) -> Schema:
    """``schema``, null, or a marker of a missing value; one that is a number is that number too."""
    if not markers and isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    numbers = [number for marker in markers if (number := _number_of(marker)) is not None]
    return {"anyOf": [schema, {"enum": [None, *markers, *numbers]}]}


def _number_of(marker: str) -> float | None:
    try:
        number = float(marker)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _id() -> Schema:
    return {"type": ["string", "integer"], "minLength": 1, "maxLength": _LONGEST}


def _time(gauge: Gauge) -> Schema:
    record = gauge.record
    between = f"between {record.earliest} and {record.latest}"
    if record.time_format == "iso8601":
        return {"type": "string", "description": f"Event time, ISO 8601, UTC where it names no zone; {between}."}
    unit = _UNITS[record.time_format]
    return {"type": "number", "description": f"Event time, {unit} since 1970-01-01T00:00:00Z; {between}."}


def _feature(feature: Feature) -> Schema:
    if feature.type == "number":
        return _number(feature.minimum, feature.maximum)
    if feature.type == "boolean":
        return {"type": "boolean"}
    if feature.values is None:
        return {"type": ["string", "integer"], "maxLength": _LONGEST}
    # A whole number is read as the text that it is written with.
    numbers = [int(value) for value in feature.values if _is_written_number(value)]
    return {"enum": [*feature.values, *numbers]}


def _is_written_number(value: str) -> bool:
    return value.removeprefix("-").isdecimal() and value.isascii() and str(int(value)) == value


def _label(gauge: Gauge) -> Schema:
    if gauge.task is Task.REGRESSION:
        return _number(gauge.label.minimum, gauge.label.maximum)
    values: list[Any] = list(gauge.classes)
    return {"enum": values}


def _number(minimum: float | None, maximum: float | None) -> Schema:
    return {
        "type": "number",
        "minimum": -LARGEST_NUMBER if minimum is None else minimum,
        "maximum": LARGEST_NUMBER if maximum is None else maximum,
    }
