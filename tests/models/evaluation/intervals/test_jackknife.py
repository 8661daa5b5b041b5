"""Leaving out one block at a time, against the plain recomputation from the answers themselves."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from models.answer import Answer
from models.evaluation.intervals.block_counts import BlockCounts
from models.evaluation.intervals.jackknife import left_out, on_logit_scale, standard_error
from models.evaluation.metrics.counted import area_under_curve, average_precision, bin_of
from models.evaluation.population import population_of
from models.evaluation.series import Series
from schemas.gauge import Task
from tests import builders
from tests.models.evaluation.intervals.test_dependent_mean import markov

FUNCTIONS = {
    "F1": sk.f1_score,
    "Precision": sk.precision_score,
    "Recall": sk.recall_score,
    "CohenKappa": sk.cohen_kappa_score,
    "MCC": sk.matthews_corrcoef,
    "BalancedAccuracy": sk.balanced_accuracy_score,
    "MacroF1": lambda y, p: sk.f1_score(y, p, average="macro"),
}


def answered(seed: int, n: int = 700) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, scores and predictions."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    p = 1 / (1 + np.exp(-(rng.normal(size=n) + 1.5 * (y - 0.5))))
    return y, p, p > 0.5


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_interval_is_that_of_plain_blocks_left_out(name: str):
    y, p, y_pred = answered(3)
    population = population_of(name, Task.BINARY)
    for n in range(len(y)):
        population.extend([(bool(y[n]), Answer(bool(y_pred[n]), {True: p[n], False: 1 - p[n]}))])
    figure, function = population.figure(), FUNCTIONS[name]

    length = 32  # 700 answers: 16 blocks were merged five times over, and 21 of 32 are full
    m = len(y) // length
    rest = [np.r_[0 : at * length, (at + 1) * length : len(y)] for at in range(m)]
    without = np.array([function(y[keep], y_pred[keep]) for keep in rest])
    error = np.sqrt((m - 1) / m * np.sum((without - without.mean()) ** 2))
    assert figure.value == pytest.approx(function(y, y_pred))
    low, high = (-1, 1) if name in ("CohenKappa", "MCC") else (0, 1)
    share = (figure.value - low) / (high - low)
    errors = population.error.sums
    error *= np.sqrt(errors.inflation / errors.block_inflation)
    half = stats.t.ppf(0.975, m - 1) * error / (high - low) / (share * (1 - share))
    ends = [low + (high - low) / (1 + np.exp(-(np.log(share / (1 - share)) + sign * half))) for sign in (-1, 1)]
    assert (figure.low, figure.high) == pytest.approx(ends)


def test_areas_by_bins_are_scikit_learns_over_the_same_bins():
    y, p, _ = answered(5, n=500)
    bins = [bin_of(Answer(True, {True: one})) for one in p]

    counts = BlockCounts.of(list(zip(y.tolist(), bins, strict=True))).total()

    assert area_under_curve(counts) == pytest.approx(sk.roc_auc_score(y, bins))
    assert area_under_curve(counts) == pytest.approx(sk.roc_auc_score(y, p), abs=0.005)
    assert average_precision(counts) == pytest.approx(sk.average_precision_score(y, bins))
    assert average_precision(counts) == pytest.approx(sk.average_precision_score(y, p), abs=0.02)
    assert average_precision({(True, 1): 3}) is area_under_curve({(True, 1): 3}) is None


def test_bins_tell_small_probabilities_apart():
    assert len({bin_of(Answer(False, {True: p})) for p in (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 1.0)}) == 8


def test_without_one_block_a_figure_may_not_be_there():
    assert left_out({"a": 2}, [{"a": 1}, {"a": 1}], lambda rest: None if rest == {"a": 1} else 0.5) is None
    assert left_out({"a": 2, "b": 1}, [{"b": 1}], lambda rest: float(len(rest))) == [1.0]


@pytest.mark.parametrize(("value", "within"), [(0.999, (0.0, 1.0)), (0.001, (0.0, 1.0)), (-0.99, (-1.0, 1.0))])
def test_the_ends_of_the_range_are_never_crossed(value: float, within: tuple[float, float]):
    low, high = on_logit_scale(value, 0.5, 5.0, within)

    assert within[0] <= low < value < high <= within[1]


def test_the_standard_error_of_a_mean_is_the_plain_one():
    values = np.random.default_rng(1).normal(size=20)
    without = [(values.sum() - value) / 19 for value in values]

    assert standard_error(without) == pytest.approx(values.std(ddof=1) / np.sqrt(20))


def test_scores_that_share_a_bin_leave_the_area_without_an_interval_over_a_life_and_not_over_a_window():
    rng = np.random.default_rng(8)
    series = Series.of(builders.gauge('[evaluation]\nmetric = "ROCAUC"'))
    for y, noise in zip(rng.random(900) < 0.4, rng.normal(size=900), strict=True):
        p = 0.3 + 1e-4 * (noise + 2 * y)
        series.update(bool(y), Answer(False, {True: p, False: 1 - p}))

    life, window = series.measured_leading(), series.measured_leading_shown_window()
    assert (life.missing, life.low) == ("scores that differ by more than a bin", None)
    assert window.value == pytest.approx(life.value)
    assert window.low < window.value < window.high
    assert window.high - window.low < 0.1


def test_blocks_that_are_all_alike_say_nothing():
    population = population_of("F1", Task.BINARY)
    for n in range(640):
        population.extend([(n % 4 > 1, Answer(n % 2 == 0, None))])

    figure = population.figure()
    assert (figure.value, figure.low, figure.missing) == (0.5, None, "blocks of labels that differ")


def test_nineteen_of_twenty_intervals_hold_f1_where_errors_and_classes_come_in_bursts():
    rng, positive, rate, streams = np.random.default_rng(9), 0.3, 0.2, 120
    truth = 2 * positive * (1 - rate) / (positive + positive * (1 - rate) + (1 - positive) * rate)
    held = shown = 0
    for _ in range(streams):
        labels, errors = markov(rng, 1_000, positive, 0.9), markov(rng, 1_000, rate, 0.9)
        population = population_of("F1", Task.BINARY)
        for y, wrong in zip(labels.astype(bool).tolist(), errors.astype(bool).tolist(), strict=True):
            population.extend([(y, Answer(y ^ wrong, None))])
        figure = population.figure()
        if figure.low is not None:
            shown += 1
            held += figure.low <= truth <= figure.high

    assert shown > 0.9 * streams
    # Measured on 1,000 streams: 0.941; as if independent it would be 0.44.
    assert held / shown > 0.941 - 3 * sqrt(0.941 * 0.059 / shown)
