"""River's metrics by name: each works for its task, whatever numbers come."""

from __future__ import annotations

import math
import random

import pytest
from river import metrics

from models.answer import Answer
from models.evaluation.metrics.metric_set import MetricSet, Shown
from models.evaluation.metrics.metrics import METRICS, bigger_is_better, check_metric, make_metric, wants_probabilities
from schemas.gauge import Task
from tests import builders

EVERY = [(task, name) for task, known in METRICS.items() for name in known]


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_every_offered_metric_has_a_finite_figure_or_none_after_each_answer(task, name):
    rng = random.Random(7)
    gauge = builders.gauge(f'[evaluation]\nmetric = "{name}"', task=task)
    scores = MetricSet(Shown.of(gauge))
    codes = {"binary": (False, True), "multiclass": (0, 1, 2)}.get(task, ())
    wild = (0.0, -1.0, -5.0, 3.0, 1e15, -1e15)

    for n in range(40):
        if task is Task.REGRESSION:
            y, answer = rng.choice(wild), Answer(rng.choice((*wild, 1e150, -1e150)), None)
        else:
            y, y_pred = rng.choice(codes), rng.choice(codes)
            answer = Answer(y_pred, {y_pred: 1.0} if n % 2 else {code: 1 / len(codes) for code in codes})
        scores.update(y, answer)

        value = scores.figures()[name]
        assert value is None or math.isfinite(value)
    assert value is not None


@pytest.mark.parametrize(
    ("task", "name", "class_"),
    [
        (Task.BINARY, "F1", metrics.F1),
        (Task.MULTICLASS, "MacroF1", metrics.MacroF1),
        (Task.REGRESSION, "RMSE", metrics.RMSE),
    ],
)
def test_a_metric_is_rivers_own_of_that_name(task, name, class_):
    assert type(make_metric(name, task)) is class_
    assert make_metric(name, task) is not make_metric(name, task)


@pytest.mark.parametrize(
    ("task", "name"),
    [
        (Task.REGRESSION, "Accuracy"),
        (Task.BINARY, "MAE"),
        (Task.MULTICLASS, "F1"),
        (Task.MULTICLASS, "ROCAUC"),
        (Task.BINARY, "ConfusionMatrix"),
        (Task.BINARY, "FBeta"),  # needs a parameter
        (Task.BINARY, "Silhouette"),
    ],
)
def test_a_metric_of_another_task_is_refused(task, name):
    problem = check_metric(name, task)

    assert problem.startswith(f"'{name}' is no metric for a {task} task")
    assert f"known: {sorted(METRICS[task])[0]}, " in problem
    with pytest.raises(KeyError):
        make_metric(name, task)


def test_a_misspelt_metric_is_told_the_nearest():
    assert "; did you mean 'Accuracy'?" in check_metric("Acuracy", Task.BINARY)
    assert "did you mean" not in check_metric("zzz", Task.BINARY)
    assert check_metric("Accuracy", Task.BINARY) is None


def test_which_way_is_better_and_what_is_read():
    assert bigger_is_better("Accuracy", Task.BINARY)
    assert not bigger_is_better("LogLoss", Task.BINARY)
    assert not bigger_is_better("MAE", Task.REGRESSION)
    assert wants_probabilities("ROCAUC", Task.BINARY)
    assert not wants_probabilities("F1", Task.BINARY)
    assert not wants_probabilities("MAE", Task.REGRESSION)


def test_rmsle_is_rivers_where_river_has_one_and_counts_negative_numbers_as_0():
    ours, rivers = make_metric("RMSLE", Task.REGRESSION), metrics.RMSLE()
    for y, y_pred in ((3.0, 2.5), (0.0, 1.0), (7.0, 8.0)):
        ours.update(y, y_pred)
        rivers.update(y, y_pred)
    assert ours.get() == rivers.get()

    ours.update(-7.0, -1.0)

    assert ours.get() == pytest.approx(math.sqrt(rivers.get() ** 2 * 3 / 4))
