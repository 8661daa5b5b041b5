"""Comparing with hindsight: against the definitions, written out."""

from __future__ import annotations

import random
from itertools import pairwise
from math import nan

import pytest

from models.evaluation.intervals.dependent_mean import DependentMean
from models.race import Heard, behind, mean_loss, oracle
from tests import builders


def test_the_oracle_is_the_best_by_the_definition():
    rng = random.Random(4)
    runs = {name: [float(rng.random() < 0.3) for _ in range(97)] for name in "abc"}

    found = oracle(runs, segments=5)

    assert found is not None
    sums = {name: sum(losses) for name, losses in runs.items()}
    assert sums[found.fixed] == min(sums.values()) == pytest.approx(found.fixed_loss * 97)
    cuts = [0, 19, 38, 58, 77, 97]
    least = [min(sum(losses[a:b]) for losses in runs.values()) for a, b in pairwise(cuts)]
    assert found.segments_loss == pytest.approx(sum(least) / 97)
    chosen = [sum(runs[name][a:b]) for name, a, b in zip(found.segments, cuts, cuts[1:], strict=False)]
    assert chosen == least


def test_labels_that_somebody_did_not_answer_are_in_nobodys_comparison():
    found = oracle({"a": [nan, 1.0, 0.0], "b": [0.0, 0.0, 1.0]}, segments=3)

    assert found is not None
    assert (found.fixed, found.fixed_loss, found.segments, found.segments_loss) == ("a", 0.5, ["b", "a"], 0.0)
    assert behind([nan, 1.0, 0.0], [0.0, 0.0, 1.0]).n == 2
    assert mean_loss([nan, 1.0]).value == 1.0
    assert oracle({"a": [nan], "b": [0.0]}) is None


def test_who_is_worse_on_the_same_events_is_worse_for_sure_although_the_means_are_not_apart():
    rng = random.Random(5)
    best = [float(rng.random() < 0.3) for _ in range(2_000)]
    worse = [max(loss, float(rng.random() < 0.02)) for loss in best]

    apart = behind(worse, best)

    assert apart.low is not None
    assert apart.low > 0
    assert apart.value == pytest.approx((sum(worse) - sum(best)) / 2_000)
    ours, theirs = DependentMean(), DependentMean()
    ours.extend(worse)
    theirs.extend(best)
    assert ours.mean().low < theirs.mean().high


def test_the_losses_are_those_of_the_published_answers_held_out_ones_left_out():
    gauge = builders.gauge("[evaluation]\nholdout = 0.2\nholdout_window = 100\n[label]\narrival = 'with_event'")
    learner = Heard(gauge)
    values = [builders.record(n, a=n % 7, y="bad" if n % 7 > 3 else "good") for n in range(200)]

    effects = builders.predictions(builders.flat(builders.fold(learner, builders.decoded(gauge, values))))

    scored = [(e.y_pred, "bad" if e.position % 7 > 3 else "good") for e in effects if not e.held_out]
    expected = [nan if y_pred is None else float(y_pred != y) for y_pred, y in scored]
    assert 100 < len(expected) < 200
    assert [*map(str, learner.losses)] == [*map(str, expected)]
