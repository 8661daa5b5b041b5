"""The command line as a user meets it: in a process of its own, judged by its output and exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from streams.data.datafile import find_example

INSECTS = find_example("insects")
GAUGE, DATA = str(INSECTS / "gauge.toml"), str(INSECTS / "insects.csv.gz")


def rivergauge(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **environment},
        check=False,
    )


def test_the_commands_are_listed_before_anything_heavy_is_imported():
    heavy = ("river", "numpy", "scipy", "faust", "aiokafka", "confluent_kafka", "aiohttp", "fastapi", "uvicorn")
    heavy += ("pydantic", "schemas.gauge")
    script = f"import sys, streams.cli.app; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["versions", "list", "-h"]])
def test_a_help_text_does_not_start_python_twice(words):
    script = (
        f"import os, sys; os.execv = None; sys.argv = ['rivergauge', *{words}]; from streams.cli import main; main()"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("rivergauge ver", {"versions"}),
        ("rivergauge versions ", {"list", "show", "diff"}),
        ("rivergauge dlq redrive --re", {"--reason"}),
    ],
)
def test_a_shell_is_offered_what_can_be_typed(typed, offered):
    at = len(typed.split(" ")) - 1

    done = rivergauge(_RIVERGAUGE_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(at))

    assert set(done.stdout.split()) == offered


def test_check_accepts_a_good_file():
    done = rivergauge("check", GAUGE)

    assert (done.returncode, done.stderr) == (0, "")
    assert "gauge insects, multiclass, 49 features" in done.stdout


def test_check_says_what_is_wrong_and_where(tmp_path):
    bad = tmp_path / "gauge.toml"
    bad.write_text((INSECTS / "gauge.toml").read_text().replace('recipe = "naive_bayes"', 'recipe = "naive_bays"'))

    done = rivergauge("check", str(bad))

    assert done.returncode == 2
    assert "naive_bays" in done.stderr
    assert "naive_bayes" in done.stderr
    assert done.stdout == ""


def test_check_lists_problems_as_json(tmp_path):
    bad = tmp_path / "gauge.toml"
    bad.write_text('name = "x"\ntask = "binary"\n[label]\nfeld = "y"\n[features]\na = "number"\n')

    done = rivergauge("check", str(bad), "--json")

    result = json.loads(done.stdout)
    assert done.returncode == 2
    assert result["ok"] is False
    assert result["problems"][0]["where"] == "label"
    assert "did you mean 'field'?" in result["problems"][0]["what"]


@pytest.mark.parametrize("missing", [("check", "nowhere.toml"), ("backtest", GAUGE, "nowhere.csv")])
def test_a_missing_file_is_named(missing):
    done = rivergauge(*missing)

    assert done.returncode == 2
    assert missing[-1] in done.stderr
    assert "Traceback" not in done.stderr


def test_backtest_prints_one_json_object_and_a_line_per_prediction(tmp_path):
    lines = tmp_path / "predictions.jsonl"

    done = rivergauge("backtest", GAUGE, DATA, "--events", "300", "--json", "--predictions", str(lines))

    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result["events"] == 300
    assert result["champion"] == "naive_bayes"
    [candidate] = result["candidates"]
    assert set(candidate) >= {"name", "metrics", "seconds"}
    assert candidate["metrics"]["Accuracy"] == result["served"]["metrics"]["Accuracy"]
    assert set(result["baselines"]) == set(result["baseline_figures"]) == set(result["leads"])
    assert set(result["baselines"]) == {"no_change", "majority_class"}
    accuracy = result["served"]["figures"]["life"]["Accuracy"]
    assert accuracy.keys() == {"value", "n", "effective_n", "low", "high", "missing", "coverage"}
    assert accuracy["value"] == result["served"]["metrics"]["Accuracy"]
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    assert candidate["figures"] == result["served"]["figures"]
    assert candidate["figures"]["faded_error"]["value"] == candidate["faded_error"]
    # The champion, and the standing challenger since label 256, of which no event is heard before it answers.
    assert list(result["version_figures"]) == [result["champion_version"], "0-2"]
    open_window = result["holdout"]["open_window_figures"][result["champion_version"]]["Accuracy"]
    assert open_window["n"] == result["holdout"]["open_window"][result["champion_version"]]["labels"]
    assert [version["step"] for version in result["versions"]] == ["registered", "promoted"]
    assert result["alerts"] == []
    predictions = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [p["position"] for p in predictions] == list(range(300))
    assert list(predictions[-1]) == [
        *["position", "id", "y_pred", "probabilities", "version", "label", "held_out", "time"]
    ]
    assert abs(sum(predictions[-1]["probabilities"].values()) - 1) < 1e-9


def test_backtest_shows_tables_to_people():
    done = rivergauge("backtest", GAUGE, DATA, "--events", "2000")

    assert done.returncode == 0
    for word in ("naive_bayes", "no_change", "majority_class", "the error rose", "promoted"):
        assert word in done.stdout


@pytest.mark.broker
def test_the_demo_prints_one_json_object_alone():
    done = rivergauge("demo", "--events", "300", "--rate", "2000", "--json")

    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result["events"] == 300 == result["predictions"] + result["dead_letters"]
    assert result["metric"]["name"] == "Accuracy"


def test_an_unreachable_broker_is_said():
    done = rivergauge("send", GAUGE, DATA, "--events", "1", RIVERGAUGE_BOOTSTRAP_SERVERS="127.0.0.1:1")

    assert done.returncode == 3
    assert "127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_example_lists_those_there_are():
    done = rivergauge("demo", "--example", "bees")

    assert done.returncode == 2
    assert "insects" in done.stderr


def test_a_module_of_the_users_with_one_of_our_names_is_not_ours(tmp_path):
    (tmp_path / "models.py").write_text("raise SystemExit('the wrong models')")

    done = subprocess.run(
        [sys.executable, "-P", "-c", "from streams.cli import main; main()", "check", GAUGE],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"},
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_environment_variable_is_named():
    done = rivergauge("check", GAUGE, RIVERGAUGE_SERVER_PORT="abc")

    assert done.returncode == 2
    assert "RIVERGAUGE_SERVER_PORT" in done.stderr
    assert "Traceback" not in done.stderr
