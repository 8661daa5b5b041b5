"""JSON Schemas of the records' headers, which are text in UTF-8: CloudEvents' attributes, and what dead letters add."""

from __future__ import annotations

from typing import Final

from schemas.documents.typed import Schema
from schemas.events import Reason
from schemas.gauge import Gauge
from schemas.record_table import Kind
from schemas.records import DeadLetter, Prediction

_NUMBER: Final = {"type": "string", "pattern": "^[0-9]+$"}
_DIGEST: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT: Final = {"type": "string"}
_ERRORS: Final = "__connect.errors."


def header_schema(kind: Kind, gauge: Gauge | None = None) -> Schema:
    """The JSON Schema of a record's headers, as an object of texts; others than these are allowed."""
    always = {**_attributes(kind, gauge), **(_refusal(gauge) if kind.record is DeadLetter else {})}
    sometimes = {"ce_time": {"type": "string", "format": "date-time", "description": "Event time, where there is one."}}
    if kind.record is DeadLetter:
        sometimes |= _CUT
    return {
        "title": f"{kind.ce_type}, headers",
        "type": "object",
        "properties": always | sometimes,
        "required": [*always],
    }


def _attributes(kind: Kind, gauge: Gauge | None) -> dict[str, Schema]:
    topic = "[^:]+" if gauge is None else gauge.topics.input.replace(".", r"\.")
    found: dict[str, Schema] = {} if kind.content_type is None else {"content-type": {"const": kind.content_type}}
    found |= {
        "ce_specversion": {"const": "1.0"},
        "ce_type": {"const": kind.ce_type},
        "ce_source": _source(gauge),
        "ce_id": {
            "type": "string",
            "pattern": rf"^{topic}:[0-9]+(\.[0-9]+)?:[0-9]+:{kind.name}:[0-9]+$",
            "description": "topic:partition[.epoch]:offset:kind:n of the input record that caused it.",
        },
    }
    if kind.record is Prediction:
        found["ce_subject"] = {"type": "string", "description": "The event's id."}
    return found


def _source(gauge: Gauge | None) -> Schema:
    if gauge is None:
        return {"type": "string", "pattern": "^/rivergauge/", "description": "/rivergauge/ and the gauge's name."}
    return {"const": f"/rivergauge/{gauge.name}"}


def _refusal(gauge: Gauge | None) -> dict[str, Schema]:
    topic, name = (_TEXT, _TEXT) if gauge is None else ({"const": gauge.topics.input}, {"const": gauge.name})
    return {
        "ce_reason": {"enum": [reason.value for reason in Reason]},
        "rivergauge_record": {"enum": ["event", "label", "command"]},
        f"{_ERRORS}topic": topic,
        f"{_ERRORS}partition": _NUMBER,
        f"{_ERRORS}offset": {**_NUMBER, "description": "Where the refused record is."},
        f"{_ERRORS}connector.name": name,
        f"{_ERRORS}task.id": _NUMBER,
        f"{_ERRORS}stage": {"enum": ["VALUE_CONVERTER", "TASK_PUT"]},
        f"{_ERRORS}class.name": _TEXT,
        f"{_ERRORS}exception.class.name": _TEXT,
        f"{_ERRORS}exception.message": {
            "type": "string",
            "description": "What was wrong, what was expected, and what came.",
        },
    }


_WHOLE: Final = "of the whole record, where the topic would not take it and a prefix was published."
_CUT: Final = {
    f"rivergauge_{part}_{what}": {**schema, "description": f"The {part}'s {words} {_WHOLE}"}
    for part in ("key", "value")
    for what, schema, words in (("length", _NUMBER, "bytes"), ("sha256", _DIGEST, "SHA-256"))
}
