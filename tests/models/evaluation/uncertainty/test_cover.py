"""Intervals and sets: what is issued follows from the scores before it, and holds the share that was declared."""

from __future__ import annotations

import numpy as np
import pytest

from models.answer import NO_ANSWER, Answer
from models.evaluation.uncertainty.cover import Intervals, Sets, cover_of
from tests import builders


def intervals(residuals, share: float = 0.9) -> Intervals:
    cover = Intervals(share)
    for residual in residuals:
        cover.label(Answer(0.0, None), None, float(residual), 0)
    return cover


def sets(shares_of_the_label, classes=("low", "middle", "high"), share: float = 0.9) -> Sets:
    cover = Sets(share, classes)
    for p in shares_of_the_label:
        cover.label(Answer(0, {0: p, 1: 1 - p}), None, 0, 0)
    return cover


def test_an_interval_reaches_as_far_to_each_side_as_the_residuals_did():
    cover = intervals([n if n % 2 else -10 * n for n in range(100)])  # 1, 3, ... above, 0, 20, ... below

    given = cover.issue(Answer(1000.0, None))

    # The 96th of 100, ceil(0.95 * 101), on either side.
    assert given == ((900.0, 91.0), 991.0, (1000.0 - 900.0, 1000.0 + 91.0), None)


def test_an_interval_lies_on_the_side_to_which_a_model_errs():
    _, _, (low, high), _ = intervals(np.random.default_rng(1).normal(50, 1, size=100)).issue(Answer(0.0, None))

    assert 45 < low < high < 55


def test_ends_that_cross_are_their_middle():
    cover = intervals([0.0] * 100)
    cover._below.q, cover._above.q = -1.0, 0.5

    assert cover.issue(Answer(10.0, None)) == ((-1.0, 0.5), 0.0, (10.75, 10.75), None)


def test_a_set_holds_each_class_that_is_no_less_probable_than_the_scores_allow():
    cover = sets([0.8] * 10 + [0.2] * 90)  # scores of 0.2 and 0.8: q is 0.8

    assert cover.issue(Answer(2, {0: 0.21, 1: 0.1, 2: 0.69})) == ((0.8,), 2.0, None, ("low", "high"))


def test_the_most_probable_class_is_in_the_set_however_improbable_it_is():
    cover = sets([0.99] * 100)

    assert cover.issue(Answer(1, {0: 0.3, 1: 0.4, 2: 0.3}))[-1] == ("middle",)
    assert cover.label(Answer(1, {0: 0.3, 1: 0.4, 2: 0.3}), (0.01,), 1, 0) is True
    assert cover.label(Answer(1, {0: 0.3, 1: 0.4, 2: 0.3}), (0.01,), 0, 0) is False


@pytest.mark.parametrize("q", [-0.5, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 1.2])
def test_two_classes_have_the_sets_that_several_would_have(q: float):
    two, several = sets([0.5] * 20, (0, 1)), sets([0.5] * 20, (0, 1, 2))
    two._tracker.q = several._tracker.q = q

    for p in (0.0, 0.2, 0.3, 0.5, 0.7, 1.0):
        found = two.issue(Answer(p > 0.5, {False: 1 - p, True: p}))
        expected = several.issue(Answer(int(p > 0.5), {0: 1 - p, 1: p, 2: -1.0}))
        assert found == expected


def test_a_class_that_the_model_never_met_has_no_probability_and_joins_last():
    cover = sets([0.0] * 100)  # the label was always given none: every class is possible

    assert cover.issue(Answer(0, {0: 1.0}))[-1] == ("low", "middle", "high")
    assert cover.label(Answer(0, {0: 1.0}), (1.0,), 2, 0) is True


def test_before_twenty_labels_and_for_an_answer_without_a_number_or_probabilities_nothing_is_issued():
    assert intervals([1.0] * 19).issue(Answer(0.0, None)) is None
    assert intervals([1.0] * 20).issue(NO_ANSWER) is None
    assert sets([0.5] * 19).issue(Answer(0, {0: 1.0})) is None
    assert sets([0.5] * 20).issue(NO_ANSWER) is None
    assert sets([0.5] * 20).issue(Answer(0, None)) is None


def test_a_label_without_anything_issued_teaches_and_is_in_no_cover():
    cover = intervals([])

    said = [cover.label(Answer(0.0, None), None, 1.0, 0) for _ in range(20)]

    assert said == [None] * 20
    assert cover.issue(Answer(0.0, None)) is not None


@pytest.mark.parametrize("kind", ["intervals", "sets"])
def test_nothing_is_learned_from_an_answer_that_says_nothing(kind: str):
    cover = Intervals(0.9) if kind == "intervals" else Sets(0.9, ("a", "b"))

    assert [cover.label(NO_ANSWER, None, 1.0, 0) for _ in range(30)] == [None] * 30
    assert cover.issue(Answer(1, {0: 0.5, 1: 0.5})) is None


def test_a_label_is_held_against_what_was_issued_and_not_against_what_would_be():
    cover = intervals([5.0] * 100)

    assert cover.label(Answer(0.0, None), (0.0, 1.0), 1.0, 0) is True  # its end included
    assert cover.label(Answer(0.0, None), (0.0, 1.0), 1.5, 0) is False


@pytest.mark.parametrize(("task", "kind"), [("binary", Sets), ("multiclass", Sets), ("regression", Intervals)])
def test_a_gauge_gets_what_its_task_has_and_nothing_unless_it_asks(task: str, kind: type):
    assert isinstance(cover_of(builders.gauge("[uncertainty]\ncover = 0.9", task=task, candidates=["no_change"])), kind)
    assert cover_of(builders.gauge(task=task, candidates=["no_change"])) is None


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_both_hold_the_share_that_was_declared(share: float):
    rng = np.random.default_rng(5)
    numbers, several = Intervals(share), Sets(share, (0, 1, 2))
    held = []
    for _ in range(6_000):
        answer, y = Answer(float(rng.normal()), None), float(rng.standard_t(4))
        given = numbers.issue(answer)
        held.append(numbers.label(answer, None if given is None else given[0], y, 0))
        p = rng.dirichlet([1, 1, 1])
        answer, y = Answer(int(p.argmax()), dict(enumerate(p.tolist()))), int(rng.choice(3, p=p))
        given = several.issue(answer)
        held.append(several.label(answer, None if given is None else given[0], y, 0))

    for kept in (held[::2], held[1::2]):
        assert kept.count(None) == 20
        assert np.mean([one for one in kept if one is not None]) == pytest.approx(share, abs=0.012)
