"""The maps from what a model answers to what comes true, beside scikit-learn's."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from models.recalibration.calibrator import CALIBRATORS
from models.recalibration.isotonic import BINS, FIT_EVERY, MEMORY, Isotonic
from models.recalibration.logit import logit, share
from models.recalibration.platt import BOUND, Platt

GRID = [share(z / 4) for z in range(-24, 25)]


def answered(n: int, seed: int, slope: float = 0.4, intercept: float = -0.5) -> list[tuple[float, bool]]:
    """Probabilities of an overconfident model, and what came true."""
    rng, found = random.Random(seed), []
    for _ in range(n):
        z = rng.gauss(0, 2.5)
        found.append((share(z), rng.random() < share(slope * z + intercept)))
    return found


def taught(calibrator, pairs):
    for p, y in pairs:
        calibrator.learn(p, y)
    return calibrator


def logits(pairs, bound):
    return np.array([[logit(p, bound)] for p, _ in pairs])


@pytest.mark.parametrize("how", CALIBRATORS)
def test_it_begins_as_the_identity_and_ends_strictly_between_0_and_1(how):
    for p in GRID:
        assert CALIBRATORS[how]().apply(p) == pytest.approx(p, abs=0.01)

    for y in (True, False):
        calibrator = taught(CALIBRATORS[how](), [(float(y), y)] * 5_000)
        assert 0 < calibrator.apply(0.0) <= calibrator.apply(1.0) < 1


@pytest.mark.parametrize("n", [300, 1_000, 5_000])
def test_without_fading_platt_is_logistic_regression_on_the_logit(n):
    pairs = answered(n, seed=1)

    platt = taught(Platt(fading=1.0), pairs)

    oracle = LogisticRegression(C=np.inf).fit(logits(pairs, BOUND), [y for _, y in pairs])
    expected = oracle.predict_proba(np.array([[logit(p, BOUND)] for p in GRID]))[:, 1]
    assert [platt.apply(p) for p in GRID] == pytest.approx(expected, abs=4 / n + 0.015)


def test_with_fading_it_is_that_of_faded_labels():
    pairs = answered(4_000, seed=2) + answered(4_000, seed=3, slope=1.5, intercept=1.0)

    platt = taught(Platt(fading=0.998), pairs)

    weights = 0.998 ** np.arange(len(pairs))[::-1]
    oracle = LogisticRegression(C=np.inf).fit(logits(pairs, BOUND), [y for _, y in pairs], weights)
    expected = oracle.predict_proba(np.array([[logit(p, BOUND)] for p in GRID]))[:, 1]
    assert [platt.apply(p) for p in GRID] == pytest.approx(expected, abs=0.03)


def test_one_sure_mistake_moves_it_no_farther_than_the_label_takes():
    platt = taught(Platt(), [(1.0, False)])

    # With s for the log odds afterwards, s - 10 = -(10 * 10 + 1) share(s).
    s = logit(platt.apply(1.0), 100.0)
    assert s - 10 == pytest.approx(-101 * share(s))
    assert -2.1 < s < -1.9


def test_labels_that_tell_nothing_leave_it_as_sure_as_it_was():
    platt = taught(Platt(), answered(3_000, seed=4))
    before = [platt.apply(p) for p in GRID]

    taught(platt, [(0.5, n % 8 < 3) for n in range(50_000)])  # nothing of the slope, and share(-0.5) is 3/8
    taught(platt, answered(300, seed=5))

    assert all(math.isfinite(value) for value in (platt.slope, platt.intercept))
    assert [platt.apply(p) for p in GRID] == pytest.approx(before, abs=0.12)


@pytest.mark.parametrize("n", [FIT_EVERY, 20 * FIT_EVERY, 200 * FIT_EVERY])
def test_isotonic_is_scikit_learns_on_the_bins(n):
    pairs = answered(n, seed=6)

    isotonic = taught(Isotonic(), pairs)

    width = 32 / BINS
    centres = -16 + width * (np.arange(BINS) + 0.5)
    weights, true = np.ones(BINS), 1 / (1 + np.exp(-centres))  # each bin counts one label that agrees with it
    for age, (p, y) in enumerate(reversed(pairs)):
        place = int((math.log(p / (1 - p)) + 16) // width)
        weights[place] += (1 - 1 / MEMORY) ** age
        true[place] += y * (1 - 1 / MEMORY) ** age
    oracle = IsotonicRegression(out_of_bounds="clip").fit(centres, true / weights, weights)
    expected = oracle.predict([logit(p, 16.0) for p in GRID])
    assert [isotonic.apply(p) for p in GRID] == pytest.approx(expected, abs=1e-9)


def test_isotonic_is_near_scikit_learns_on_the_answers_themselves():
    pairs = answered(20 * FIT_EVERY, seed=7)

    isotonic = taught(Isotonic(), pairs)

    weights = (1 - 1 / MEMORY) ** np.arange(len(pairs))[::-1]
    oracle = IsotonicRegression(out_of_bounds="clip").fit([p for p, _ in pairs], [y for _, y in pairs], weights)
    far = [abs(isotonic.apply(p) - q) for (p, _), q in zip(pairs, oracle.predict([p for p, _ in pairs]), strict=True)]
    assert sum(far) / len(far) < 0.03


@pytest.mark.parametrize("how", CALIBRATORS)
def test_it_never_turns_the_order_of_an_informative_model_around(how):
    calibrator = taught(CALIBRATORS[how](), answered(6_000, seed=8))

    mapped = [calibrator.apply(p) for p in GRID]

    assert mapped == sorted(mapped)
    assert [calibrator.apply(p) for p in (0.1, 0.5, 0.9)] == pytest.approx(
        [share(0.4 * logit(p, 10) - 0.5) for p in (0.1, 0.5, 0.9)], abs=0.08
    )


def test_weights_stay_finite():
    isotonic = taught(Isotonic(), answered(3_000, seed=9) * 100)  # 1 / 0.999 ** 300,000 is more than a number may be

    assert isotonic.apply(0.5) == pytest.approx(share(-0.5), abs=0.08)
