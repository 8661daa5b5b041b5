"""One loss for detectors, contests and succession."""

from __future__ import annotations

from math import log

import pytest

from models.answer import NO_ANSWER, Answer
from models.judging.judge import DriftLoss, Judge, judges_by_log_loss, losses_are_binary
from tests import builders

SURE, UNSURE = Answer(True, {True: 0.9, False: 0.1}), Answer(True, {True: 0.6, False: 0.4})

LOG_LOSS = '[retraining]\njudge = "log_loss"'


@pytest.mark.parametrize(
    ("text", "task", "by_log_loss"),
    [
        ("", "binary", False),
        (LOG_LOSS, "multiclass", True),
        ('[evaluation]\nmetric = "ROCAUC"', "binary", True),
        ('[evaluation]\nmetric = "F1"', "binary", False),
        ('[evaluation]\nmetric = "LogLoss"\n[retraining]\njudge = "error"', "binary", False),
        ("", "regression", False),
    ],
)
def test_the_judge_is_named_or_follows_the_leading_metric(text, task, by_log_loss):
    gauge = builders.gauge(text, task=task)

    assert judges_by_log_loss(gauge) is by_log_loss
    assert losses_are_binary(gauge) is (task != "regression" and not by_log_loss)


def test_error_is_the_default_loss_of_classes():
    judge = Judge(builders.gauge())

    assert [judge.loss(y, SURE) for y in (True, False)] == [0.0, 1.0]


def test_log_loss_is_clipped_and_in_0_to_1():
    judge = Judge(builders.gauge(LOG_LOSS))

    assert judge.loss(True, SURE) == pytest.approx(-log(0.9) / log(1000))
    assert judge.loss(False, Answer(True, {True: 1.0})) == 1.0
    assert judge.loss(False, Answer(True, None)) == 1.0


def test_numbers_are_judged_by_absolute_error_in_their_unit():
    assert Judge(builders.gauge(task="regression")).loss(-3.0, Answer(4.5, None)) == 7.5


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_without_a_prediction_there_is_no_loss(task):
    gauge = builders.gauge(task=task)

    assert Judge(gauge).loss(1, NO_ANSWER) is None
    assert DriftLoss(gauge).of(1, NO_ANSWER) is None


@pytest.mark.parametrize("text", ["", LOG_LOSS])
def test_a_pair_of_classes_is_the_difference_of_losses(text):
    judge = Judge(builders.gauge(text))
    difference = judge.paired()

    for y in (True, False):
        for champion, challenger in ((SURE, UNSURE), (UNSURE, SURE), (SURE, Answer(False, {False: 1.0}))):
            assert difference(y, champion, challenger) == judge.loss(y, champion) - judge.loss(y, challenger)


def test_a_pair_of_numbers_is_scaled_by_earlier_pairs_and_every_contest_has_a_scale_of_its_own():
    # The closed form: none at first, then (|e| - |e'|) / s with s = 4 times the mean of the smaller errors so far.
    judge = Judge(builders.gauge(task="regression"))
    difference = judge.paired()
    pairs = [(Answer(3.0, None), Answer(-2.0, None)), (Answer(1.0, None), Answer(3.0, None))]

    assert [difference(0.0, *pair) for pair in pairs] == [None, (1 - 3) / (4 * 2)]
    assert judge.paired()(0.0, *pairs[1]) is None


def test_the_drift_loss_of_numbers_is_scaled_until_it_starts_again():
    # s = 4 times the mean of the errors so far; a first error counts as 1/4.
    loss = DriftLoss(builders.gauge(task="regression"))
    answers = [Answer(2.0, None), Answer(-4.0, None), Answer(1000.0, None)]

    assert [loss.of(0.0, answer) for answer in answers] == [(0.25, 2.0), (4 / 8, 4.0), (1.0, 1000.0)]
    loss.restart()
    assert loss.of(0.0, answers[2]) == (0.25, 1000.0)


def test_the_drift_loss_of_classes_needs_no_scale():
    loss = DriftLoss(builders.gauge())
    loss.restart()

    assert [loss.of(y, SURE) for y in (True, False)] == [(0.0, 0.0), (1.0, 1.0)]
