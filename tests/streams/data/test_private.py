"""The values of a private field are in nothing that a run writes but the refused records themselves."""

from __future__ import annotations

import io
import json
import logging
import random
import re

import pytest
from pydantic_core import to_json

from streams.cli.backtest.report import show
from streams.data.backtest import as_json, backtest
from tests import builders

SECRETS = [f"SECRET{n:03d}" for n in range(30)]
GAUGE = """
[evaluation]
holdout = 0.1
holdout_window = 20
[features]
a = "number"
site = { type = "category", optional = true }
ward = { type = "category", values = ["SECRET000", "SECRET001"], optional = true }
[slices.site]
[slices.clinic]
field = "person.clinic"
private = true
[slices.ward]
private = true
[slices.age]
field = "person.age"
bins = [777001]
private = true
[slices.both]
of = ["clinic", "site"]
"""


def rows() -> list[bytes]:
    rng = random.Random(6)
    found = []
    for n in range(800):
        a, clinic = rng.gauss(0, 1), rng.choice(SECRETS)
        ward = rng.choice(SECRETS[:3])  # the third is refused
        person = {"clinic": clinic, "age": 777_000.0 + rng.random() * 2} if n % 9 else f"{clinic} instead"
        y = "bad" if (a if clinic < "SECRET010" else -a) > 0 else "good"
        found.append(builders.record(str(n), a=a, site=rng.choice("ns"), ward=ward, person=person, y=y))
    return found


def test_no_value_of_a_private_field_is_in_any_output_of_a_backtest(tmp_path, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    data, lines, letters = tmp_path / "data.jsonl", tmp_path / "predictions.jsonl", io.BytesIO()
    data.write_bytes(b"\n".join(rows()))
    gauge = builders.gauge(GAUGE)

    with lines.open("wb") as file:
        result = backtest(gauge, data, predictions=file, dead_letters=letters)
    show(result, every_version=True)

    printed = to_json(as_json(result)).decode()
    written = [printed, lines.read_text(), capsys.readouterr().out, caplog.text]
    details = [json.loads(line)["detail"] for line in letters.getvalue().splitlines()]
    assert result.reports
    assert any("ward" in detail for detail in details)
    groups = {group["group"] for group in json.loads(printed)["evaluated"]["slices"]["both"]}
    assert groups & {"group-1 & n", "group-1 & s"}
    for text in [*written, *details]:
        assert "SECRET" not in text
        assert "777000." not in text
    assert "SECRET" in letters.getvalue().decode()  # the refused records themselves, as they came


MOVING = """
[evaluation]
holdout = 0.1
holdout_window = 20
[label]
arrival = "with_event"
[features]
a = "number"
clinic = { type = "category", optional = true }
age = { type = "number", field = "person.age", optional = true }
[slices.clinic]
private = true
[slices.years]
field = "person.age"
bins = [777300]
private = true
"""
SHOWN = re.compile(r"SECRET|(?<![\d.])(?:777|888|1,?97\d),?\d{3}(?!\d)")
"""Values of the clinic and the age, however they are written."""
FAULTS = {
    "a clinic that was renamed, another age": lambda clinic, age: (clinic + 20, age + 111_000),
    "an age that is stuck": lambda clinic, _: (clinic, 777_123.5),
    "an age in another unit": lambda clinic, age: (clinic, age * 2.54),
}


def moving(fault: str, *, change: int = 2_000, count: int = 2_300) -> list[bytes]:
    """Events whose clinic and age change at a row."""
    rng, found = random.Random(7), []
    for n in range(count):
        clinic, age = rng.randrange(4), 777_000.0 + 600 * rng.random()
        clinic, age = FAULTS[fault](clinic, age) if n >= change else (clinic, age)
        a = rng.gauss(0, 1)
        person = {"age": age}
        found.append(builders.record(str(n), a=a, clinic=SECRETS[clinic], person=person, y="bad" if a > 0 else "good"))
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_no_value_of_a_private_column_is_in_what_a_backtest_tells_of_its_move(fault, tmp_path, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    data = tmp_path / "data.jsonl"
    data.write_bytes(b"\n".join(moving(fault)))

    result = backtest(builders.gauge(MOVING), data)
    show(result, every_version=True)

    printed, found = capsys.readouterr().out, as_json(result)
    moved = [one.column for alert in result.alerts for one in alert.moved or ()]
    assert {"clinic", "age"} & {*moved}
    assert any(f"{name}: " in printed for name in moved)
    bodies = [alert.body().decode() for alert in result.alerts]
    for text in (*bodies, to_json(found).decode(), printed, caplog.text):
        assert SHOWN.findall(text) == []
