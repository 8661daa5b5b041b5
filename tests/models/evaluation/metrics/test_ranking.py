"""Ranking figures from counted scores, against scikit-learn."""

from __future__ import annotations

import random
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from models.evaluation.metrics.ranking import MOST, PRAUC, ROCAUC, ScoreCounts

Answers = list[tuple[float, bool]]

SCORES = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5, 5e-324, 1 - 2**-53]))
ANSWERS = st.lists(st.tuples(SCORES, st.booleans()), max_size=60)


def counted(answers: Answers, most: int | None = MOST) -> ScoreCounts:
    counts = ScoreCounts(most)
    for score, positive in answers:
        counts.add(score, positive)
    return counts


def contents(counts: ScoreCounts) -> object:
    return counts._level, [{key: n for key, n in side.items() if n} for side in counts._by_class]


def of_a_rare_class(n: int, share: float, seed: int) -> Answers:
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        positive = rng.random() < share
        found.append((rng.betavariate(0.6 if positive else 0.3, 60), positive))
    return found


@given(ANSWERS)
def test_scores_counted_as_they_are_give_scikit_learns_figures(answers):
    counts = counted(answers)
    labels = [positive for _, positive in answers]
    scores = [score for score, _ in answers]

    if len(set(labels)) < 2:
        assert counts.roc_auc() is None
    else:
        assert counts.roc_auc() == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    if not any(labels):
        assert counts.average_precision() is None
    else:
        assert counts.average_precision() == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


@pytest.mark.parametrize(("share", "seed"), [(0.005, 1), (0.01, 2), (0.3, 3)])
def test_binned_scores_of_a_rare_class_stay_near_scikit_learns_figures(share, seed):
    answers = of_a_rare_class(30_000, share, seed)
    counts = counted(answers)
    labels, scores = [y for _, y in answers], [p for p, _ in answers]

    off = abs(counts.roc_auc() - roc_auc_score(labels, scores))

    assert off <= counts.roc_auc_error < 0.005
    assert off < 0.0002
    assert counts.average_precision() == pytest.approx(average_precision_score(labels, scores), abs=0.002)
    assert sum(map(len, counts._by_class)) <= MOST


def test_scores_in_a_narrow_band_are_told_apart_once_binned():
    rng = random.Random(4)
    answers = [(0.01 + 1e-4 * rng.random(), rng.random() < 0.1) for _ in range(20_000)]
    counts = counted(answers)

    assert counts._level is not None
    assert counts.roc_auc() == pytest.approx(roc_auc_score([y for _, y in answers], [p for p, _ in answers]), abs=0.001)


@given(ANSWERS, ANSWERS, st.sampled_from([None, 4, 9, 30]))
def test_merged_counts_are_those_of_all_scores_together_in_any_order(first, second, most):
    counts = counted(first, most)
    before = counted(second, most)
    other = deepcopy(before)

    counts.merge(other)

    assert contents(counts) == contents(counted([*second, *first], most))
    assert contents(other) == contents(before)


@given(ANSWERS, ANSWERS, st.sampled_from([None, 4, 30]))
def test_a_part_taken_away_leaves_the_figures_of_the_rest(first, second, most):
    part, whole = counted(second, most), counted(first, most)
    whole.merge(part)

    left = whole.without(part)

    same = counted(first, most)
    if same._level != whole._level and whole._level is not None:
        same._widen(whole._level)
    assert contents(left)[1] == contents(same)[1]
    assert left.roc_auc() == same.roc_auc()
    assert left.average_precision() == same.average_precision()


@given(ANSWERS, st.sampled_from([4, 9]))
def test_the_figure_is_never_further_off_than_it_says(answers, most):
    exact, binned = counted(answers, None), counted(answers, most)

    if exact.roc_auc() is not None:
        assert abs(binned.roc_auc() - exact.roc_auc()) <= binned.roc_auc_error + 1e-12
    assert exact.roc_auc_error == 0


def test_the_metrics_read_the_positive_classs_probability():
    areas = ROCAUC(), PRAUC()
    for metric in areas:
        metric.update(True, {False: 0.2, True: 0.8})
        metric.update(False, {False: 0.1, True: 0.9})
        metric.update(False, {False: 1.0}, 3.0)
    assert [metric.get() for metric in areas] == [0.75, 0.5]
    assert ROCAUC.exact().counts._most is None
