"""The interval of a faded mean: its parts against plain formulas, its cover by simulation."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from models.evaluation.intervals.faded_mean import HELD, FadedMean
from models.evaluation.intervals.fading import FadingMean
from models.evaluation.intervals.loss_sums import Kind, LossSums
from tests.models.evaluation.intervals.test_dependent_mean import markov


def faded(losses, alpha: float = 0.999) -> FadedMean:
    mean = FadedMean(alpha=alpha)
    for loss in losses:
        mean.update(float(loss))
    return mean


@pytest.mark.parametrize("alpha", [0.3, 0.99, 0.999, 1.0])
def test_the_value_is_the_fading_means(alpha: float):
    losses = np.random.default_rng(2).random(3_000)
    plain = FadingMean(alpha=alpha)
    for loss in losses:
        plain.update(float(loss))

    assert faded(losses, alpha).get() == plain.get()
    assert FadedMean(alpha=alpha).get() is None


@pytest.mark.parametrize("n", [1_700, 4_001, 12_000])
def test_the_interval_is_that_of_the_weighted_blocks(n: int):
    alpha, length = 0.999, 50
    losses = np.random.default_rng(n).gamma(2.0, size=n)
    figure = faded(losses, alpha).figure(Kind.NUMBER)

    weights = alpha ** np.arange(n - 1, -1, -1.0)
    mean = np.average(losses, weights=weights)
    spread = np.average(losses**2, weights=weights) - mean**2
    starts = range(0, n, length)
    scatter = np.array([np.sum((weights * (losses - mean))[at : at + length]) for at in starts])
    squares = np.array([np.sum((weights**2)[at : at + length]) for at in starts])
    independent = weights.sum() ** 2 / (weights**2).sum()
    degrees = squares.sum() ** 2 / (squares**2).sum() - 1
    error = np.sum(scatter**2) * (degrees + 1) / degrees / weights.sum() ** 2
    inflation = max(1.0, error * independent / spread)
    assert figure.effective_n == pytest.approx(independent / inflation, rel=1e-4)
    half = stats.t.ppf(0.975, degrees) * sqrt(spread * inflation / independent)
    assert (figure.low, figure.high) == pytest.approx((mean - half, mean + half), rel=1e-5)


def test_a_long_life_is_held_in_few_blocks():
    assert len(faded(np.zeros(20_000), 0.99)._ends) == HELD + 1


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_nineteen_of_twenty_intervals_hold_the_rate(correlation: float):
    rng, rate, held, shown = np.random.default_rng(11), 0.2, 0, 0
    for _ in range(120):
        losses = markov(rng, 2_500, rate, correlation)
        figure = faded(losses).figure(Kind.RATE, lag_inflation=LossSums.of(losses).lag_inflation)
        if figure.low is not None:
            shown += 1
            held += figure.low <= rate <= figure.high

    assert shown > 100
    assert held / shown > 0.95 - 3 * sqrt(0.95 * 0.05 / shown)


@pytest.mark.parametrize(
    ("losses", "alpha", "kind", "missing"),
    [
        ([], 0.999, Kind.RATE, "100 more labels"),
        ([0, 1] * 30, 0.999, Kind.RATE, "41 more labels"),
        ([0, 1] * 300, 0.999, Kind.RATE, "200 more labels"),
        ([0] * 2_000, 0.999, Kind.RATE, "10 more separate errors"),
        ([0, 1] * 2_000, 0.9, Kind.RATE, "a fading factor above 0.98"),
        ([0, 1] * 2_000, 1.0, Kind.RATE, "a fading factor below 1"),
        ([0, 1e200] * 2_000, 0.999, Kind.SIZE, "losses small enough to be squared"),
        (([0.0] * 400 + [1.0] * 400) * 4, 0.999, Kind.SIZE, "63 more independent labels"),
    ],
)
def test_without_enough_to_go_by_it_says_what_is_missing(losses, alpha: float, kind: Kind, missing: str):
    figure = faded(losses, alpha).figure(kind)

    assert (figure.low, figure.high, figure.missing) == (None, None, missing)


def test_a_fading_factor_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"alpha must be in \(0, 1\], got 1.5"):
        FadedMean(alpha=1.5)
