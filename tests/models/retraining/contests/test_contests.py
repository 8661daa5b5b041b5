"""A contest hears only of events that both had predicted."""

from __future__ import annotations

import pytest

from models.answer import NO_ANSWER, Answer
from models.judging.judge import Judge
from models.retraining.contests.contest import Contest, Verdict
from models.retraining.contests.rivalry import Rivalry
from tests import builders

RIGHT, WRONG = Answer(True, {True: 1.0}), Answer(False, {False: 1.0})


def rivalry(task: str = "binary") -> Rivalry:
    return Rivalry(object(), Judge(builders.gauge(task=task)).paired(), Contest(alpha=0.05, margin=None))


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


def test_a_challenger_that_answers_as_the_champion_does_is_given_up_after_the_warm_up_and_not_before():
    judge = Judge(builders.gauge()).paired()
    contested = Rivalry(object(), judge, Contest(alpha=0.05, margin=0.02), patience=5_000, tells_apart_by=64)
    verdicts = [contested.update(n % 2 == 0, RIGHT, RIGHT) for n in range(64)]

    assert verdicts == [Verdict.GO_ON] * 63 + [Verdict.GIVE_UP]
    assert contested.reason == "its answers were the champion's on all of 64 labels"


def test_one_different_answer_in_the_warm_up_keeps_the_trial_on():
    judge = Judge(builders.gauge()).paired()
    contested = Rivalry(object(), judge, Contest(alpha=0.05, margin=None), patience=5_000, tells_apart_by=64)
    contested.update(True, RIGHT, WRONG)

    assert {contested.update(True, RIGHT, RIGHT) for _ in range(200)} == {Verdict.GO_ON}


def test_patience_counts_labels_that_told_the_contest_nothing():
    judge = Judge(builders.gauge('[evaluation]\nmetric = "F1"')).paired()
    contested = Rivalry(object(), judge, Contest(alpha=0.05, margin=None), patience=30)
    verdicts = [contested.update(False, RIGHT, WRONG) for _ in range(30)]

    assert verdicts.index(Verdict.GIVE_UP) == 29
    assert contested.reason == "the contest gave up: no lead worth having"


def test_a_metric_is_judged_by_what_answers_add_to_it_and_the_figure_is_its_gain():
    judge = Judge(builders.gauge('[evaluation]\nmetric = "F1"')).paired()
    contested = Rivalry(object(), judge, Contest(alpha=0.05, margin=None))
    verdicts = [contested.update(n % 5 == 0, WRONG, RIGHT if n % 5 == 0 else WRONG) for n in range(1_000)]
    won = verdicts.index(Verdict.PROMOTE)

    assert 100 < won < 200  # of the 20 positives before it judges, and nine or ten more
    assert contested.figures()["mean_gain"] == 1.0  # an F1 of 1 against 0
