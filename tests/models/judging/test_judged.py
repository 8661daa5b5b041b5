"""Contests judge by what leads, wherever two versions can be compared by it."""

from __future__ import annotations

import pytest

from models.check import problems
from models.judging.judged import By, in_words, judged
from tests import builders

COSTS = "\n[decision]\ncosts = { bad = { good = 10 } }"


def metric(name: str, judge: str | None = None) -> str:
    return f'[evaluation]\nmetric = "{name}"\n' + ("" if judge is None else f'[retraining]\njudge = "{judge}"\n')


@pytest.mark.parametrize(
    ("text", "task", "by"),
    [
        ("", "binary", By.ERROR),
        ("", "regression", By.ERROR),
        (metric("LogLoss"), "binary", By.LOG_LOSS),
        (metric("CrossEntropy"), "multiclass", By.LOG_LOSS),
        (metric("BrierScore"), "binary", By.MEAN),
        (metric("RMSE"), "regression", By.MEAN),
        (metric("R2"), "regression", By.MEAN),
        (metric("Cost") + COSTS, "binary", By.COST),
        (metric("F1"), "binary", By.WORTH),
        (metric("CohenKappa"), "multiclass", By.WORTH),
        (metric("ROCAUC"), "binary", By.BLOCKS),
        (metric("PRAUC"), "binary", By.BLOCKS),
        ('[evaluation]\nmetric = { use = "Recall", class = "low" }', "multiclass", By.WORTH),
        ('[evaluation]\nmetric = { use = "ROCAUC", class = "low" }', "multiclass", By.BLOCKS),
        # No two versions can be compared by these on a few events.
        (metric("ExpectedCalibrationError"), "binary", By.LOG_LOSS),
        (metric("MutualInfo"), "binary", By.ERROR),
        # Asked for.
        (metric("F1", "error"), "binary", By.ERROR),
        (metric("F1", "log_loss"), "binary", By.LOG_LOSS),
        (metric("Accuracy", "cost") + COSTS, "binary", By.COST),
        (metric("F1", "metric"), "binary", By.WORTH),
        # Labels tell where a threshold that follows the stream stands.
        (metric("F1") + "[decision]\nprecision = 0.8", "binary", By.LOG_LOSS),
        (metric("F1", "metric") + "[decision]\nprecision = 0.8", "binary", By.WORTH),
    ],
)
def test_the_judge_is_the_leading_metric_unless_another_is_named(text, task, by):
    assert judged(builders.gauge(text, task=task)).by is by


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (metric("MutualInfo", "metric"), "two versions cannot be compared by MutualInfo"),
        (metric("F1", "cost"), "needs to know what mistakes cost"),
    ],
)
def test_what_cannot_judge_is_refused(text, words):
    [(where, what)] = problems(builders.gauge(text))

    assert where == "retraining.judge"
    assert words in what


@pytest.mark.parametrize(
    ("text", "task", "words"),
    [
        ("", "binary", "0/1 error"),
        ("", "regression", "absolute error"),
        (metric("F1"), "binary", "F1: what each answer adds to it, from 20 labels of the rarer class on"),
        (metric("MacroF1"), "multiclass", "MacroF1: what each answer adds to it, from 20 labels of each class on"),
        (metric("ROCAUC"), "binary", "ROCAUC, in blocks of at least 5 labels of each class"),
        (metric("RMSE"), "regression", "RMSE, as a loss"),
        (metric("Cost") + COSTS, "binary", "cost"),
    ],
)
def test_the_judge_is_said_in_words(text, task, words):
    assert in_words(builders.gauge(text, task=task)) == words
