"""Held-out events are drawn by a hash that never changes, and enter windows only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scipy.stats import binom

from models.answer import Answer
from models.evaluation.holdout import HeldOutShare, HeldOutWindow
from models.evaluation.metrics.metric_set import Shown
from tests import builders

GOLDEN = ["e4", "e48", "e50", "e53", "e67"]
"""Of e0 to e99 at a share of 0.05 in a gauge called pumps: a change would let models learn what was held out."""

CODE = """
from models.evaluation.holdout import HeldOutShare
share = HeldOutShare("pumps", 0.05)
print(*[f"e{n}" for n in range(100) if share.has(f"e{n}")])
"""


def test_the_same_events_are_held_out_in_every_version_and_process():
    for seed in ("0", "77"):
        process = subprocess.run(
            [sys.executable, "-c", CODE],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[3],
        )
        assert process.stdout.split() == GOLDEN


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5, 0.89])
def test_the_share_is_kept(share):
    n = 20_000
    held = sum(HeldOutShare("pumps", share).has(str(i)) for i in range(n))

    low, high = binom.interval(1 - 1e-6, n, share)
    assert low <= held <= high


def test_a_larger_share_holds_out_the_same_events_and_more():
    small, large = HeldOutShare("pumps", 0.05), HeldOutShare("pumps", 0.2)

    assert all(large.has(str(i)) for i in range(2_000) if small.has(str(i)))


def test_another_gauge_holds_out_other_events():
    drawn = [{i for i in range(2_000) if HeldOutShare(name, 0.1).has(str(i))} for name in ("pumps", "fans")]

    # Independent draws share a tenth of each other.
    assert len(drawn[0] & drawn[1]) < 0.25 * len(drawn[0])


def test_nothing_is_held_out_at_share_0():
    assert not any(HeldOutShare("pumps", 0).has(str(i)) for i in range(2_000))


@pytest.mark.parametrize("share", [-0.1, 1, 1.5])
def test_a_share_is_below_1(share):
    with pytest.raises(ValueError, match=r"share must be in \[0, 1\)"):
        HeldOutShare("pumps", share)


def test_a_window_scores_everyone_who_had_predicted():
    window = HeldOutWindow(Shown.of(builders.gauge()), size=10, number=3, first=40)
    right, wrong = Answer(True, {True: 1.0}), Answer(False, {False: 1.0})

    for n in range(10):
        assert not window.is_full
        window.update(True, {"0-1": right, "mean": wrong} | ({"0-2": right} if n >= 4 else {}), asked_at=40 + n)

    assert window.is_full
    assert (window.number, window.first, window.labels) == (3, 40, 10)
    assert {name: (f["Accuracy"], f["labels"]) for name, f in window.figures().items()} == {
        "0-1": (1.0, 10),
        "mean": (0.0, 10),
        "0-2": (1.0, 6),
    }


def test_a_windows_coverage_is_that_of_the_events_asked_since_it_opened():
    window = HeldOutWindow(Shown.of(builders.gauge()), size=10, number=3, first=40)
    right = Answer(True, {True: 1.0})
    for names in (("0-1",), ("0-1", "0-2"), ("0-1", "0-2")):
        window.predicted(names)

    window.update(True, {"0-0": right, "0-1": right}, asked_at=39)
    window.update(True, {"0-1": right, "0-2": right}, asked_at=41)

    found = {name: (one["Accuracy"].n, one["Accuracy"].coverage) for name, one in window.measured().items()}
    assert found == {"0-0": (1, None), "0-1": (2, 1 / 3), "0-2": (1, 1 / 2)}
