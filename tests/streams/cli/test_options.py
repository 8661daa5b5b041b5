"""Each pair of options of every command is taken, or refused with a sentence; the commands themselves list them."""

from __future__ import annotations

import json
import sys
from itertools import combinations
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.app import app
from streams.cli.serving import run as run_command
from streams.data.datafile import find_example
from streams.here.exit_codes import ExitCode
from streams.worker import supervisor
from tests.streams.cli.showing import commands

COMMANDS = commands()
GAUGE = find_example("insects") / "gauge.toml"
DATA = find_example("insects") / "insects.csv.gz"

VALUES = {
    "gauge": GAUGE,
    "data": DATA,
    "partition": 0,
    "offset": 1,
    "against": "gauge.toml",
    "delimiter": ",",
    "events": 5,
    "predictions": "predictions.jsonl",
    "dead_letters": "dead.jsonl",
    "save": "warm.state",
    "workers": 2,
    "start": "warm.state",
    "parent": 1,
    "rate": 10,
    "example": "insects",
    "directory": "kafka",
    "port": 9092,
    "host": "127.0.0.1",
    "heap_mb": 512,
    "version": "0-1",
    "task": "binary",
    "candidates": "majority",
    "jobs": 1,
    "out": "won.toml",
    "limit": 3,
    "past": 100,
    "name": "0-1",
    "a": "0-1",
    "b": "0-2",
    "window": 1,
    "label": "species",
    "id": "f01",
    "time": "f02",
    "reason": "not_json",
    "attempts": 2,
    "report": "page.html",
    "topic": "pumps",
    "bootstrap_servers": "127.0.0.1:9092",
    "connection": "gauge.toml",
    "tracking_uri": "http://127.0.0.1:5000",
    "source": "-",
    "url": "http://127.0.0.1:8642",
    "why": "the new sensor",
    "who": "ann@ops",
}
"""A legal value of every option that takes one; a new option needs one here."""


def given(parameter):
    if parameter.param_type_name == "argument":
        return [str(VALUES[parameter.name])]
    return [parameter.opts[0]] if parameter.is_flag else [parameter.opts[0], str(VALUES[parameter.name])]


def cases():
    for name, command in COMMANDS.items():
        options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
        for pair in [*((one,) for one in options), *combinations(options, 2)]:
            yield pytest.param(name, pair, id=f"{name}-{'-'.join(p.name for p in pair)}")


@pytest.mark.parametrize(("name", "pair"), list(cases()))
@pytest.mark.parametrize("options_first", [True, False])
def test_every_pair_of_options_is_understood_in_any_order(name, pair, options_first):
    command = COMMANDS[name]
    needed = [p for p in command.params if p.param_type_name == "option" and p.required and p not in pair]
    options = [word for parameter in (*needed, *pair) for word in given(parameter)]
    positional = [word for p in command.params if p.param_type_name == "argument" for word in given(p)]

    context = command.make_context(name, [*options, *positional] if options_first else [*positional, *options])

    for parameter in pair:
        assert context.get_parameter_source(parameter.name).name == "COMMANDLINE"


OF_A_COMPARISON = {"candidates", "jobs", "out"}
NOT_OF_A_COMPARISON = {"report", "predictions", "dead_letters", "save", "budget"}


def is_refused(pair):
    names = {parameter.name for parameter in pair}
    if "compare" in names:
        return bool(names & NOT_OF_A_COMPARISON)
    return bool(names & OF_A_COMPARISON) or names == {"budget", "save"}


def offline(*, refused):
    for case in cases():
        command, pair = case.values
        # Some need a state. A comparison makes many processes: one with all of its options is in test_compare.
        left_out = {"against_state"} if refused else {"against_state", "compare"}
        wanted = command in ("check", "backtest", "recipes") and is_refused(pair) is refused
        if wanted and all(parameter.name not in left_out for parameter in pair):
            yield case


@pytest.mark.parametrize(("name", "pair"), list(offline(refused=True)))
def test_every_pair_without_a_meaning_is_refused_by_name(name, pair, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, [name, str(GAUGE), str(DATA), *(word for p in pair for word in given(p))])

    assert done.exit_code == ExitCode.USAGE
    assert any(parameter.opts[0] in done.output for parameter in pair)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("name", "pair"), list(offline(refused=False)))
def test_every_pair_works_where_nothing_but_files_is_needed(name, pair, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "few.csv").write_text("a,y\n1,1\n2,0\n")
    (tmp_path / "gauge.toml").write_text(
        'name = "g"\ntask = "binary"\n[label]\nfield = "y"\npositive = 1\nnegative = 0\n[features]\na = "number"\n'
    )
    positional = {"check": ["gauge.toml"], "backtest": ["gauge.toml", "few.csv"], "recipes": []}[name]

    done = CliRunner().invoke(app, [name, *positional, *(word for p in pair for word in given(p))])

    assert done.exit_code == 0, done.output
    if any(parameter.name == "json" for parameter in pair):
        assert isinstance(json.loads(done.stdout), dict)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["reset", GAUGE, "--offset", "5", "--version", "0-1"], "give --offset or --version, not both"),
        (["reset", GAUGE, "--offset", "5"], "--offset needs --partition"),
        (
            ["reset", GAUGE, "--version", "0-1", "--partition", "1"],
            "version 0-1 is of partition 0, and --partition is 1",
        ),
        (["run", GAUGE, "--from", "nowhere.state", "--workers", "2"], "--from needs a file that backtest --save wrote"),
        (["backtest", GAUGE, DATA, "--predictions", "x", "--save", "x"], "--save would overwrite --predictions"),
        (["backtest", GAUGE, "lines.jsonl", "--delimiter", ";"], "a delimiter is for CSV files"),
        (["send", GAUGE, "lines.jsonl", "--delimiter", ";"], "a delimiter is for CSV files"),
    ],
)
def test_options_that_exclude_each_other_are_refused_with_a_sentence(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines.jsonl").write_text("{}")

    done = CliRunner().invoke(app, [str(word) for word in arguments])

    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_each_of_several_workers_is_given_the_state_to_begin_with(tmp_path, monkeypatch):
    saved = tmp_path / "-warm.state"
    saved.touch()
    told = tmp_path / "told"
    script = "import json, os, sys; json.dump(sys.argv[1:], open(os.environ['TOLD'] + sys.argv[3], 'w'))"
    monkeypatch.setenv("TOLD", str(told))
    monkeypatch.setattr(supervisor, "RIVERGAUGE", (sys.executable, "-c", script))
    monkeypatch.setattr(run_command.logs, "configure", lambda: None)

    assert run_command.run(GAUGE, workers=1, start=saved) == ExitCode.OK

    [file] = tmp_path.glob("told*")
    name, *arguments = json.loads(file.read_text())
    context = COMMANDS[name].make_context(name, arguments)
    assert Path(context.params["start"]) == saved
    assert Path(context.params["gauge"]) == GAUGE
    assert context.params["parent"] is not None
