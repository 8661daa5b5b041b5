"""Labels that have come stand for those of their kind that have not, as old predictions say."""

from __future__ import annotations

import pytest

from models.evaluation.late.arrivals import Aged, Ages, Quarter, mean_to_be

RIGHT, WRONG = 0, 1


def cohort(*labels: tuple[float, int], never: int = 0) -> Ages:
    """Ages of a cohort by (age, kind) of each label."""
    quarter = Quarter()
    quarter.came = [(age, kind, float(kind)) for age, kind in labels] + [None] * never
    quarter.began = [0.0] * len(quarter.came)
    return Ages([Aged(quarter)])


def right_in(ages: range) -> list[tuple[float, int]]:
    return [(float(age), RIGHT) for age in ages]


def wrong_in(ages: range) -> list[tuple[float, int]]:
    return [(float(age), WRONG) for age in ages]


def test_a_window_whose_labels_have_all_come_is_known():
    ages = cohort(*right_in(range(1, 101)))

    assert mean_to_be([(0, (1, RIGHT, 0.0)), (0, (1, WRONG, 1.0))], ages, now=200, otherwise=9.0) == 0.5


def test_a_labelled_answer_stands_for_its_kinds_late_ones():
    # Half of the right answers' labels had come by age 50, a fifth of the wrong ones': 1 and 4 others wait for each.
    ages = cohort(*right_in(range(1, 101)), *wrong_in(range(41, 91)))
    window = [(0, (10, RIGHT, 0.0)), (0, (45, WRONG, 1.0)), *[(0, None)] * 5]

    # By age 50 the labels of 60 of 150 had come, so all five that wait will get theirs.
    assert mean_to_be(window, ages, now=50, otherwise=9.0) == pytest.approx((1 + 4) / 7)


def test_those_that_no_label_stands_for_are_taken_to_be_like_the_last():
    ages = cohort(*right_in(range(1, 101)))
    window = [(0, (10, RIGHT, 0.0)), *[(0, None)] * 3]

    assert mean_to_be(window, ages, now=50, otherwise=0.25) == pytest.approx(2 * 0.25 / 4)


def test_a_label_stands_for_no_more_than_wait():
    ages = cohort(*right_in(range(1, 101)), *wrong_in(range(41, 91)))
    window = [(0, (10, RIGHT, 0.0)), (0, (45, WRONG, 1.0)), (0, None)]

    assert mean_to_be(window, ages, now=50, otherwise=9.0) == pytest.approx((1 + 0.8) / 3)


def test_those_that_never_get_a_label_do_not_count():
    # At age 100 every label that will ever come has come: what waits then waits in vain.
    ages = cohort(*right_in(range(1, 101)), never=100)

    assert mean_to_be([(0, (10, WRONG, 1.0)), (0, None)], ages, now=100, otherwise=0.0) == 1.0


def test_who_waits_gets_a_label_with_the_chance_of_old_ones_of_that_age():
    # Of 200 old predictions 100 never got a label, and 50 had none yet at age 50: one in three still will.
    ages = cohort(*right_in(range(1, 101)), never=100)
    window = [(0, (10, RIGHT, 0.0)), *[(0, None)] * 3]

    assert mean_to_be(window, ages, now=50, otherwise=1.0) == pytest.approx(1 * (2 / 3) / 2)


def test_a_rare_kind_has_the_ages_of_all():
    rare = cohort(*right_in(range(1, 101)), *wrong_in(range(91, 110)))
    window = [(0, (45, WRONG, 1.0)), *[(0, None)] * 19]

    # 50 of 119 labels had come by age 50; of its own kind it would be none, and it would stand for 19.
    assert mean_to_be(window, rare, now=50, otherwise=0.0) == pytest.approx((1 + 69 / 50) / 20)


def test_a_label_that_comes_very_late_is_known_to_the_cohort():
    quarter = Quarter()
    quarter.came = [(1.0, RIGHT, 0.0), None]
    aged = Aged(quarter)

    aged.add((70.0, WRONG, 1.0))

    assert (Ages([aged]).all, Ages([aged]).never, aged.labels, aged.loss) == ([1.0, 70.0], 0.0, 2, 1.0)
