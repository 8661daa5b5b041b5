"""The schemas of records: the files hold what is generated, and what is published is what they say, and no other."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.documents.records import record_schemas
from schemas.record_table import KINDS
from tests.schemas.documents.published import FILES, STREAMS, gauge_of, published, wrong

COMMITTED = {path.name.removesuffix(".json"): path for path in (files("schemas") / "json").iterdir()}
GENERAL = record_schemas()


def test_the_files_hold_what_is_generated():
    """After a change of a record: ``make schemas``."""
    assert {name: json.loads(path.read_text(encoding="utf-8")) for name, path in COMMITTED.items()} == GENERAL


def test_each_record_has_a_schema_of_its_headers_and_each_but_a_dead_letter_one_of_its_value():
    names = [kind.ce_type.removeprefix("io.rivergauge.") for kind in KINDS]

    assert {f"{name}.headers" for name in names} | {*names} - {"dead_letter.v1"} == GENERAL.keys()


@pytest.mark.parametrize("name", [*FILES, *STREAMS])
def test_what_is_published_is_what_the_files_say(name: str):
    records = published(name)
    looked_at = {one.kind for one in records}

    assert {kind.name for kind in looked_at} >= {"prediction", "version"}
    assert name not in ("binary", "multiclass") or looked_at == {*KINDS}
    assert [*wrong(GENERAL, records)][:5] == []


@pytest.mark.parametrize("name", [*FILES, *STREAMS])
def test_what_is_published_is_what_its_gauge_says(name: str):
    schemas = record_schemas(gauge_of(name))

    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert [*wrong(schemas, published(name))][:5] == []


PREDICTION = {
    "position": 7,
    "id": "p-7",
    "y_pred": "bad",
    "probabilities": {"good": 0.25, "bad": 0.75},
    "version": "0-1",
    "held_out": False,
    "interval": None,
    "set": ["bad"],
    "abstained": None,
}


@pytest.mark.parametrize(
    "broken",
    [
        {"position": "7"},
        {"position": None},
        {"id": 7},
        {"probabilities": {"bad": 1.5}},
        {"version": None},
        {"held_out": 0},
        {"interval": [1.0]},
    ],
)
def test_a_broken_prediction_is_refused(broken: dict[str, Any]):
    validator = Draft202012Validator(GENERAL["prediction.v1"])

    assert validator.is_valid(PREDICTION)
    assert not validator.is_valid({**PREDICTION, **broken})


@pytest.mark.parametrize(
    "broken",
    [
        {"y_pred": "ugly"},
        {"y_pred": 1},
        {"probabilities": {"good": 0.25}},
        {"probabilities": {"good": 0.25, "bad": 0.75, "ugly": 0.0}},
        {"interval": [0.0, 1.0]},
        {"set": ["ugly"]},
        {"abstained": "width"},
    ],
)
def test_a_gauges_own_schema_refuses_what_the_gauge_never_publishes(broken: dict[str, Any]):
    validator = Draft202012Validator(record_schemas(gauge_of("binary"))["prediction.v1"])

    assert validator.is_valid(PREDICTION)
    assert not validator.is_valid({**PREDICTION, **broken})


def test_who_and_why_are_there_where_an_operator_led_to_a_step():
    versions = [one.json for one in published("operated") if one.kind.name == "version"]

    assert {"who" in one for one in versions} == {True, False}
    assert all(("who" in one) == ("why" in one) for one in versions)


@pytest.mark.parametrize("kind", ["version", "report", "prediction"])
def test_a_record_without_one_of_its_fields_is_refused(kind: str):
    validator = Draft202012Validator(GENERAL[f"{kind}.v1"])
    record = next(one for one in reversed(published("binary")) if one.kind.name == kind).json

    needless = [name for name in record if validator.is_valid({key: record[key] for key in record if key != name})]

    assert needless == (["interval", "set", "abstained"] if kind == "prediction" else [])


def test_headers_of_another_record_are_refused():
    validator = Draft202012Validator(GENERAL["prediction.v1.headers"])
    [first, *_] = [one for one in published("binary") if one.kind.name == "prediction"]

    assert validator.is_valid(first.headers)
    assert not validator.is_valid({**first.headers, "ce_type": "io.rivergauge.alert.v1"})
    assert not validator.is_valid({key: text for key, text in first.headers.items() if key != "ce_id"})
