"""The values of a private field are in nothing that a run writes but the refused records themselves."""

from __future__ import annotations

import io
import json
import logging
import random

from pydantic_core import to_json

from streams.cli.report import show
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
