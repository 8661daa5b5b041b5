"""A backtest whose models fail, and one that meets a defect: both end in order, with a code that means something."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PACKAGE = """
import sys
from river import naive_bayes

class Late(naive_bayes.GaussianNB):
    learned = 0

    def learn_one(self, x, y):
        super().learn_one(x, y)
        self.learned += 1

class Exits(Late):
    def predict_proba_one(self, x):
        if self.learned > 600:
            sys.exit("no more")
        return super().predict_proba_one(x)

class Recurs(Late):
    def predict_proba_one(self, x):
        return super().predict_proba_one(x) if self.learned <= 600 else self.predict_proba_one(x)

class Hungry(Late):
    def predict_proba_one(self, x):
        if self.learned > 600:
            raise MemoryError
        return super().predict_proba_one(x)

def exits(gauge, seed): return Exits()
def recurs(gauge, seed): return Recurs()
def hungry(gauge, seed): return Hungry()
"""

GAUGE = """
name = "pumps"
task = "binary"
delivery = "at-least-once"
[label]
field = "y"
positive = 1
negative = 0
[features]
a = "number"
[evaluation]
holdout = 0
[[candidates]]
entry_point = "{model}"
"""


@pytest.fixture
def backtest(tmp_path):
    """Backtest a model of the package over 1,000 events."""
    (tmp_path / "late_models.py").write_text(PACKAGE)
    metadata = tmp_path / "late_models-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: late-models\nVersion: 1.0\n")
    names = "".join(f"{name} = late_models:{name}\n" for name in ("exits", "recurs", "hungry"))
    (metadata / "entry_points.txt").write_text(f"[rivergauge.models]\n{names}")
    data = tmp_path / "data.csv"
    data.write_text("a,y\n" + "".join(f"{n % 7},{int(n % 7 > 3)}\n" for n in range(1_000)))

    def run(model):
        gauge = tmp_path / "gauge.toml"
        gauge.write_text(GAUGE.format(model=model))
        return subprocess.run(
            [sys.executable, "-m", "streams.cli", "backtest", str(gauge), str(data)],
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))},
            check=False,
        )

    return run


@pytest.mark.parametrize(("model", "error"), [("exits", "SystemExit"), ("recurs", "RecursionError")])
def test_a_model_that_fails_is_retired_and_the_backtest_ends_well(backtest, model, error):
    done = backtest(model)

    assert (done.returncode, done.stderr) == (0, "")
    assert "retired" in done.stdout
    assert error in done.stdout.replace("\n", "")


def test_a_defect_ends_it_with_a_sentence_and_a_code(backtest):
    done = backtest("hungry")

    assert done.returncode == 70
    assert done.stderr == "error: a defect at record 601 (line 603): MemoryError; nothing after it was folded\n"
