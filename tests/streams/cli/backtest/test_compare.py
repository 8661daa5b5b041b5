"""``rivergauge backtest --compare`` as a user meets it, on a small file."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from array import array
from pathlib import Path

import pytest

from models.retraining.standing import is_kept
from schemas.evaluated import Figure
from schemas.gauge import Gauge, parse
from schemas.toml import loads
from schemas.toml_text import dumps
from streams.data.compare import WAYS, Outcome, Run, entries, never, rank, run
from streams.here.children import Ended
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load

GAUGE = """
name = "pumps"
task = "binary"
candidates = ["majority"]
[label]
field = "y"
positive = "bad"
negative = "good"
[features]
a = "number"
b = "number"
[evaluation]
holdout = 0.0
also = ["LogLoss"]
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    gauge, data = tmp_path / "gauge.toml", tmp_path / "data.csv"
    gauge.write_text(GAUGE)
    rng = random.Random(1)
    rows = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(500)]
    data.write_text("a,b,y\n" + "".join(f"{a},{b},{'bad' if a + b > 0 else 'good'}\n" for a, b in rows))
    return gauge, data


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "streams.cli", "backtest", *map(str, arguments)]


def rivergauge(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=240, check=False)


def test_the_best_is_named_and_written(files, tmp_path):
    won = tmp_path / "won.toml"

    named = "majority,logistic_regression"
    done = rivergauge(*files, "--compare", "--candidates", named, "--jobs", 2, "--out", won, "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    models = {one["name"]: one for one in found["models"]}
    assert [one["name"] for one in found["models"]] == ["logistic_regression", "majority"]
    assert found["winner"] == "logistic_regression"
    assert models["majority"]["behind"]["low"] > 0.2
    assert models["logistic_regression"]["labels"] == 500
    assert models["logistic_regression"]["us_per_event"] > 0
    ways = {way["name"]: way for way in found["retraining"]}
    assert [*ways] == ["never", "always", "ten times", "on drift", "as declared"]
    assert ways["as declared"]["beside_never"]["low"] > 0.2  # the file declares majority alone
    assert ways["never"]["loss"]["value"] == pytest.approx(1 - models["logistic_regression"]["figure"]["value"])
    assert all(way["regret"] >= 0 for way in ways.values())
    assert [one.name for one in load(won).candidates] == ["logistic_regression"]
    assert "6 of 6 runs" in done.stderr


@pytest.mark.parametrize(
    "declared",
    [
        'hold = ["data_fault"]',
        'start = "warning"',
        'start = "recalled"',
        "standing = true",
        'on = { any = ["covariate"] }',
        "on_metric = { below = 0.99, over = 'window' }",
        "every_labels = 50",
    ],
)
def test_a_candidate_is_ranked_without_what_would_replace_it_or_needs_the_watch(files, declared):
    gauge, data = files
    content = tomllib.loads(gauge.read_text() + f"[retraining]\n{declared}\n")

    alone, plain = (
        run(Run("alone", never(one, ["logistic_regression"]), data, None, None))
        for one in (content, {**content, "retraining": {}})
    )

    assert (len(alone.losses), alone.promotions, alone.alarms) == (500, 0, 0)
    assert alone.losses == plain.losses


def test_nobody_stands_beside_a_candidate_that_is_ranked():
    content = tomllib.loads(GAUGE + "[retraining]\nstanding = true\nmargin = 0.1\nburst = { labels = 100 }\n")

    kept = never(content, ["logistic_regression"])["retraining"]

    assert kept == {"margin": 0.1, "burst": {"labels": 100}, "on_drift": False, "standing": False}


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(("way", "stands"), [("always", False), ("ten times", False), ("on drift", True)])
def test_a_way_to_retrain_is_what_it_is_named_whatever_is_declared(way, stands, declared):
    content = tomllib.loads(GAUGE) | {"retraining": {"standing": declared}}

    assert is_kept(Gauge.model_validate(WAYS[way](content, 500))) is stands


def test_who_could_not_be_run_is_last_and_stops_nobody():
    gauge = parse(GAUGE)
    losses = {"a": [0.0, 1.0, 1.0], "b": [0.0, 0.0, 1.0]}
    runs = {
        name: Ended(Outcome(array("d", of), Figure(value=1 - sum(of) / 3, n=3), 1.0, 1.0, 0, 0))
        for name, of in losses.items()
    }

    ranked = rank(gauge, {"broken": Ended(None, "ValueError: no"), **runs})

    assert [(one.name, one.problem) for one in ranked] == [("b", None), ("a", None), ("broken", "ValueError: no")]
    assert [one.behind and one.behind.value for one in ranked] == [None, pytest.approx(1 / 3), None]


def test_a_file_without_candidates_is_compared_by_its_default(files):
    gauge, _ = files
    content = loads(GAUGE.replace('candidates = ["majority"]', ""))
    gauge.write_text(dumps(content))

    assert entries(load(gauge), content, ["logistic_regression"]) == {"logistic_regression": "logistic_regression"}
    assert next(iter(entries(load(gauge), content, None))) == "logistic_regression"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--jobs", "2"], "go with --compare"),
        (["--compare", "--candidates", "nobody"], "there is no candidate or recipe 'nobody' (there are: "),
        (["--compare", "--save", "state"], "--save does not go with --compare"),
        (["--compare", "--budget"], "--budget does not go with --compare"),
        (["--compare", "--versions"], "--versions does not go with --compare"),
    ],
)
def test_what_cannot_be_meant_is_refused(files, options, said):
    done = rivergauge(*files, *options)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_stop_from_the_keyboard_ends_every_process(files):
    arguments = command(*files, "--compare", "--jobs", 2)
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, process_group=0) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first run has ended, and others are on

        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == ExitCode.INTERRUPTED
    assert said.splitlines()[-1].endswith("interrupted")
    assert "Traceback" not in said
    _gone(process.pid)


def _gone(group: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("processes of the group are left")
