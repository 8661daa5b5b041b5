"""The baselines against River's dummies, event by event."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import dummy, stats

from models.answer import NO_ANSWER, Answer
from models.evaluation.verdict.baselines import LastLabel, MajorityClass, MeanValue, make_baselines
from schemas.gauge import Task

labels = st.lists(st.integers(0, 3), max_size=60)


@given(labels=labels)
def test_no_change_is_rivers_no_change(labels):
    ours, rivers = LastLabel("no_change"), dummy.NoChangeClassifier()

    for y in labels:
        assert ours.answer().y_pred == rivers.predict_one({})
        ours.learn(y)
        rivers.learn_one({}, y)
        assert ours.answer() == Answer(y, {y: 1.0})


@given(labels=labels)
def test_majority_class_is_rivers_prior(labels):
    ours, rivers = MajorityClass(), dummy.PriorClassifier()

    for y in labels:
        ours.learn(y)
        rivers.learn_one({}, y)
        shares = rivers.predict_proba_one({})
        assert ours.answer().probabilities == pytest.approx(shares)
        assert ours.answer().y_pred == max(shares, key=shares.__getitem__)  # of equals, the one seen first


@given(labels=st.lists(st.floats(-1e15, 1e15), max_size=60))
def test_mean_is_rivers_mean_and_last_value_the_last_label(labels):
    mean, last, rivers = MeanValue(), LastLabel("last_value"), dummy.StatisticRegressor(stats.Mean())

    for y in labels:
        for model in (mean, last):
            model.learn(y)
        rivers.learn_one({}, y)
        assert mean.answer().y_pred == pytest.approx(rivers.predict_one({}))  # River sums in another order
        assert last.answer().y_pred == y


@pytest.mark.parametrize("task", list(Task))
def test_a_baseline_says_nothing_before_its_first_label(task):
    for baseline in make_baselines(task):
        assert baseline.answer().y_pred is None
    assert LastLabel("no_change").answer() is NO_ANSWER


def test_each_task_has_one_that_follows_and_one_that_averages():
    names = {task: [baseline.name for baseline in make_baselines(task)] for task in Task}

    assert names == {
        Task.BINARY: ["no_change", "majority_class"],
        Task.MULTICLASS: ["no_change", "majority_class"],
        Task.REGRESSION: ["last_value", "mean"],
    }
