"""However many contests there are, together they spend what one may."""

from __future__ import annotations

from math import pi

import pytest

from models.retraining.contests.level import Level


def test_a_hundred_thousand_contests_spend_almost_all_and_never_more():
    level = Level(0.05)
    spent = sum(level.next() for _ in range(100_000))

    # The tail of the sum from c on is 2 / sqrt(c) of zeta(1.5), by the integral.
    assert spent == pytest.approx(0.05 * (1 - 2 / 100_000**0.5 / 2.612375), abs=1e-6)
    assert spent < 0.05


def test_from_the_third_contest_on_each_has_more_than_a_sequence_of_inverse_squares_leaves_it():
    level = Level(0.05)
    levels = [level.next() for _ in range(1_000)]

    squares = [6 * 0.05 / (pi**2 * c**2) for c in range(1, 1_001)]
    assert [ours > theirs for ours, theirs in zip(levels, squares, strict=True)] == [False] * 2 + [True] * 998
    assert levels[99] / squares[99] > 6


def test_each_contest_gets_less_than_the_one_before():
    level = Level(0.2)
    levels = [level.next() for _ in range(50)]

    assert levels == sorted(set(levels), reverse=True)


def test_another_champion_begins_at_the_first_contest_again():
    level = Level(0.05)
    first = level.next()
    level.next()
    level.renew()

    assert level.next() == first


def test_another_alpha_counts_the_contests_there_were():
    level, other = Level(0.05), Level(0.05)
    level.next(), other.next()
    level.adopt(0.1)

    assert level.next() == pytest.approx(2 * other.next())


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_a_level_that_is_no_probability_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha must be in"):
        Level(alpha)
    level = Level(0.05)
    with pytest.raises(ValueError, match="alpha must be in"):
        level.adopt(alpha)
    assert level.next() == Level(0.05).next()
