"""Columns by which events are sliced, in CSV files and in JSON lines."""

from __future__ import annotations

import pytest

from models.door.decoder import Decoder
from schemas.events import LabelledEvent
from streams.data.datafile import rows
from streams.data.replay import records
from streams.data.unpacking import DataFileError
from tests import builders

GAUGE = """
[label]
arrival = "with_event"
[features]
a = "number"
b = { type = "number", optional = true }
[slices.sex]
field = "person.sex"
[slices.age]
field = "person.age"
bins = [30]
"""
CSV = "id,at,a,sex,person.age,y\n1,2024-01-01,1.5, f ,40,bad\n2,2024-01-01,2,,x,good\n"
LINES = (
    '{"id": "1", "at": "2024-01-01", "a": 1.5, "person": {"sex": "f", "age": 40}, "y": "bad"}\n'
    '{"id": "2", "at": "2024-01-01", "a": 2, "person": {"age": "x"}, "y": "good"}\n'
)


@pytest.mark.parametrize(("name", "content"), [("d.csv", CSV), ("d.jsonl", LINES)])
def test_a_column_that_is_no_feature_is_carried_to_the_events(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    gauge = builders.gauge(GAUGE)

    events = [Decoder(gauge).decode(record) for record in records(rows(path), gauge)]

    assert [type(event) for event in events] == [LabelledEvent] * 2
    assert [event.aside for event in events] == [("f", 40.0), (None, None)]  # type: ignore[union-attr]
    assert [event.x for event in events] == [{"a": 1.5}, {"a": 2.0}]  # type: ignore[union-attr]


def test_a_csv_file_without_the_column_is_refused_with_the_nearest_one(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(CSV.replace("sex", "sexx"))
    gauge = builders.gauge(GAUGE)

    with pytest.raises(DataFileError, match=r"'person\.sex' \(slices\.sex\)"):
        next(records(rows(path), gauge))


def test_a_slice_by_an_optional_feature_needs_no_column_of_its_own(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(CSV)
    gauge = builders.gauge(GAUGE + "[slices.b]\nbins = [1]\n")

    [event, _] = [Decoder(gauge).decode(record) for record in records(rows(path), gauge)]

    assert event.aside == ("f", 40.0, None)  # type: ignore[union-attr]
