"""Bets on a gap, against the plain formula in logarithms."""

from __future__ import annotations

import random
from math import exp, inf, isfinite, log, log1p

import pytest

from models.evaluation.fairness.bets import BETS, LEAST, GapBets, ToleranceBets


class Plain:
    """The published form: logarithms per bet, and sums of wealth over every pair at which betting may have begun."""

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance
        self.wealth = [0.0] * 12
        self.late = [-inf] * 12

    def update(self, x: float) -> None:
        t = self.tolerance
        gains = [(x - t) / (1 + t)] * 6 + [-(x + t) / (1 + t)] * 6
        grown = [log1p(bet * gain) for bet, gain in zip(BETS * 2, gains, strict=True)]
        self.wealth = [w + g for w, g in zip(self.wealth, grown, strict=True)]
        self.late = [log(exp(w) + 1) + g for w, g in zip(self.late, grown, strict=True)]

    @staticmethod
    def mean(logs: list[float], kappa: float) -> float:
        return sum(exp(w / kappa) for w in logs) / 12


@pytest.mark.parametrize("tolerance", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("kappa", [1.0, 3.5])
def test_evidence_equals_the_plain_formula_at_every_pair(tolerance: float, kappa: float) -> None:
    rng = random.Random(3)
    bets, plain = GapBets(tolerance=tolerance), Plain(tolerance)

    for n in range(600):
        x = rng.choice((-1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 1.0 if n > 300 else 0.0))
        bets.update(x)
        plain.update(x)

        assert bets.e_value(kappa=kappa) == pytest.approx(plain.mean(plain.wealth, kappa), rel=1e-9)
        assert bets.late_e_value(kappa=kappa) == pytest.approx(plain.mean(plain.late, kappa), rel=1e-9)


@pytest.mark.parametrize("x", [-1.0, 0.0, 1.0])
def test_wealth_stays_finite_and_positive_for_ever(x: float) -> None:
    bets = GapBets(tolerance=0.05)

    for _ in range(20_000):
        bets.update(x)

    assert isfinite(bets.e_value(kappa=1.0))
    assert isfinite(bets.late_e_value(kappa=1.0))
    assert bets.e_value(kappa=1.0) >= LEAST


def test_a_gap_that_begins_late_is_found_by_the_sums_long_after_the_wealth_is_gone() -> None:
    bets = GapBets(tolerance=0.05)
    for n in range(20_000):
        bets.update(float(n % 2) - 0.5)

    for _ in range(60):
        bets.update(0.5)

    assert bets.e_value(kappa=1.0) < 1
    assert bets.late_e_value(kappa=1.0) > 1e3


def test_a_difference_within_the_tolerance_is_no_evidence() -> None:
    bets = GapBets(tolerance=0.1)

    for n in range(10_000):
        bets.update(0.09 if n % 2 else 0.1)

    assert bets.most <= 1.0
    assert bets.e_value(kappa=1.0) < 1.0


@pytest.mark.parametrize("sign", [1, -1])
def test_the_direction_is_that_of_the_gap(sign: int) -> None:
    bets = GapBets(tolerance=0.05)

    for _ in range(20):
        bets.update(sign * 0.5)

    assert bets.direction == sign


def test_a_restart_places_the_first_bets_anew() -> None:
    bets = GapBets(tolerance=0.05)
    for _ in range(20):
        bets.update(1.0)

    bets.restart()

    assert bets.e_value(kappa=1.0) == 1.0
    assert bets.late_e_value(kappa=1.0) == 0.0


def test_the_way_back_is_evident_once_the_gap_is_within_the_tolerance() -> None:
    back = ToleranceBets(tolerance=0.05)
    for _ in range(5_000):
        back.update(0.2)
    before = back.most

    for _ in range(1_000):
        back.update(0.0)

    assert before < 400
    assert back.e_value(kappa=1.0) > 1e5


def test_a_tolerance_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tolerance must be in \[0, 1\), got 1.0"):
        GapBets(tolerance=1.0)
