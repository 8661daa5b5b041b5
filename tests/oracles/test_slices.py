"""Per-group figures of real streams, recomputed with pandas from the predictions file and the data by id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from pydantic_core import to_json
from river import metrics

from schemas.evaluated import Flag, Sureness
from streams.data.backtest import as_json, backtest
from tests.oracles import gauges

ADULT = """
name = "adult"
task = "binary"
[label]
field = "class"
positive = ">50K"
negative = "<=50K"
[record]
missing = ["?"]
[features]
age = "number"
education-num = "number"
hours-per-week = "number"
capital-gain = "number"
marital-status = "category"
[slices.sex]
[slices.race]
max_groups = 3
[slices.age]
bins = [30, 50]
[slices.sex_and_age]
of = ["sex", "age"]
"""

SLICED_FLIGHTS = """
[slices.origin]
[slices.wind]
field = "wind_speed"
bins = [5, 10.5, 20]
[slices.engine]
field = "plane_engine"
values = ["Turbo-fan"]
[slices.origin_and_wind]
of = ["origin", "wind"]
"""


class Run(NamedTuple):
    """What a backtest printed for programs, and its rows with the answers to them."""

    printed: dict[str, Any]
    rows: pd.DataFrame

    def figures(self, name: str) -> dict[str, dict[str, Any]]:
        return {group["group"]: group for group in self.printed["evaluated"]["slices"][name]}


def run(problem: str, metric: str, data: Path, events: int, directory: Path) -> Run:
    """The rows that count: answered, labelled in time and not held out; ``at`` is when the label was known."""
    gauge = gauges.gauge(problem, f'[evaluation]\nmetric = "{metric}"\nholdout = 0.05\n')
    lines = directory / "predictions.jsonl"
    with lines.open("wb") as file:
        result = backtest(gauge, data, limit=events, predictions=file)
    answers = pd.DataFrame([json.loads(line) for line in lines.read_text().splitlines()])
    rows = pd.read_csv(data, nrows=events, dtype=str, keep_default_na=False)
    rows.index = rows.index.astype(str)  # a row's number is its id
    joined = answers.merge(rows, left_on="id", right_index=True)
    counted = joined[~joined["held_out"] & joined["label"].notna() & joined["y_pred"].notna()]
    return Run(json.loads(to_json(as_json(result))), counted)


def ranges(column: pd.Series, edges: list[float], labels: list[str]) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    cut = pd.cut(numbers, [float("-inf"), *edges, float("inf")], right=False, labels=labels)
    return cut.astype(object).fillna("missing")


def assert_equal(run: Run, name: str, groups: pd.Series, value: Any) -> None:
    """That the figures of a slice are those of its rows, group by group."""
    expected = {group: (len(rows), value(rows)) for group, rows in run.rows.groupby(groups)}
    found = {group: one["figure"] for group, one in run.figures(name).items()}
    assert {group: one["n"] for group, one in found.items()} == {group: n for group, (n, _) in expected.items()}
    for group, (_, wanted) in expected.items():
        assert found[group]["value"] == pytest.approx(wanted, abs=1e-12), (name, group)


def accuracy(rows: pd.DataFrame) -> float:
    return float((rows["y_pred"] == rows["label"]).mean())


@pytest.fixture(scope="module")
def adult(data_dir, tmp_path_factory):
    return run(ADULT, "Accuracy", data_dir / "adult.csv.gz", 12_000, tmp_path_factory.mktemp("adult"))


def test_on_adult_the_figures_of_fields_that_are_no_features_are_those_of_pandas(adult):
    rows = adult.rows
    age = ranges(rows["age"], [30, 50], ["below 30", "30 to 50", "from 50"])
    met = list(dict.fromkeys(row for row in pd.unique(adult.rows["race"])))[:3]

    assert_equal(adult, "sex", rows["sex"], accuracy)
    assert_equal(adult, "age", age, accuracy)
    assert_equal(adult, "sex_and_age", rows["sex"] + " & " + age, accuracy)
    assert_equal(adult, "race", rows["race"].where(rows["race"].isin(met), "other"), accuracy)


def test_on_adult_men_are_worse_off_than_women_and_the_flag_says_by_how_much(adult):
    men, women = (adult.figures("sex")[sex] for sex in ("Male", "Female"))
    rows = adult.rows
    gap = accuracy(rows[rows["sex"] == "Female"]) - accuracy(rows[rows["sex"] == "Male"])

    assert (men["flag"], women["flag"]) == (Flag.WORSE, Flag.BETTER)
    assert (men["sureness"], women["sureness"]) == (Sureness.ALL, Sureness.ALL)
    assert men["gap"] == pytest.approx(gap, abs=0.03)
    assert men["figure"]["low"] < accuracy(rows[rows["sex"] == "Male"]) < men["figure"]["high"]


def test_on_flights_with_labels_at_their_true_times_the_figures_are_those_of_pandas_and_river(data_dir, tmp_path):
    flights = run(gauges.FLIGHTS + SLICED_FLIGHTS, "F1", data_dir / "flights_nyc13.csv.gz", 8_000, tmp_path)
    rows = flights.rows
    wind = ranges(rows["wind_speed"], [5, 10.5, 20], ["below 5", "5 to 10.5", "10.5 to 20", "from 20"])
    engine = rows["plane_engine"].where(rows["plane_engine"] == "Turbo-fan", "other")
    engine = engine.where(rows["plane_engine"] != "", "missing")

    def f1(some: pd.DataFrame) -> float:
        river = metrics.F1()
        for y, y_pred in zip(some["label"] == 1, some["y_pred"] == 1, strict=True):
            river.update(bool(y), bool(y_pred))
        return river.get()

    assert len(rows) > 6_000
    assert_equal(flights, "origin", rows["origin"], f1)
    assert_equal(flights, "wind", wind, f1)
    assert_equal(flights, "engine", engine, f1)
    assert_equal(flights, "origin_and_wind", rows["origin"] + " & " + wind, f1)
