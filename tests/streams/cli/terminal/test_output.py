"""What commands print: text as it is, one sentence for what a user can mend, JSON where it was asked for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.app import app
from streams.data.datafile import find_example

GAUGE = find_example("insects") / "gauge.toml"
DATA = find_example("insects") / "insects.csv.gz"
COMMAND = [sys.executable, "-m", "streams.cli"]
ENVIRONMENT = {**os.environ, "PYTHONHASHSEED": "0"}


def rivergauge(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "name", ["base[prod].toml", "[/x]/g.toml", "[bold]g.toml", ":warning:.toml", "[red]/[/]/g.toml"]
)
def test_a_path_is_printed_as_it_is(tmp_path, monkeypatch, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(GAUGE, path)
    monkeypatch.chdir(tmp_path)

    good, bad = rivergauge("check", name), rivergauge("check", f"no/{name}")

    assert (good.exit_code, bad.exit_code) == (0, 2)
    assert good.stdout.startswith(f"ok {name}: gauge insects")
    assert bad.stderr == f"error: no/{name}: cannot be read: No such file or directory\n"


def test_a_message_with_brackets_is_printed_as_it_is(tmp_path):
    path = tmp_path / "gauge.toml"
    path.write_text(GAUGE.read_text().replace('recipe = "naive_bayes"', 'recipe = "[/bold]bayes"'))

    done = rivergauge("check", path)

    assert done.exit_code == 2
    assert "'[/bold]bayes'" in done.stderr


def test_no_name_or_value_of_the_data_steers_the_terminal(tmp_path):
    data = tmp_path / "odd.csv"
    labels = ("go\x1b[31mod", "bad")
    rows = "".join(f"{n},{n % 3},{labels[n % 2]}\n" for n in range(30))
    data.write_text("\x1b[2Jodd,a,y\n" + rows)

    drafted = rivergauge("init", data, "--label", "y", "--out", tmp_path / "gauge.toml")
    refused = rivergauge("init", data, "--label", "\x1b[1m", "--out", tmp_path / "other.toml")

    assert (drafted.exit_code, refused.exit_code) == (0, 2)
    assert "bad, go\\x1b[31mod" in drafted.output
    assert "\\x1b[2Jodd" in drafted.output
    assert "\\x1b[1m" in refused.output
    assert "\x1b" not in drafted.output + refused.output


def test_a_change_is_shown_without_what_is_not_there(tmp_path):
    path = tmp_path / "gauge.toml"
    other = GAUGE.read_text().replace('"naive_bayes"', '"hoeffding_tree"')
    path.write_text(other + "\n[retraining]\nevery_labels = 9\n")

    done = rivergauge("check", path, "--against", GAUGE)

    gone, new, every, _ = done.stdout.partition("changes:\n")[2].splitlines()
    assert gone.startswith(
        '  reset  candidates.naive_bayes: {"name": "naive_bayes", "recipe": "naive_bayes"} -> nothing: '
    )
    assert new.startswith(
        '  accept candidates.hoeffding_tree: nothing -> {"name": "hoeffding_tree", "recipe": "hoeffding_tree"}: '
    )
    assert every.startswith("  accept retraining.every_labels: nothing -> 9: ")


COMMANDS_WITH_A_GAUGE = [
    ("check",),
    ("check", GAUGE, "--against"),
    ("backtest", DATA),
    ("send", DATA),
    ("reset",),
    ("skip", "0", "1"),
    ("accept",),
    ("accept", GAUGE, "--against"),
]


def with_gauge(command, path):
    return (command[0], *command[1:], path) if "--against" in command else (command[0], path, *command[1:])


@pytest.mark.parametrize("command", COMMANDS_WITH_A_GAUGE, ids=lambda command: f"{command[0]}{len(command)}")
@pytest.mark.parametrize("kind", ["missing", "directory", "not toml", "wrong key", "no text"])
def test_json_is_printed_where_the_gauge_file_is_wrong(tmp_path, command, kind):
    path = tmp_path / "gauge.toml"
    if kind == "directory":
        path.mkdir()
    elif kind == "no text":
        path.write_bytes(b"\xff\x00\x80")
    elif kind != "missing":
        path.write_text("name = [" if kind == "not toml" else GAUGE.read_text().replace("[label]", "[lable]"))

    done = rivergauge(*with_gauge(command, path), "--json")

    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["ok"], answer["exit_code"]) == (2, False, 2)
    assert answer["problems"]
    assert all(set(problem) == {"where", "what"} for problem in answer["problems"])
    assert isinstance(done.exception, SystemExit)
    assert done.stderr.startswith("error: ")


@pytest.mark.parametrize("command", ["backtest", "send"])
@pytest.mark.parametrize("kind", ["missing", "directory", "unknown ending", "no header"])
def test_json_is_printed_where_the_data_file_is_wrong(tmp_path, command, kind):
    path = tmp_path / ("data.xlsx" if kind == "unknown ending" else "data.csv")
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_text("")

    done = rivergauge(command, GAUGE, path, "--json")

    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["ok"]) == (2, False)
    assert str(path) in answer["problems"][0]["what"]
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("backtest", GAUGE, DATA, "--events", "3", "--predictions", "{}/no/p.jsonl"),
        ("backtest", GAUGE, DATA, "--events", "3", "--predictions", "{}"),
        ("backtest", GAUGE, DATA, "--events", "3", "--save", "{}"),
        ("backtest", GAUGE, DATA, "--events", "300", "--predictions", "/dev/full"),
        ("backtest", GAUGE, DATA, "--events", "3", "--save", "/dev/full"),
        ("broker", "--port", "0", "--dir", "{}/file/below"),
    ],
)
def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path, arguments):
    (tmp_path / "file").touch()
    arguments = [str(argument).format(tmp_path) for argument in arguments]

    done = rivergauge(*arguments)

    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    assert done.stderr.startswith("error: ")
    assert arguments[-1] in done.stderr


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_reader_that_goes_away_changes_no_exit_code(as_json):
    command = [*COMMAND, "check", str(GAUGE), *as_json]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        told = process.stderr.read()

    assert (process.returncode, told) == (0, b"")


def test_a_full_disc_under_standard_output_is_a_sentence():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, "check", str(GAUGE)], env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE)

    assert done.returncode == 2
    assert done.stderr.startswith(b"error: cannot write: No space left on device")
    assert b"Traceback" not in done.stderr


def test_a_stop_from_the_keyboard_is_a_sentence_and_130(tmp_path):
    lines = tmp_path / "lines.jsonl"
    os.mkfifo(lines)
    command = [*COMMAND, "backtest", str(GAUGE), str(DATA), "--predictions", str(lines)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with lines.open("rb") as reader:  # opened by both: the fold is about to begin, or has begun
            reader.readline()
            process.send_signal(signal.SIGINT)
            reader.read()
        told = process.stderr.read()

    assert (process.returncode, told) == (130, b"error: interrupted\n")


def test_what_a_terminal_cannot_show_is_escaped(tmp_path):
    path = tmp_path / "pumpen-für-später.toml"
    shutil.copy(GAUGE, path)

    done = subprocess.run(
        [*COMMAND, "check", str(path)], env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"}, capture_output=True
    )

    assert done.returncode == 0
    assert rb"pumpen-f\xfcr-sp\xe4ter.toml" in done.stdout


def test_a_path_that_is_no_text_is_written_escaped(tmp_path):
    done = rivergauge("check", os.fsdecode(os.fsencode(tmp_path) + b"/\xff.toml"), "--json")

    assert done.exit_code == 2
    assert r"\udcff.toml" in json.loads(done.stdout)["problems"][0]["where"]
