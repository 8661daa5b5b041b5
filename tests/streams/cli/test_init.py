"""``rivergauge init``: what it writes can be run, and what it must not do it does not."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from streams.cli.app import app
from streams.here.exit_codes import ExitCode

READINGS = ["taken_at,site,pressure,age_days,failed"] + [
    f"2024-03-01 {n // 60:02}:{n % 60:02}:00,{'nsh'[n % 3]},{200 + n * 37 % 61},"
    f"{n if n % 5 else 'NA'},{'no' if n % 4 else 'yes'}"
    for n in range(300)
]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "pumps.csv"
    path.write_text("\n".join(READINGS) + "\n", encoding="utf-8")
    return path


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_what_is_written_is_checked_and_folded_without_a_refusal(data, tmp_path):
    file = tmp_path / "pumps.toml"

    written = call("init", data, "--label", "failed", "--out", file)
    checked = call("check", file, "--json")
    tested = call("backtest", file, data, "--json")

    assert written.exit_code == ExitCode.OK
    assert "failed, binary: no, yes; yes is positive" in written.stdout
    assert json.loads(checked.stdout)["warnings"] == []
    told = json.loads(tested.stdout)
    assert (told["gauge"], told["events"], told["dead_letters"], told["refusals"]) == ("pumps", 300, {}, [])


def test_programs_are_told_what_was_found(data, tmp_path):
    told = json.loads(call("init", data, "--label", "failed", "--out", tmp_path / "g.toml", "--json").stdout)

    assert told["features"] == {"site": "category", "pressure": "number", "age_days": "number"}
    assert (told["task"], told["positive"], told["time"], told["id"]) == ("binary", "yes", "taken_at", None)
    assert (told["missing"], told["refused"], told["rows"]) == (["NA"], [], 300)


def test_a_file_that_is_there_is_written_over_by_force_only(data, tmp_path):
    file = tmp_path / "pumps.toml"
    file.write_text("mine")

    kept = call("init", data, "--label", "failed", "--out", file)
    mine = file.read_text()
    forced = call("init", data, "--label", "failed", "--out", file, "--force")

    assert (kept.exit_code, mine) == (ExitCode.USAGE, "mine")
    assert "--force" in kept.stderr
    assert (forced.exit_code, "[features]" in file.read_text()) == (ExitCode.OK, True)
    assert call("init", data, "--label", "failed", "--out", data, "--force").exit_code == ExitCode.USAGE


def test_a_row_that_is_none_is_told_and_the_others_are_taken(data, tmp_path):
    data.write_text("\n".join([*READINGS, "too,short"]) + "\n", encoding="utf-8")

    written = call("init", data, "--label", "failed", "--out", tmp_path / "g.toml")

    assert written.exit_code == ExitCode.OK
    assert "not_json 1: the first at line 302: expected 5 cells" in written.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label", "faild"], "did you mean 'failed'?"),
        (["--label", "failed", "--name", "a b"], "--name must begin"),
        (["--label", "failed", "--time", "site"], "expected times"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(arguments, words, data, tmp_path):
    refused = call("init", data, *arguments, "--out", tmp_path / "g.toml", "--json")

    assert refused.exit_code == ExitCode.USAGE
    assert words in json.loads(refused.stdout)["problems"][0]["what"]
    assert not (tmp_path / "g.toml").exists()


def test_a_topic_is_not_looked_at(tmp_path):
    refused = call("init", "kafka://127.0.0.1:9092/pumps", "--label", "failed", "--out", tmp_path / "g.toml")

    assert refused.exit_code == ExitCode.USAGE
    assert "save some of its records as JSON lines" in refused.stderr
