"""A season is found where there is one, and nothing is made of one where there is none."""

from __future__ import annotations

import pickle
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import lfilter

from models.drift.columns.season import Season, parts_of, places_of

DAY = 24
"""Blocks a day: one an hour."""
BOTH = ("hour", "weekday")
Numbers = npt.NDArray[np.float64]


def counts(block: int) -> Numbers:
    """The events of a block: all within an hour, as it comes."""
    found = np.zeros(31)
    found[[block % DAY, 24 + block // DAY % 7]] = 64.0
    return found


def day(blocks: int) -> Numbers:
    return np.sin(2 * np.pi * np.arange(blocks) / DAY)[:, None]


def noise(blocks: int, columns: int, ar: float, seed: int = 1) -> Numbers:
    drawn = np.random.default_rng(seed).standard_normal((blocks, columns))
    return np.asarray(lfilter([np.sqrt(1 - ar * ar)], [1.0, -ar], drawn, axis=0))


def without(season: Season, x: Numbers) -> Numbers:
    return np.stack([season.without(row, counts(n)) for n, row in enumerate(x)])


def test_what_a_day_brings_is_taken_away() -> None:
    blocks = DAY * 60
    x = 5.0 + 3 * day(blocks) + 0.3 * noise(blocks, 4, 0.0)

    late = without(Season(4, BOTH), x)[-DAY * 5 :]

    assert np.std(x[-DAY * 5 :], axis=0).min() > 2.0
    assert np.std(late, axis=0).max() < 0.5
    assert np.mean(late) == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize("ar", [0.0, 0.99, 1.0])
def test_what_has_no_season_is_left_as_it_is(ar: float) -> None:
    x = noise(DAY * 60, 10, ar) if ar < 1 else np.cumsum(noise(DAY * 60, 10, 0.0), axis=0)

    shown = without(Season(10, BOTH), x)

    assert np.mean(np.abs(shown - x) > 1e-9) < 0.05
    assert np.array_equal(shown[: DAY * 3], x[: DAY * 3])


def test_a_shift_stays_to_be_seen() -> None:
    blocks = DAY * 60
    x = 3 * day(blocks) + 0.3 * noise(blocks, 1, 0.0)
    x[-DAY:] += 1.0

    shown = without(Season(1, BOTH), x)

    assert np.mean(shown[-DAY:]) - np.mean(shown[-DAY * 8 : -DAY]) == pytest.approx(1.0, abs=0.2)


def test_without_times_nothing_happens() -> None:
    season, x = Season(3, BOTH), noise(300, 3, 0.9)
    before = pickle.dumps(season)

    shown = np.stack([season.without(row, np.zeros(31)) for row in x])

    assert np.array_equal(shown, x)
    assert pickle.dumps(season) == before


def test_what_is_not_finite_stays_so_and_is_not_learned() -> None:
    x = 3 * day(DAY * 60) + 0.3 * noise(DAY * 60, 2, 0.0)
    x[::3, 0] = np.nan

    shown = without(Season(2, BOTH), x)

    assert np.array_equal(np.isnan(shown), np.isnan(x))
    assert np.nanstd(shown[-DAY * 3 :, 0]) < 0.6


def test_it_continues_the_same_from_a_cut_and_is_small() -> None:
    x = 3 * day(DAY * 40) + noise(DAY * 40, 200, 0.5)
    season = Season(200, BOTH)
    without(season, x[: DAY * 29])
    restored = pickle.loads(pickle.dumps(season))

    assert len(pickle.dumps(season)) < 80_000
    assert np.array_equal(without(season, x[DAY * 29 :]), without(restored, x[DAY * 29 :]))


def test_the_parts_of_a_season_are_hours_and_weekdays() -> None:
    assert (parts_of(BOTH), parts_of(("weekday",)), parts_of(())) == (31, 7, 0)
    assert places_of(datetime(2026, 11, 29, 23, 59), ("weekday",)) == (6,)


def test_summaries_that_are_measured_otherwise_begin_anew_and_others_go_on() -> None:
    x = 5.0 + 3 * day(DAY * 40) + 0.3 * noise(DAY * 40, 2, 0.0)
    season, other = Season(2, BOTH), Season(2, BOTH)
    without(season, x), without(other, x)

    season.restart(np.array([True, False]))
    shown, kept = without(season, x[:DAY]), without(other, x[:DAY])

    assert np.array_equal(shown[:, 0], x[:DAY, 0])
    assert np.array_equal(shown[:, 1], kept[:, 1])
