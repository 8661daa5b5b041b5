"""The cover on streams that drift, beside River's jackknife; short forms of benchmarks/promises/cover.py."""

from __future__ import annotations

import pytest

from benchmarks.promises import cover as promises
from benchmarks.promises.cover import SHARE, Held


def held(name: str, delay: int, limit: int = 8_000) -> dict[str, Held]:
    """What each method came to on a made-up stream."""
    run = next(run for run in promises.made_up(limit) if run.name == name)
    return promises.held(run, delay)


def test_where_the_noise_doubles_and_halves_the_cover_stays_and_rivers_does_not():
    found = held("noise that doubles and halves", 0)
    ours, theirs = found["tracked"], found["River's jackknife"]

    assert ours.share == pytest.approx(SHARE, abs=0.01)
    assert ours.worst > 0.85
    assert theirs.worst < ours.worst - 0.03


def test_where_the_world_turns_over_the_worst_stretch_is_better_than_of_a_window():
    found = held("a world that turns over", 0)

    assert found["tracked"].share == pytest.approx(SHARE, abs=0.01)
    assert found["tracked"].worst > found["window of 500"].worst
    assert found["tracked"].worst > found["River's jackknife"].worst


def test_sets_of_classes_that_drift_hold_their_share_with_late_labels_too():
    assert held("classes that drift", 0)["tracked"].share == pytest.approx(SHARE, abs=0.01)
    assert held("classes that drift", 100)["tracked"].share == pytest.approx(SHARE, abs=0.02)


def test_a_change_that_is_younger_than_the_labels_delay_is_covered_by_no_method():
    found = held("a world that turns over", 2_000, limit=7_000)

    assert {method for method, one in found.items() if one.worst < 0.7} == set(found)
