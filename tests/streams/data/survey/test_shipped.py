"""The shipped examples and the developer data, stripped of their gauge files: what `init` makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models.check import problems
from models.door.decoder import Decoder
from schemas.events import Rejected
from schemas.gauge import Arrival, Gauge, Task, parse
from streams.data.backtest import backtest
from streams.data.datafile import rows
from streams.data.replay import records
from streams.data.survey.draft import Draft, Wanted, draft
from streams.data.survey.table import look
from streams.data.survey.text import text_of
from streams.here.gaugefile import load
from tests.conftest import ROOT

ROWS = 2_000
EXAMPLES = ROOT / "examples"

LEFT_TO_ITS_OWNER = {"flight", "tailnum", "plane_model"}
"""Codes that the shipped files leave out by hand: nothing in the rows shows that a flight's number is no quantity."""


def suggested(path: Path, label: str) -> tuple[Draft, Gauge]:
    found = draft(look(path, label, limit=ROWS), Wanted("pumps"))
    return found, parse(text_of(found, path.name))


@pytest.mark.parametrize(
    ("example", "gauge_file", "label"),
    [
        ("insects", "gauge.toml", "species"),
        ("flights", "gauge.toml", "late"),
        ("flights", "delay.toml", "arr_delay"),
    ],
)
def test_an_example_is_taken_for_what_its_gauge_file_says(example, gauge_file, label):
    data = EXAMPLES / example / f"{example}.csv.gz"
    shipped = load(EXAMPLES / example / gauge_file)

    found, gauge = suggested(data, label)

    assert {name: gauge.features[name].type for name in shipped.features} == {
        name: feature.type for name, feature in shipped.features.items()
    }
    assert gauge.features.keys() - shipped.features.keys() == LEFT_TO_ITS_OWNER.intersection(gauge.features)
    # Of 2,000 rows not every column lacks a value; what may be missing there may be missing in the shipped file.
    optional = {name for name in shipped.features if gauge.features[name].optional}
    assert optional <= {name for name, feature in shipped.features.items() if feature.optional}
    # Another value of a category is refused where the shipped file refuses it; bounds of numbers are its owner's.
    assert {name: gauge.features[name].values for name in shipped.features} == {
        name: feature.values for name, feature in shipped.features.items()
    }
    assert (gauge.task, set(gauge.classes)) == (shipped.task, set(shipped.classes))
    assert gauge.label.positive == shipped.label.positive
    assert (gauge.label.arrival, gauge.label.time) == (shipped.label.arrival, shipped.label.time)
    assert (gauge.record.id, gauge.record.time) == (shipped.record.id, shipped.record.time)
    assert found.candidates[0] == shipped.candidates[0].name
    assert gauge.metric == shipped.metric
    assert problems(gauge) == []


def test_a_backtest_of_what_was_suggested_refuses_nothing():
    data = EXAMPLES / "flights" / "flights.csv.gz"

    result = backtest(suggested(data, "late")[1], data, limit=500)

    assert (result.refusals.total, result.learner.counts.events) == (0, 500)


DATA: dict[str, tuple[str, Task, Callable[[Gauge], bool]]] = {
    "adult": ("class", Task.BINARY, lambda gauge: gauge.label.positive == ">50K" and len(gauge.features) == 14),
    "bikes_toulouse": ("bikes", Task.REGRESSION, lambda gauge: gauge.record.time == "moment"),
    # Three columns are constant until row 17,424.
    "elec2": (
        "class",
        Task.BINARY,
        lambda gauge: {"date", "day", "period", "nswprice", "nswdemand"} == {*gauge.features},
    ),
    "flights_nyc13": ("late", Task.BINARY, lambda gauge: gauge.label.arrival is Arrival.LATER),
    "fraud_tx": (
        "TX_FRAUD",
        Task.BINARY,
        lambda gauge: (
            gauge.record.id == "TRANSACTION_ID"
            and {name: feature.type for name, feature in gauge.features.items()}
            == {"CUSTOMER_ID": "category", "TERMINAL_ID": "category", "TX_AMOUNT": "number"}
        ),
    ),
    "insects_abrupt": ("species", Task.MULTICLASS, lambda gauge: len(gauge.features) == 49),
    "interchanging_rbf": ("class", Task.MULTICLASS, lambda gauge: gauge.classes == tuple(range(15))),
}


@pytest.mark.parametrize("name", DATA)
def test_no_row_of_the_developer_data_is_refused(name, data_dir):
    path = data_dir / f"{name}.csv.gz"
    label, task, as_expected = DATA[name]

    _, gauge = suggested(path, label)

    decoder = Decoder(gauge)
    read = [decoder.decode(record) for record in records(rows(path), gauge, limit=ROWS)]
    assert [one for one in read if isinstance(one, Rejected)] == []
    assert (gauge.task, gauge.label.field) == (task, label)
    assert as_expected(gauge)
