"""Thresholds that a metric cannot cross are refused with its range."""

from __future__ import annotations

import math
import random

import pytest

from models.answer import Answer
from models.check import problems
from models.evaluation.metrics.alike import figure_of
from models.evaluation.metrics.metrics import METRICS, bigger_is_better
from models.evaluation.metrics.thresholds import range_of
from schemas.gauge import Task
from tests import builders

EVERY = [(task, name) for task in Task for name in METRICS[task]]
CODES: dict[str, tuple[object, ...]] = {"binary": (False, True), "multiclass": (0, 1, 2)}


def found(metric: str, rule: str, task: str = "binary") -> list[tuple[str, str]]:
    text = f'[evaluation]\nmetric = "{metric}"\n[retraining]\non_metric = {{ {rule} }}'
    return problems(builders.gauge(text, task=task, candidates=["mean" if task == "regression" else "naive_bayes"]))


@pytest.mark.parametrize(
    ("task", "metric", "rule", "what"),
    [
        ("binary", "Accuracy", "below = 1.5", "Accuracy lies in [0, 1]: below must be above 0 and at most 1, got 1.5"),
        ("binary", "Accuracy", "below = 70", "at most 1, got 70"),
        ("binary", "Accuracy", "below = 0", "Accuracy lies in [0, 1]: below must be above 0 and at most 1, got 0"),
        ("binary", "CohenKappa", "below = -1", "CohenKappa lies in [-1, 1]: below must be above -1 and at most 1"),
        (
            "binary",
            "LogLoss",
            "above = -0.1",
            "LogLoss lies in [0, 34.54]: above must be at least 0 and below 34.54",
        ),
        ("binary", "LogLoss", "above = 40", "got 40"),
        ("binary", "MutualInfo", "below = 0.7", "MutualInfo lies in [0, 0.693147]"),
        ("regression", "MAE", "above = -1", "MAE lies at or above 0: above must be at least 0, got -1"),
        ("regression", "R2", "below = 1.1", "R2 lies at or below 1: below must be at most 1, got 1.1"),
        (
            "regression",
            "SMAPE",
            "above = 200",
            "SMAPE lies in [0, 200]: above must be at least 0 and below 200, got 200",
        ),
    ],
)
def test_a_threshold_out_of_reach_is_refused_with_the_range(task, metric, rule, what):
    [(where, problem)] = found(metric, rule, task)

    assert where == "retraining.on_metric"
    assert what in problem


@pytest.mark.parametrize(
    ("task", "metric", "rule"),
    [
        ("binary", "Accuracy", "below = 1"),
        ("binary", "CohenKappa", "below = -0.5"),
        ("binary", "MutualInfo", "below = 0.69"),
        ("multiclass", "MutualInfo", "below = 1.0"),
        ("regression", "MAE", "above = 0"),
        ("regression", "R2", "below = -40"),
        ("regression", "MAPE", "above = 500"),
    ],
)
def test_a_threshold_within_reach_is_taken(task, metric, rule):
    assert found(metric, rule, task) == []


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_no_figure_leaves_its_range(task, name):
    rng = random.Random(4)
    codes = CODES.get(task, ())
    low, high = range_of(name, len(codes))

    for _ in range(60):
        if task is Task.REGRESSION:
            pairs = [(rng.gauss(0, 3), Answer(rng.gauss(0, 9), None)) for _ in range(rng.randint(1, 9))]
        else:
            answers = rng.choices(codes, k=rng.randint(1, 9))
            pairs = [(rng.choice(codes), Answer(y_pred, {y_pred: 1.0})) for y_pred in answers]
        value = figure_of(name, task, pairs)
        assert value is None or low - 1e-9 <= value <= high + 1e-9


def test_a_metric_that_is_better_the_lower_it_is_begins_at_nought():
    assert {range_of(name, 2)[0] for task, name in EVERY if not bigger_is_better(name, task)} == {0.0}
    assert range_of("LogLoss", 2)[1] == pytest.approx(-math.log(1e-15), abs=0.01)
