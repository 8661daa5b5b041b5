"""Label records and events: the same answer for a record that is refused, accepted, or made from a row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.door.decoder import Decoder
from models.door.label_records import LabelRecords
from schemas.events import LabelReceived, Rejected
from streams.data.rowparts import LineReader
from tests import builders
from tests.builders import Arrived

GAUGE = builders.gauge(
    '[record]\nmissing = ["NA", "-999", "NaN"]\n[features]\na = { type = "number", optional = true }\n'
    'b = { type = "category", field = "deep.b", optional = true }'
)
NEEDY = builders.gauge('[record]\nmissing = ["NA", "-999", "NaN"]\n[features]\na = "number"')

ROWS: list[tuple[dict[str, Any], bool]] = [
    ({"y": "bad"}, True),
    ({"y": "bad", "a": None}, True),
    ({"y": "bad", "a": "NA"}, True),
    ({"y": "bad", "a": -999}, True),
    ({"y": "bad", "a": float("nan")}, True),
    ({"y": "bad", "deep": {}}, True),
    ({"y": "bad", "deep": {"b": None}}, True),
    ({"y": "bad", "note": 1}, True),
    ({"y": None}, False),
    ({"y": "NA"}, False),
    ({}, False),
    ({"y": "bad", "a": 1}, False),
    ({"y": "bad", "a": 0}, False),
    ({"y": "bad", "deep": {"b": "red"}}, False),
    ({"y": None, "a": 1}, False),
]


@pytest.mark.parametrize(("fields", "is_label"), ROWS)
def test_a_label_record_has_a_label_and_no_feature(fields: dict[str, Any], is_label: bool):
    raw = builders.record("i", **fields)

    assert LabelRecords(GAUGE).has(json.loads(raw)) is is_label
    assert isinstance(Decoder(GAUGE).decode(Arrived(raw)), LabelReceived) is is_label
    assert LineReader(GAUGE)(raw, 0).is_label is is_label


@pytest.mark.parametrize(("fields", "is_label"), ROWS)
def test_a_refused_record_is_of_the_kind_that_it_would_be_if_it_were_accepted(fields: dict[str, Any], is_label: bool):
    refused = Decoder(GAUGE).decode(Arrived(builders.record("", **fields)))

    assert isinstance(refused, Rejected)
    assert refused.of_label is is_label


@pytest.mark.parametrize("label", [None, "NA"])
def test_a_label_that_has_not_come_makes_no_label_record_of_an_event_without_features(label: str | None):
    raw = builders.label("i", label)

    refused = Decoder(NEEDY).decode(Arrived(raw))

    assert isinstance(refused, Rejected)
    assert not refused.of_label
    assert not LineReader(NEEDY)(raw, 0).is_label
