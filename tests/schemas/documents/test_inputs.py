"""The schemas of what a gauge reads, against the door itself: a record that it takes is never refused by its schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from models.door.decoder import Decoder
from schemas.documents.inputs import event_schema, label_schema
from schemas.events import LabelReceived, Rejected
from schemas.gauge import Gauge
from tests import builders

PLAIN = builders.gauge()
NESTED = builders.gauge(
    """
[record]
id = "meta.id"
key = "meta.tenant"
unknown_fields = "reject"
ignore = ["note"]
missing = ["NA", "-999"]
time_format = "unix_seconds"
[label]
positive = 1
negative = 0
[features]
a = { type = "number", field = "x.a", minimum = 0, maximum = 10 }
b = { type = "boolean", field = "x.b", optional = true }
site = { type = "category", values = ["north", "7"], optional = true }
depth = { type = "number", field = "well.depth", optional = true }
"""
)
NUMBERS = builders.gauge(
    '[label]\narrival = "with_event"\nminimum = 0\n[record]\nmissing = ["?"]',
    task="regression",
    candidates=["linear_regression"],
)
GAUGES = {"plain": PLAIN, "nested": NESTED, "numbers": NUMBERS}

VALUES = st.one_of(
    st.sampled_from([None, True, False, "NA", "-999", -999, "?", "north", "7", 7, 7.0, 1, 0, 1.0, "1", "bad", "good"]),
    st.sampled_from([1e300, 2.5, -1, 11, "", "x" * 257, 10**20, 1.5e9, "2024-01-01T00:00:00Z", [], {}]),
)
NAMES = ("id", "at", "y", "a", "b", "site", "note", "other")
FLAT = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
DEEP = st.fixed_dictionaries(
    {},
    optional={
        "meta": st.one_of(st.fixed_dictionaries({"id": VALUES}), VALUES),
        "x": st.one_of(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2), VALUES),
        "well": st.one_of(st.fixed_dictionaries({"depth": VALUES}), VALUES),
        **dict.fromkeys(("at", "y", "site", "note", "other"), VALUES),
    },
)
GOOD = {
    "plain": {"id": "e1", "at": "2024-01-01T00:00:00Z", "a": 1.5},
    "nested": {"meta": {"id": 5}, "at": 1.5e9, "x": {"a": 2}},
    "numbers": {"id": "e1", "at": "2024-01-01", "a": 1.5, "y": 3},
}


def is_taken(gauge: Gauge, record: Any) -> bool:
    """Whether a schema takes it, of an event or a label."""
    schemas = [event_schema(gauge), label_schema(gauge)]
    return any(Draft202012Validator(schema).is_valid(record) for schema in schemas if schema is not None)


def door(gauge: Gauge, record: Any) -> Any:
    return Decoder(gauge).decode(builders.Arrived(json.dumps(record).encode()))


@pytest.mark.parametrize("name", GAUGES)
def test_what_the_door_takes_no_schema_refuses(name: str):
    gauge = GAUGES[name]

    @given(changes=DEEP if name == "nested" else FLAT, keep=st.booleans())
    def takes(changes: dict[str, Any], keep: bool) -> None:
        record = {**GOOD[name], **changes} if keep else changes
        if not isinstance(door(gauge, record), Rejected):
            assert is_taken(gauge, record)

    takes()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        *((name, {}) for name in GAUGES),
        ("plain", {"b": None}),
        ("plain", {"site": 10**20}),
        ("plain", {"id": 7}),
        ("plain", {"id": 7.0, "other": [1]}),
        ("plain", {"y": "bad"}),
        ("plain", {"y": None}),
        ("nested", {"site": 7}),
        ("nested", {"site": "7"}),
        ("nested", {"site": "NA"}),
        ("nested", {"x": {"a": 10, "b": -999}}),
        ("nested", {"x": {"a": 10, "b": "-999", "c": 1}}),
        ("nested", {"well": None}),
        ("nested", {"well": "NA"}),
        ("nested", {"well": {"depth": 1}, "note": [1], "y": 1.0}),
        ("numbers", {"y": "?"}),
    ],
)
def test_a_good_record_is_taken_by_both(name: str, change: dict[str, Any]):
    record = {**GOOD[name], **change}

    assert not isinstance(door(GAUGES[name], record), Rejected)
    assert is_taken(GAUGES[name], record)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("plain", {"a": "1.5"}),
        ("plain", {"a": None}),
        ("plain", {"a": True}),
        ("plain", {"a": 1e300}),
        ("plain", {"id": ""}),
        ("plain", {"id": 1.5}),
        ("plain", {"at": 5}),
        ("plain", {"site": False}),
        ("plain", {"site": "x" * 257}),
        ("plain", {"y": "ugly"}),
        ("nested", {"x": {"a": -1}}),
        ("nested", {"x": {"a": "NA"}}),
        ("nested", {"x": {}}),
        ("nested", {"x": None}),
        ("nested", {"x": {"a": 1, "b": 1}}),
        ("nested", {"meta": {}}),
        ("nested", {"other": 1}),
        ("nested", {"site": "south"}),
        ("nested", {"site": 8}),
        ("nested", {"y": True}),
        ("nested", {"at": "2024-01-01"}),
        ("numbers", {"y": -1}),
        ("numbers", {"y": "NA"}),
    ],
)
def test_what_the_door_refuses_for_what_it_is_its_schema_refuses(name: str, change: dict[str, Any]):
    record = {**GOOD[name], **change}

    assert isinstance(door(GAUGES[name], record), Rejected)
    assert not is_taken(GAUGES[name], record)


def test_a_label_has_a_schema_where_labels_come_later():
    label = {"id": "e1", "y": "bad"}
    schema = label_schema(PLAIN)

    assert schema is not None
    assert isinstance(door(PLAIN, label), LabelReceived)
    assert Draft202012Validator(schema).is_valid(label)
    assert not Draft202012Validator(schema).is_valid({"id": "e1", "y": None})
    assert label_schema(NUMBERS) is None


def test_the_schemas_are_schemas():
    for gauge in GAUGES.values():
        for schema in (event_schema(gauge), label_schema(gauge)):
            Draft202012Validator.check_schema(schema or {})
