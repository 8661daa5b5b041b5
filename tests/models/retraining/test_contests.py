"""A contest hears only of events that both had predicted."""

from __future__ import annotations

import pytest

from models.answer import NO_ANSWER, Answer
from models.judge import Judge
from models.retraining.contest import Contest, Verdict
from models.retraining.contests import Rivalry
from tests import builders

RIGHT, WRONG = Answer(True, {True: 1.0}), Answer(False, {False: 1.0})


def rivalry(task: str = "binary") -> Rivalry:
    return Rivalry(object(), Judge(builders.gauge(task=task)), Contest(alpha=0.05, margin=None))


@pytest.mark.parametrize("pair", [(None, RIGHT), (RIGHT, None), (NO_ANSWER, RIGHT), (WRONG, NO_ANSWER), (None, None)])
def test_where_one_had_no_prediction_nothing_is_judged(pair):
    contested = rivalry()

    assert {contested.update(True, *pair) for _ in range(50)} == {Verdict.GO_ON}
    assert contested.figures()["contest_labels"] == 0


def test_its_figures_are_the_contests_on_the_differences_in_loss():
    contested, contest = rivalry(), Contest(alpha=0.05, margin=None)
    pairs = [(WRONG, RIGHT, 1.0), (RIGHT, RIGHT, 0.0), (RIGHT, WRONG, -1.0), (WRONG, RIGHT, 1.0)]

    for champion, challenger, d in pairs:
        assert contested.update(True, champion, challenger) is contest.update(d)

    assert contested.figures() == {
        "contest_labels": 4,
        "mean_gain": 0.25,
        "evidence": contest.evidence,
        "threshold": 21.0,
    }


def test_a_better_challenger_wins():
    contested = rivalry()
    verdicts = [contested.update(True, WRONG, RIGHT) for _ in range(20)]

    assert verdicts.index(Verdict.PROMOTE) == 8  # as the contest's own example


def test_a_regressions_differences_are_scaled_within_the_contest():
    contested = rivalry("regression")
    contested.update(0.0, Answer(2.0, None), Answer(1.0, None))
    contested.update(0.0, Answer(3.0, None), Answer(1.0, None))

    figures = contested.figures()  # the first label only says how large errors are
    assert (figures["contest_labels"], figures["mean_gain"]) == (1, (3 - 1) / (4 * 1))


def test_a_better_regression_wins_as_soon_as_a_better_class():
    contested = rivalry("regression")
    verdicts = [contested.update(0.0, Answer(10.0, None), Answer(1.0, None)) for _ in range(20)]

    assert verdicts.index(Verdict.PROMOTE) == 1 + 8
