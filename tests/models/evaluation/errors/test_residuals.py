"""Residuals' quantiles are NumPy's."""

from __future__ import annotations

import random

import numpy as np
import pytest

from models.answer import NO_ANSWER, Answer
from models.evaluation.errors.residuals import LEVELS, residuals


@pytest.mark.parametrize("n", [1, 2, 3, 20, 1_001])
def test_quantiles_are_numpys(n):
    rng = random.Random(n)
    answers = [(rng.gauss(3, 10), Answer(rng.gauss(0, 1), None)) for _ in range(n)]

    found = residuals(answers)

    expected = np.quantile([y - answer.y_pred for y, answer in answers], LEVELS)
    assert (found.n, [*found.quantiles]) == (n, ["0.05", "0.25", "0.5", "0.75", "0.95"])
    assert [*found.quantiles.values()] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_residual_is_the_label_less_the_prediction():
    assert residuals([(10.0, Answer(7.0, None))]).quantiles["0.5"] == 3.0


def test_without_an_answer_there_are_none():
    assert residuals([]) is residuals([(1.0, NO_ANSWER)]) is None
