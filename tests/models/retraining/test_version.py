"""A version's life is a table; what a model may answer is checked at one door."""

from __future__ import annotations

from itertools import product
from math import inf, nan
from typing import Any

import pytest
from river import dummy, linear_model, naive_bayes, preprocessing

from models.answer import NO_ANSWER, Answer
from models.retraining.version import (
    TRANSITIONS,
    BadAnswerError,
    IllegalStepError,
    Life,
    Version,
)
from schemas.gauge import Task
from schemas.records import VersionStep


class Says:
    """A model that says what it is told to."""

    def __init__(self, y_pred: Any = None, probabilities: Any = None) -> None:
        self.y_pred, self.probabilities, self.learned = y_pred, probabilities, []

    def predict_one(self, x: Any) -> Any:
        return self.y_pred

    def predict_proba_one(self, x: Any) -> Any:
        return self.probabilities

    def learn_one(self, x: Any, y: Any) -> None:
        self.learned.append((x, y))


def version(model: Any = None, *, task: Task = Task.BINARY, probabilities: bool = False) -> Version:
    classes = {Task.BINARY: {False, True}, Task.MULTICLASS: {0, 1, 2}, Task.REGRESSION: set()}[task]
    return Version(
        name="0-1",
        candidate="c",
        parent=None,
        trigger="start",
        model=Says() if model is None else model,
        task=task,
        classes=frozenset(classes),
        probabilities=probabilities,
    )


LEGAL = {
    ("new", "registered", "registered"),
    ("registered", "promoted", "champion"),
    ("registered", "on_trial", "on_trial"),
    ("on_trial", "promoted", "champion"),
    ("on_trial", "rejected", "rejected"),
    ("on_trial", "retired", "retired"),
    ("champion", "demoted", "on_trial"),
    ("champion", "retired", "retired"),
    ("champion", "rolled_back", "rolled_back"),
    ("on_trial", "proposed", "on_trial"),
    ("on_trial", "declined", "on_trial"),
    ("champion", "paused", "champion"),
    ("champion", "resumed", "champion"),
}


def test_the_table_is_the_one_that_was_decided():
    assert {(life.value, str(step), to.value) for (life, step), to in TRANSITIONS.items()} == LEGAL


@pytest.mark.parametrize(("life", "step"), list(product(Life, VersionStep)))
def test_a_step_leads_where_the_table_says_or_is_refused_and_nothing_happens(life, step):
    made = version()
    made.life = life
    before = dict(made.__dict__)

    if (to := TRANSITIONS.get((life, step))) is not None:
        made.take(step)
        assert made.life is to
        return
    with pytest.raises(IllegalStepError, match=f"version 0-1 cannot be {step}: it is {life.value}"):
        made.take(step)
    assert made.__dict__ == before


def test_rejected_and_retired_versions_stay_so():
    assert {life for life, _step in TRANSITIONS}.isdisjoint({Life.REJECTED, Life.RETIRED})


@pytest.mark.parametrize(
    ("task", "y_pred"),
    [
        (Task.REGRESSION, nan),
        (Task.REGRESSION, inf),
        (Task.REGRESSION, -inf),
        (Task.REGRESSION, 1e151),
        (Task.BINARY, 2),
        (Task.MULTICLASS, 3),
        (Task.MULTICLASS, "low"),
        (Task.MULTICLASS, 0.5),
    ],
)
def test_a_bad_label_is_refused(task, y_pred):
    with pytest.raises(BadAnswerError, match=r"^a prediction must be (a declared class|a number within ±1e\+150)$"):
        version(Says(y_pred), task=task).answer({})


@pytest.mark.parametrize("bad", [{True: nan}, {True: inf, False: -inf}, {True: -0.1, False: 1.1}, {2: 1.0}])
def test_bad_probabilities_are_refused(bad):
    with pytest.raises(BadAnswerError, match=r"probabilities must be finite, at least 0, of declared classes$"):
        version(Says(True, bad), probabilities=True).answer({})


@pytest.mark.parametrize("answer", [1e150, -1e150, 0, 3])
def test_numbers_are_answered_as_floats(answer):
    given = version(Says(answer), task=Task.REGRESSION).answer({})

    assert given == Answer(answer, None)
    assert type(given.y_pred) is float


def test_a_model_without_probabilities_answers_with_its_label():
    assert version(Says(True)).answer({}) == Answer(True, None)
    assert version(Says(None)).answer({}) is NO_ANSWER
    assert version(Says(None), task=Task.REGRESSION).answer({}) is NO_ANSWER


def test_an_answer_is_not_what_the_model_keeps():
    model = Says(True, {True: 1.0})

    given = version(model, probabilities=True).answer({})
    model.probabilities[True] = 0.0

    assert given.probabilities == {True: 1.0}


@pytest.mark.parametrize(
    "model",
    [
        naive_bayes.GaussianNB(),
        preprocessing.StandardScaler() | linear_model.LogisticRegression(),
        dummy.PriorClassifier(),
        dummy.NoChangeClassifier(),
    ],
)
def test_the_label_is_the_one_river_gives(model):
    made = version(model.clone(), probabilities=True)
    assert made.answer({"a": 0.5}).y_pred == made.model.predict_one({"a": 0.5})

    for n in range(30):
        x, y = {"a": float(n % 7)}, n % 3 == 0
        given = made.answer(x)
        assert given.y_pred == made.model.predict_one(x)
        assert given.probabilities == (made.model.predict_proba_one(x) or None)
        made.learn(x, y, position=n)


def test_learning_keeps_the_books():
    made = version()
    assert (made.learned_first, made.learned_last, made.learned_labels) == (None, None, 0)

    for position in (0, 7, 9):
        made.learn({"a": 1.0}, True, position)

    assert (made.learned_first, made.learned_last, made.learned_labels) == (0, 9, 3)
    assert made.model.learned == [({"a": 1.0}, True)] * 3


def test_what_a_model_could_not_learn_is_not_in_the_books():
    made = version(model=object())

    with pytest.raises(AttributeError):
        made.learn({}, True, 5)
    assert (made.learned_first, made.learned_labels) == (None, 0)
