"""JSON Schemas of operators' words in the input topic: those that a gauge allows."""

from __future__ import annotations

from typing import get_args

from schemas.commands import ALLOWED_BY, FORM, HEADER, Command, lacking
from schemas.documents.typed import Schema, plain_words
from schemas.gauge import Gauge


def command_schema(gauge: Gauge) -> Schema | None:
    """A command's value; ``None`` where the gauge allows none."""
    words = [word for word in ALLOWED_BY if lacking(word, gauge.operators.allow) is None]
    if not words:
        return None
    by_word = {type_.model_fields["command"].default: type_ for type_ in get_args(Command)}
    choices = []
    for word in words:
        schema = by_word[word].model_json_schema()
        fields = {
            name: {key: value for key, value in field.items() if key not in ("title", "default")}
            for name, field in schema["properties"].items()
        }
        choices.append(
            {
                "description": plain_words(by_word[word].__doc__),
                "type": "object",
                "properties": {"command": fields.pop("command"), **fields},
                "required": ["command", *schema["required"]],
                "additionalProperties": False,
            }
        )
    return {
        "title": f"command to {gauge.name}",
        "description": "An operator's words: obeyed where they stand in the log, by the worker of their partition.",
        "oneOf": choices,
    }


def command_headers() -> Schema:
    """What makes a record a command."""
    return {
        "title": "headers of a command",
        "type": "object",
        "properties": {HEADER: {"const": FORM.decode()}},
        "required": [HEADER],
    }
