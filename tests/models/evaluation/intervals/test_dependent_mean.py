"""The interval of a mean of dependent losses: its parts against plain formulas, its cover by simulation."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from models.evaluation.intervals.dependent_mean import DependentMean


def mean_of(losses) -> DependentMean:
    mean = DependentMean()
    for loss in losses:
        mean.update(float(loss))
    return mean


def markov(rng: np.random.Generator, n: int, rate: float, correlation: float) -> np.ndarray:
    """Errors of a given rate and lag-1 correlation."""
    stay = correlation + rate * (1 - correlation)
    begin = rate * (1 - correlation)
    draws, errors, last = rng.random(n), np.zeros(n), rng.random() < rate
    for i in range(n):
        last = draws[i] < (stay if last else begin)
        errors[i] = last
    return errors


def test_value_and_runs_are_the_plain_ones():
    losses = [1, 1, 0, 1, 0, 0, 1]

    assert (mean_of(losses).value, mean_of(losses).runs) == (4 / 7, 3)


def test_blocks_hold_all_that_was_seen_but_the_open_one():
    losses = np.random.default_rng(1).random(1_000)

    mean = mean_of(losses)

    length, blocks = mean._length, mean._blocks
    assert blocks == pytest.approx([losses[i : i + length].sum() for i in range(0, length * len(blocks), length)])
    assert 16 <= len(blocks) < 32


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_nineteen_of_twenty_intervals_hold_the_rate(correlation: float):
    rng, rate, held, shown = np.random.default_rng(7), 0.2, 0, 0
    for _ in range(200):
        figure = mean_of(markov(rng, 1_000, rate, correlation)).rate()
        if figure.low is not None:
            shown += 1
            held += figure.low <= rate <= figure.high

    assert shown > 150
    assert held / shown > 0.95 - 3 * sqrt(0.95 * 0.05 / shown)  # measured on 1,000 streams: 0.970, 0.968, 0.955
    if correlation == 0.0:
        assert held < shown  # a stretched interval would hold always


@pytest.mark.parametrize(
    ("losses", "missing"),
    [
        ([], "100 more labels"),
        ([0, 1] * 30, "40 more labels"),
        ([0, 1, 1] * 33, "1 more label"),
        ([0] * 500, "10 more separate errors"),
        ([0] * 500 + [1, 0] * 9, "1 more separate error"),
        ([0] * 100 + [1, 0] * 4 + [0] * 400, "6 more separate errors"),
    ],
)
def test_without_enough_to_go_by_it_says_what_is_missing(losses: list[int], missing: str):
    figure = mean_of(losses).rate()

    assert (figure.low, figure.high, figure.missing) == (None, None, missing)


def test_an_interval_for_any_look_is_half_as_wide_again():
    mean = mean_of(np.random.default_rng(3).random(1_000) < 0.3)
    once, always = mean.rate(), mean.rate(any_time=True)

    assert (always.high - always.low) / (once.high - once.low) == pytest.approx(1.5, abs=0.15)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_an_interval_for_any_look_holds_at_every_look_where_one_for_a_single_look_does_not(correlation: float):
    rng, rate, streams = np.random.default_rng(13), 0.2, 60
    held = {False: 0, True: 0}
    for _ in range(streams):
        mean, always = DependentMean(), {False: True, True: True}
        for n, loss in enumerate(markov(rng, 3_000, rate, correlation), 1):
            mean.update(float(loss))
            if n >= 100 and n % 50 == 0:
                for any_time in always:
                    figure = mean.rate(any_time=any_time)
                    always[any_time] &= figure.low is None or figure.low <= rate <= figure.high
        for any_time, holds in always.items():
            held[any_time] += holds

    assert held[True] / streams > 0.95 - 3 * sqrt(0.95 * 0.05 / streams)
    assert held[False] < held[True]
    assert held[False] / streams < 0.95


def test_the_dependence_is_that_of_the_plain_formulas():
    losses = np.random.default_rng(17).gamma(2.0, size=1_000)
    sums = mean_of(losses).sums

    r = (np.sum(losses[1:] * losses[:-1]) / 999 - losses.mean() ** 2) / losses.var() * 1_000 / 1_010
    assert sums.lag_inflation == pytest.approx(max(1, (1 + r) / (1 - r)))
    blocks = losses[: 31 * 32].reshape(31, 32).mean(axis=1)
    assert sums.block_inflation == pytest.approx(32 * blocks.var(ddof=1) / losses.var())


def test_at_inflation_1_the_interval_is_wilsons():
    figure = mean_of([0, 0, 0, 0, 1] * 80).rate()

    assert figure.effective_n == 400
    z = stats.t.ppf(0.975, 24)
    theirs = stats.binomtest(80, 400).proportion_ci(2 * stats.norm.cdf(z) - 1, method="wilson")
    assert (figure.low, figure.high) == pytest.approx((theirs.low, theirs.high))
