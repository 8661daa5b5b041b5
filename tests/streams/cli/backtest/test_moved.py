"""From a file to a name: a fault in a column is found, named, shown in figures, and comes with advice."""

from __future__ import annotations

import json
import random

from typer.testing import CliRunner

from streams.cli.app import app

GAUGE = """
name = "people"
task = "binary"
[label]
field = "y"
positive = 1
negative = 0
[features]
age = "number"
weight = "number"
site = "category"
[[candidates]]
recipe = "no_change"
[drift.columns]
block_events = 64
"""


def backtested(tmp_path, *, age=1.0, north="north"):
    """The alerts about columns of a file in which, from row 5,000 on, ages have a factor and a site another name."""
    rng = random.Random(3)
    lines = ["age,weight,site,y"]
    for n in range(6_400):
        late = n >= 5_000
        years = rng.gammavariate(9.0, 4.4) * (age if late else 1.0)
        site = rng.choices(["north", "south", "east"], [5, 3, 2])[0]
        site = north if late and site == "north" else site
        lines.append(f"{years:.2f},{rng.gauss(70, 9):.2f},{site},{int(rng.random() < 0.3)}")
    data, gauge = tmp_path / "people.csv", tmp_path / "people.toml"
    data.write_text("\n".join(lines) + "\n")
    gauge.write_text(GAUGE)
    done = CliRunner().invoke(app, ["backtest", str(gauge), str(data), "--json", "--versions"])
    assert done.exit_code == 0, done.output
    alerts = json.loads(done.stdout)["alerts"]
    return [alert for alert in alerts if alert["detector"] == "columns"]


def test_a_column_in_another_unit_is_named_with_its_factor(tmp_path):
    opened, known, *_ = backtested(tmp_path, age=2.54)

    assert (opened["drift"], known["drift"], known["status"]) == ("data_fault", "data_fault", "updated")
    assert 5_000 < opened["position"] < 5_800
    moved = known["moved"][0]
    assert moved["column"] == "age"
    assert moved["words"].startswith("age: values x 2.5")
    assert 2.3 < moved["after"]["q50"] / moved["before"]["q50"] < 2.8
    assert "look at the source" in known["advice"]


def test_a_value_that_was_renamed_is_named_before_and_after(tmp_path):
    opened, known, *_ = backtested(tmp_path, north="zone 1")

    assert (opened["drift"], known["status"]) == ("data_fault", "updated")
    words = known["moved"][0]["words"]
    assert words.startswith("site: north ")
    assert "zone 1, never seen before" in words
