"""The quantile that is tracked: against order statistics, a closed form and the normal distribution."""

from __future__ import annotations

from collections import deque
from math import ceil

import numpy as np
import pytest

from models.evaluation.uncertainty.quantile_tracker import QuantileTracker


def followed(scores, *, alpha: float, pace: float = 1.0, delay: int = 0) -> tuple[list[float | None], QuantileTracker]:
    """What was issued for each score whose label comes ``delay`` predictions later, and the tracker at the end."""
    tracker = QuantileTracker(alpha=alpha, pace=pace)
    issued: list[float | None] = []
    waiting: deque[tuple[float, float | None]] = deque()
    for score in scores:
        issued.append(tracker.q)
        waiting.append((float(score), tracker.q))
        if len(waiting) > delay:
            tracker.update(*waiting.popleft(), delay)
    return issued, tracker


def missed(scores, issued: list[float | None]) -> np.ndarray:
    """Which scores lay above what was issued for them; those that were issued nothing are left out."""
    return np.array([score > q for score, q in zip(scores, issued, strict=True) if q is not None])


def test_nothing_is_issued_before_twenty_labels():
    issued, _ = followed(range(22), alpha=0.1)

    assert issued[:20] == [None] * 20
    assert None not in issued[20:]


@pytest.mark.parametrize("alpha", [0.4, 0.1, 0.05, 0.001])
def test_up_to_a_hundred_labels_it_is_an_order_statistic(alpha: float):
    scores = np.random.default_rng(1).normal(size=100)

    issued, tracker = followed(scores, alpha=alpha)

    for n, q in enumerate([*issued, tracker.q][20:], start=20):
        assert q == np.sort(scores[:n])[min(ceil(round((1 - alpha) * (n + 1), 9)), n) - 1]


def test_half_of_a_tenth_that_is_no_binary_number_counts_as_a_twentieth():
    alpha = (1 - 0.9) / 2
    assert alpha < 0.05

    assert followed(range(99), alpha=alpha)[1].q == 94  # ceil(0.95 * 100) = 95th


def test_the_share_of_misses_is_what_was_asked_for_whatever_the_scores_do():
    rng = np.random.default_rng(2)
    level = np.repeat(rng.normal(size=40) * 10, 500)  # another world every 500 labels
    scores = level + rng.standard_t(3, size=len(level))

    issued, _ = followed(scores, alpha=0.1, pace=4.0)

    assert missed(scores, issued).mean() == pytest.approx(0.1, abs=0.006)


def test_two_trackers_are_as_wide_as_if_the_distribution_of_independent_residuals_were_known():
    residuals = np.random.default_rng(3).normal(size=40_000)

    high, _ = followed(residuals, alpha=0.05, pace=4.0)
    low, _ = followed(-residuals, alpha=0.05, pace=4.0)

    width = np.mean([a + b for a, b in zip(high[1_000:], low[1_000:], strict=True)])
    assert width == pytest.approx(2 * 1.6449, abs=0.05)


def test_a_miss_is_charged_against_what_was_issued():
    _, tracker = followed(np.linspace(0, 1, 200), alpha=0.1)
    before = tracker.q

    tracker.update(2.0, 3.0, 0)
    after_hit = tracker.q
    tracker.update(2.0, 1.0, 0)

    assert after_hit < before
    assert tracker.q > after_hit


@pytest.mark.parametrize("delay", [100, 1_000])
def test_late_labels_move_it_in_smaller_steps(delay: int):
    scores = np.random.default_rng(4).random(20_000)

    late, _ = followed(scores, alpha=0.1, delay=delay)

    steps = np.abs(np.diff(late[-5_000:]))
    assert steps.max() == pytest.approx(0.9 * 0.5 / (delay + 20), rel=0.1)  # the mean of these scores is 1/2
    assert missed(scores, late)[5_000:].mean() == pytest.approx(0.1, abs=0.03)


def test_one_odd_label_moves_it_less_than_its_own_scale():
    scores = np.random.default_rng(5).normal(size=3_000)

    _, sound = followed(scores, alpha=0.1, pace=4.0)
    _, odd = followed([*scores[:2_000], 1e9, *scores[2_000:]], alpha=0.1, pace=4.0)

    assert odd.q == pytest.approx(sound.q, abs=0.3)


@pytest.mark.parametrize("quiet", [0.0, 1e-12])
def test_it_wakes_up_after_a_long_stretch_of_scores_near_zero(quiet: float):
    noise = np.random.default_rng(6).normal(size=2_000)
    scores = np.concatenate([np.full(20_000, quiet), noise])

    issued, tracker = followed(scores, alpha=0.1, pace=4.0)

    assert missed(scores, issued)[-1_500:].mean() == pytest.approx(0.1, abs=0.03)
    assert tracker.q == pytest.approx(1.28, abs=0.4)


def test_it_holds_no_more_than_a_hundred_scores():
    tracker = QuantileTracker(alpha=0.1)
    held = []
    for score in range(300):
        tracker.update(score, None, 0)
        held.append(len(tracker._first))

    assert max(held) < 100
    assert held[-1] == 0


@pytest.mark.parametrize(("alpha", "pace", "what"), [(0.0, 1.0, "alpha"), (1.0, 1.0, "alpha"), (0.1, 0.0, "pace")])
def test_what_cannot_be_is_refused(alpha: float, pace: float, what: str):
    with pytest.raises(ValueError, match=f"{what} must be"):
        QuantileTracker(alpha=alpha, pace=pace)
