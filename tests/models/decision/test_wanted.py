"""A threshold that follows the stream to a wanted precision or recall."""

from __future__ import annotations

import random

import pytest

from models.decision.rule import adopted
from models.decision.threshold import Threshold
from models.decision.wanted import LOOK_EVERY, MEMORY, NEEDED, SUPPORT, Wanted
from tests import builders


def binary(p: float) -> dict[bool, float]:
    return {False: 1 - p, True: p}


def scored(n: int, seed: int, share: float = 0.3) -> list[tuple[bool, float]]:
    """Labels and calibrated scores."""
    rng, found = random.Random(seed), []
    for _ in range(n):
        p = rng.betavariate(share * 2, (1 - share) * 2)
        found.append((rng.random() < p, p))
    return found


def exact(pairs: list[tuple[bool, float]], t: float) -> tuple[float, float]:
    """Faded recall and precision of a threshold, label by label."""
    weight, tp, fp, positives = 1.0, 0.0, 0.0, 0.0
    for y, p in reversed(pairs):
        tp += weight * (y and p >= t)
        fp += weight * (not y and p >= t)
        positives += weight * y
        weight *= 1 - 1 / MEMORY if y else 1.0
    return tp / positives, tp / (tp + fp)


def taught(rule: Wanted, pairs: list[tuple[bool, float]]) -> Wanted:
    for y, p in pairs:
        rule.learn(y, binary(p))
    return rule


def looked(rule: Wanted, pairs: list[tuple[bool, float]]) -> list[tuple[bool, float]]:
    """Teach it up to the last look for the threshold; what it was taught."""
    looks = []
    for n, (y, p) in enumerate(pairs, start=1):
        before = rule._unseen
        rule.learn(y, binary(p))
        looks += [n] * (rule._unseen <= before)
    return pairs[: looks[-1]]


@pytest.mark.parametrize("wanted", [0.3, 0.8, 0.95])
def test_the_threshold_is_the_largest_whose_recall_is_reached(wanted):
    rule = Wanted(precision=None, recall=wanted)

    pairs = looked(rule, scored(20 * LOOK_EVERY, seed=1))

    assert exact(pairs, rule.threshold)[0] == pytest.approx(rule.reached)
    assert wanted <= rule.reached < wanted + 0.02
    odds = rule.threshold / (1 - rule.threshold) * 1.03
    assert exact(pairs, odds / (1 + odds))[0] < wanted


@pytest.mark.parametrize("wanted", [0.4, 0.6, 0.8])
def test_the_threshold_is_the_smallest_whose_precision_is_reached(wanted):
    rule = Wanted(precision=wanted, recall=None)

    pairs = looked(rule, scored(20 * LOOK_EVERY, seed=2))

    assert exact(pairs, rule.threshold)[1] == pytest.approx(rule.reached)
    assert wanted <= rule.reached < wanted + 0.02
    for lower in (0.96, 0.9, 0.7, 0.4):
        assert exact(pairs, rule.threshold * lower)[1] < wanted


def test_it_is_plain_until_enough_positive_labels_have_come():
    rule = Wanted(precision=None, recall=0.9)

    taught(rule, [(False, 0.1)] * 1_000 + [(True, 0.2)] * (NEEDED - 1))
    assert (rule.threshold, rule.reached, rule.positives) == (0.5, None, NEEDED - 1)

    taught(rule, [(True, 0.2)])
    assert 0.19 < rule.threshold <= 0.2
    assert rule.reached == 1.0


def test_where_no_threshold_reaches_the_precision_it_is_the_one_that_comes_nearest():
    rng = random.Random(5)
    rule = Wanted(precision=0.9, recall=None)

    # Scores that tell nothing.
    pairs = looked(rule, [(rng.random() < 0.2, rng.random()) for _ in range(20 * LOOK_EVERY)])

    assert rule.reached < 0.9
    assert rule.reached == pytest.approx(exact(pairs, rule.threshold)[1])
    supported = [t / 500 for t in range(500) if sum(p >= t / 500 for _, p in pairs[-2_000:]) > 2 * SUPPORT]
    assert rule.reached >= max(exact(pairs, t)[1] for t in supported) - 0.02


def test_every_recall_is_reached_even_of_scores_of_0():
    rule = taught(Wanted(precision=None, recall=0.9), [(True, 0.0)] * 100 + [(False, 0.7)] * 400)

    assert (rule.threshold, rule.reached) == (0.0, 1.0)
    assert rule.label({False: 1.0}) is True


def test_what_is_long_ago_fades_and_the_threshold_follows():
    rule = taught(Wanted(precision=None, recall=0.8), scored(6_000, seed=3))
    before = rule.threshold

    taught(rule, [(y, p / 10) for y, p in scored(20_000, seed=4)])

    assert rule.threshold < before / 5
    later = [p / 10 >= rule.threshold for y, p in scored(20_000, seed=5) if y]
    assert sum(later) / len(later) == pytest.approx(0.8, abs=0.03)


def test_counts_stay_finite_and_bounded():
    rule = Wanted(precision=0.5, recall=None)
    rng = random.Random(6)

    for _ in range(150_000):  # 1 / 0.998 ** 120,000 is more than a number may be
        rule.learn(rng.random() < 0.8, binary(rng.random()))

    assert rule.reached == pytest.approx(0.8, abs=0.05)
    assert rule.threshold < 0.01
    assert len(rule._positive) + len(rule._negative) <= 2 * 2_050


def test_another_wish_is_met_from_the_scores_that_were_counted():
    pairs = scored(16 * LOOK_EVERY, seed=7)
    rule = taught(Wanted(precision=None, recall=0.5), pairs)

    other = adopted(rule, builders.gauge("[decision]\nrecall = 0.9"))
    same = adopted(rule, builders.gauge("[decision]\nrecall = 0.5"))

    assert isinstance(other, Wanted)
    assert 0.9 <= exact(pairs, other.threshold)[0] < 0.92
    assert same is rule
    assert adopted(rule, builders.gauge()) is None
    assert isinstance(adopted(rule, builders.gauge("[decision]\nthreshold = 0.2")), Threshold)
