"""Coded answers in the user's own words."""

from __future__ import annotations

import numpy as np
import pytest

from models.answer import NO_ANSWER, Answer
from models.rendering import Rendering
from schemas.gauge import class_name
from tests import builders


@pytest.mark.parametrize(("value", "name"), [(True, "true"), (False, "false"), (7, "7"), ("True", "True")])
def test_class_names_are_as_json_writes_them(value, name):
    assert class_name(value) == name


def test_every_declared_class_has_a_probability_in_declared_order():
    rendering = Rendering(builders.gauge(task="multiclass"))

    y_pred, probabilities = rendering.render(Answer(2, {2: 0.75, 0: 0.25}))

    assert y_pred == "high"
    assert list(probabilities.items()) == [("low", 0.25), ("middle", 0.0), ("high", 0.75)]


def test_a_binary_answer_names_the_negative_class_first():
    rendering = Rendering(builders.gauge())

    assert rendering.render(Answer(True, {True: 1.0})) == ("bad", {"good": 0.0, "bad": 1.0})
    assert rendering.render(Answer(False, None)) == ("good", None)


def test_classes_keep_the_type_the_user_wrote():
    rendering = Rendering(builders.gauge('[label]\nclasses = ["low", 7, true]', task="multiclass"))

    assert [rendering.render(Answer(code, None))[0] for code in range(3)] == ["low", 7, True]
    assert list(rendering.render(Answer(0, {}))[1]) == ["low", "7", "true"]


def test_numbers_pass():
    assert Rendering(builders.gauge(task="regression")).render(Answer(-2.5, None)) == (-2.5, None)


def test_without_an_answer_there_is_nothing_to_say():
    assert Rendering(builders.gauge()).render(NO_ANSWER) == (None, None)


def test_numpys_floats_become_plain_ones():
    _, probabilities = Rendering(builders.gauge()).render(Answer(True, {True: np.float32(0.5)}))

    assert {type(p) for p in probabilities.values()} == {float}
