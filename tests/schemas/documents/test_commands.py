"""The schema of operators' words, against what reads them: the same commands are taken, and only those allowed."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from schemas.commands import ALLOWED_BY, COMMAND
from schemas.documents.asyncapi import asyncapi
from schemas.documents.commands import command_schema
from schemas.documents.records import record_schemas
from tests import builders

ALL = builders.gauge('[operators]\nallow = ["promote", "roll_back", "retrain", "pause", "approve"]')
SOME = builders.gauge('[operators]\nallow = ["pause"]')
NONE = builders.gauge()


def is_read(command: dict[str, Any]) -> bool:
    try:
        COMMAND.validate_json(json.dumps(command))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("word", [*ALLOWED_BY, "reset"])
def test_the_schema_takes_what_is_read_as_a_command(word: str):
    validator = Draft202012Validator(command_schema(ALL) or {})
    parts: list[dict[str, Any]] = [{"version": text} for text in ("0-3", "2.1-7", "three", "")] + [{}]
    whos = [{"who": text} for text in ("ann@ops", "", "a" * 201, "a\nb", 7)] + [{}]
    whys = [{"why": text} for text in ("", "noon", "a" * 501, "\u2028")] + [{}, {"when": "now"}]

    made = [{"command": word, **a, **b, **c} for a, b, c in product(parts, whos, whys)] + [{"who": "ann"}]

    assert [one for one in made if validator.is_valid(one) != is_read(one)] == []
    assert any(map(is_read, made)) == (word in ALLOWED_BY)


def test_only_what_the_gauge_allows_is_described():
    schema = command_schema(SOME)

    assert schema is not None
    Draft202012Validator.check_schema(schema)
    words = [choice["properties"]["command"]["const"] for choice in schema["oneOf"]]
    assert words == ["pause", "resume"]
    assert command_schema(NONE) is None


@pytest.mark.parametrize(("gauge", "has"), [(ALL, True), (NONE, False)])
def test_commands_are_on_the_input_where_some_are_allowed(gauge: Any, has: bool):
    document = asyncapi(gauge, "1.2.3")

    assert ("command" in document["channels"]["input"]["messages"]) == has
    assert ("command" in document["components"]["messages"]) == has
    assert ("command" in record_schemas(gauge)) == ("command.headers" in record_schemas(gauge)) == has
