"""Counting answers alike against entering them one by one, for every metric."""

from __future__ import annotations

import math
import random

import pytest

from models.answer import Answer
from models.evaluation.metrics.alike import counts_alike, counts_pairs, figure_of, figure_of_pairs
from models.evaluation.metrics.defined import figure
from models.evaluation.metrics.metrics import METRICS, make_metric, wants_probabilities
from schemas.gauge import Task

EVERY = [(task, name) for task in Task for name in METRICS[task]]
EDGES = (0.0, 1.0, 1 / 9, 5 / 9)
"""Probabilities on ROCAUC's thresholds."""


def answers(task: Task, count: int = 300) -> list[tuple[object, Answer]]:
    rng = random.Random(5)
    if task is Task.REGRESSION:
        return [(rng.uniform(1, 9), Answer(rng.uniform(1, 9), None)) for _ in range(count)]
    if task is Task.MULTICLASS:
        shares = [[rng.random() for _ in range(3)] for _ in range(count)]
        return [(rng.randrange(3), Answer(s.index(max(s)), {k: p / sum(s) for k, p in enumerate(s)})) for s in shares]
    ps = [rng.choice(EDGES) if rng.random() < 0.3 else rng.random() for _ in range(count)]
    return [(rng.random() < 0.4, Answer(p > 0.5, {True: p, False: 1 - p})) for p in ps]


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_the_figure_is_the_simple_forms(task, name):
    metric, given = make_metric(name, task), answers(task)
    for y, answer in given:
        metric.update(y, answer.probabilities if wants_probabilities(name, task) else answer.y_pred)

    assert math.isclose(figure_of(name, task, given), metric.get(), rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize(("task", "name"), [(t, n) for t, n in EVERY if counts_pairs(make_metric(n, t))])
def test_from_counted_pairs_the_figure_is_rivers_to_the_last_bit_on_every_prefix(task, name):
    metric, pairs = make_metric(name, task), {}

    for y, answer in answers(task):
        metric.update(y, answer.y_pred)
        pairs[y, answer.y_pred] = pairs.get((y, answer.y_pred), 0) + 1
        assert figure_of_pairs(name, task, pairs) == figure(metric)


def test_without_answers_there_is_no_figure():
    assert figure_of("Accuracy", Task.BINARY, []) is None
    assert figure_of("MAE", Task.REGRESSION, []) is None


def test_it_is_known_which_can_be_counted():
    counted = {name for name in METRICS[Task.BINARY] if counts_alike(name, Task.BINARY)}

    assert {"Accuracy", "F1", "MCC", "ROCAUC"} <= counted
    assert counted.isdisjoint({"LogLoss", "CrossEntropy"})
    assert not any(counts_alike(name, Task.REGRESSION) for name in METRICS[Task.REGRESSION])
