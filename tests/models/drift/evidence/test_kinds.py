"""Each injected fault is told for what it is, from what a keeper holds."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from models.drift.evidence.column import Column, Role
from models.drift.evidence.faults import Fault
from models.drift.evidence.keeper import Keeper
from models.drift.evidence.kinds import ADVICE, Judged, judge, kind_of
from schemas.alerts import DriftKind

BLOCK = 64
Values = npt.NDArray[np.float64]
AGE = Column(name="age")
SITE = Column(name="site", values=("north", "south", "east", "west"))


def judged(values: Values, column: Column = AGE, *, blocks: int = 9, what: str = "location") -> Judged:
    """The movement of one column, of which the last blocks are after."""
    keeper = Keeper(1)
    for start in range(0, len(values) - BLOCK + 1, BLOCK):
        keeper.add(values[start : start + BLOCK, None])
    before, after = keeper.stretches(after_blocks=blocks, gap_events=32 * BLOCK)
    codes = column.is_category
    return judge(
        column,
        before.sketch(0, codes=codes),
        after.sketch(0, codes=codes, against=before),
        what=what,
        weight=1.0,
    )


def ages(events: int = 8_000, seed: int = 1) -> Values:
    return np.random.default_rng(seed).gamma(9.0, 4.4, events)


def sites(events: int = 8_000, seed: int = 1) -> Values:
    return np.random.default_rng(seed).choice(4, events, p=[0.4, 0.3, 0.2, 0.1]).astype(float)


def with_missing(x: Values) -> Values:
    return np.where(np.random.default_rng(3).random(len(x)) < 0.2, np.nan, x)


FAULTS: dict[str, tuple[Callable[[Values], Values], Fault | None]] = {
    "x 2.54": (lambda x: x * 2.54, Fault.UNIT),
    "x 0.4": (lambda x: x * 0.4, Fault.UNIT),
    "x 1000": (lambda x: x * 1000, Fault.UNIT),
    "stuck": (lambda x: np.full(len(x), x[0]), Fault.STUCK),
    "20 % missing": (with_missing, Fault.MISSING),
    "all missing": (lambda x: np.full(len(x), np.nan), Fault.MISSING),
    "whole numbers": (np.rint, Fault.RESOLUTION),
    "a sentinel": (lambda x: np.where(np.arange(len(x)) % 3 == 0, -99_999.0, x), Fault.OUT_OF_RANGE),
    "+1 sd": (lambda x: x + 13.2, None),
    "twice the noise": (lambda x: 40 + 2 * (x - 40), None),
    "a ramp": (lambda x: x + np.linspace(0, 13.2, len(x)), None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_number_is_told_for_what_it_is(name: str) -> None:
    x = ages()
    inject, expected = FAULTS[name]
    x[-9 * BLOCK :] = inject(x[-9 * BLOCK :])

    one = judged(x)

    assert one.fault is expected
    assert one.kind is (DriftKind.COVARIATE if expected is None else DriftKind.DATA_FAULT)


def test_whole_numbers_that_moved_are_no_other_resolution() -> None:
    x = np.rint(ages())
    x[-9 * BLOCK :] += 13.2

    one = judged(x)

    assert (one.kind, one.fault) == (DriftKind.COVARIATE, None)
    assert one.moved.words.endswith("whole numbers 100% -> 0%")


def test_a_factor_is_said_with_its_figures() -> None:
    x = ages()
    x[-9 * BLOCK :] *= 2.54

    moved = judged(x).moved

    assert re.match(r"age: values x 2\.(4[5-9]|5\d|6[0-3]) ", moved.words)
    assert "(unit?); median " in moved.words
    median = float(np.median(x[: -41 * BLOCK]))
    assert moved.before["q50"] == pytest.approx(median, rel=0.05)
    assert moved.after["q50"] == pytest.approx(2.54 * median, rel=0.05)


def test_a_column_that_comes_alive_is_a_fault_and_a_first_rain_is_not() -> None:
    alive, rain = np.full(8_000, 0.5), np.zeros(8_000)
    drawn = np.random.default_rng(4).random(9 * BLOCK)
    alive[-9 * BLOCK :], rain[-9 * BLOCK :] = drawn, np.where(drawn < 0.2, drawn, 0.0)

    assert judged(alive).fault is Fault.CAME_ALIVE
    assert judged(alive).moved.words.startswith("age: was 0.5 throughout, and moves now; median ")
    assert (judged(rain).kind, judged(rain).fault) == (DriftKind.COVARIATE, None)


def test_nothing_can_be_told_from_noise_around_zero() -> None:
    x = np.random.default_rng(5).standard_normal(8_000)
    x[-9 * BLOCK :] *= 2.54

    assert judged(x).kind is DriftKind.COVARIATE


@pytest.mark.parametrize(
    ("old", "share", "fault", "words"),
    [
        (0.0, 1.0, Fault.RENAMED, r"site: north \d\d% -> 0%, zone 1, never seen before, \d\d% \(renamed\?\)"),
        (0.0, 0.1, Fault.NEW_VALUE, r"site: values never seen before 0% -> [2-6].\d%, such as zone 1"),
    ],
)
def test_a_new_value_of_a_category_is_renamed_where_an_old_one_is_gone(
    old: float, share: float, fault: Fault, words: str
) -> None:
    x = sites()
    late = x[-9 * BLOCK :]
    late[(late == old) & (np.random.default_rng(2).random(len(late)) < share)] = 4.0

    one = judged(x, Column(name="site", values=(*(SITE.values or ()), "zone 1")))

    assert one.fault is fault
    assert re.fullmatch(words, one.moved.words)


def test_other_shares_of_the_same_values_are_a_covariate_shift() -> None:
    x = sites()
    x[-9 * BLOCK :] = np.where(x[-9 * BLOCK :] == 0, 3.0, x[-9 * BLOCK :])

    one = judged(x, SITE)

    assert (one.kind, one.fault) == (DriftKind.COVARIATE, None)
    assert re.fullmatch(r"site: share of (north 4\d% -> 0%|west \d+(\.\d)?% -> \d\d%)", one.moved.words)


def test_no_value_of_a_private_column_is_shown() -> None:
    x, y = ages(), sites()
    for inject, _ in FAULTS.values():
        moved = x.copy()
        moved[-9 * BLOCK :] = inject(moved[-9 * BLOCK :])
        one = judged(moved, Column(name="age", private=True)).moved
        assert set(one.before) | set(one.after) == {"missing"}
        assert "median" not in one.words
        assert "stuck at" not in one.words
    y[-9 * BLOCK :] = 4.0

    one = judged(y, Column(name="site", values=("north", "south", "east", "west", "zone 1"), private=True)).moved

    assert set(one.before) | set(one.after) == {"missing"}
    assert not any(value in one.words for value in ("north", "south", "east", "west", "zone"))


def test_labels_that_stop_are_late_labels_and_other_shares_another_prior() -> None:
    label = Column(name="failed", role=Role.LABEL, values=("no", "yes"))
    y = (np.random.default_rng(4).random(8_000) < 0.3).astype(float)
    stopped, shifted = y.copy(), y.copy()
    stopped[-9 * BLOCK :] = np.nan
    shifted[-9 * BLOCK :] = np.random.default_rng(6).random(9 * BLOCK) < 0.8

    assert judged(stopped, label).kind is DriftKind.LABELS
    assert judged(shifted, label).kind is DriftKind.PRIOR
    assert re.fullmatch(r"failed: share of yes 3\d% -> (7|8)\d%", judged(shifted, label).moved.words)


def test_a_growing_delay_is_about_labels() -> None:
    delay = np.random.default_rng(7).exponential(3_600.0, 8_000)
    delay[-9 * BLOCK :] *= 3

    assert judged(delay, Column(name="label delay", role=Role.DELAY)).kind is DriftKind.LABELS


@pytest.mark.parametrize(
    ("factor", "kind", "words"),
    [
        (0.5, DriftKind.COVARIATE, "times as often"),
        (3.0, DriftKind.COVARIATE, "times more rarely"),
        (50.0, DriftKind.DATA_FAULT, "times more rarely"),
    ],
)
def test_traffic_is_told_by_how_often_events_come(factor: float, kind: DriftKind, words: str) -> None:
    gaps = np.random.default_rng(8).exponential(10.0, 8_000)
    gaps[-9 * BLOCK :] *= factor

    one = judged(np.log1p(gaps), Column(name="traffic", role=Role.TRAFFIC))

    assert one.kind is kind
    assert words in one.moved.words


def test_predictions_that_collapse_are_said_so() -> None:
    predicted = (np.random.default_rng(9).random(8_000) < 0.3).astype(float)
    predicted[-9 * BLOCK :] = 0.0

    one = judged(predicted, Column(name="prediction", role=Role.PREDICTED, values=("good", "bad")))

    assert one.kind is DriftKind.PRIOR
    assert "nearly all predictions are good" in one.moved.words


def test_the_kind_of_an_episode_is_that_of_most_of_the_evidence() -> None:
    x = ages()
    shifted = x.copy()
    shifted[-9 * BLOCK :] += 13.2
    x[-9 * BLOCK :] = np.nan
    fault, covariate = judged(x), judged(shifted)
    prediction = judged(shifted, Column(name="prediction", role=Role.PREDICTED))

    heavy = covariate._replace(moved=covariate.moved.__class__(**{**_fields(covariate), "weight": 3.0}))

    assert kind_of([fault, covariate]) is DriftKind.DATA_FAULT
    assert kind_of([fault, heavy]) is DriftKind.COVARIATE
    assert kind_of([prediction, covariate]) is DriftKind.COVARIATE
    assert kind_of([prediction]) is DriftKind.PRIOR
    assert all(kind in ADVICE for kind in (DriftKind.DATA_FAULT, DriftKind.COVARIATE, DriftKind.LABELS))


def _fields(one: Judged) -> dict[str, object]:
    return {name: getattr(one.moved, name) for name in one.moved.__slots__}
