"""From probabilities to a label: by least expected cost, and by a threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decision.costs import check_costs, equal_threshold, prices_of
from models.decision.least_cost import LeastCost
from models.decision.rule import rule_of
from models.decision.threshold import Threshold
from tests import builders

NAMES = {"binary": ["good", "bad"], "multiclass": ["low", "middle", "high"]}


def declared(task: str, matrix: list[list[float]]) -> str:
    names = NAMES[task]
    rows = [
        f"{of} = {{ {', '.join(f'{to} = {c}' for to, c in zip(names, row, strict=True))} }}"
        for of, row in zip(names, matrix, strict=True)
    ]
    return "[decision.costs]\n" + "\n".join(rows)


def costly(task: str, matrix: list[list[float]]) -> LeastCost:
    rule = rule_of(builders.gauge(declared(task, matrix), task=task))
    assert isinstance(rule, LeastCost)
    return rule


def binary(p: float) -> dict[bool, float]:
    return {False: 1 - p, True: p}


@given(
    task=st.sampled_from(sorted(NAMES)),
    costs=st.lists(st.integers(0, 8), min_size=9, max_size=9).filter(lambda costs: any(costs[:2])),
    weights=st.lists(st.integers(0, 8), min_size=3, max_size=3),
)
def test_the_label_is_numpys_least_expected_cost_ties_too(task, costs, weights):
    # Eighths and whole numbers: sums are exact, so ties are ties.
    k = len(NAMES[task])
    matrix = [costs[k * i : k * i + k] for i in range(k)]
    p = np.array(weights[:k]) / 8

    label = costly(task, matrix).label(dict(enumerate(p)))

    assert label == np.argmin(p @ np.array(matrix))


def test_on_any_probabilities_too():
    rng = np.random.default_rng(3)
    for _ in range(100):
        matrix = rng.uniform(0, 5, (3, 3)).round(3)
        rule = costly("multiclass", matrix.tolist())
        for p in rng.dirichlet([0.5, 1, 2], 20):
            assert rule.label(dict(enumerate(p))) == np.argmin(p @ matrix)


def test_equal_mistakes_serve_the_likeliest_class_and_what_is_absent_has_probability_0():
    rule = costly("multiclass", [[0, 1, 1], [1, 0, 1], [1, 1, 0]])

    assert [rule.label(p) for p in ({2: 1.0}, {1: 0.5, 0: 0.2, 2: 0.3}, {2: 0.4, 0: 0.4})] == [2, 1, 0]


@pytest.mark.parametrize(
    ("matrix", "threshold"),
    [([[0, 1], [1, 0]], 0.5), ([[0, 1], [9, 0]], 0.1), ([[0.5, 1], [10, 2]], 0.5 / 8.5), ([[0, 3], [1, 0]], 0.75)],
)
def test_costs_of_two_classes_are_elkans_threshold(matrix, threshold):
    gauge = builders.gauge(declared("binary", matrix))
    rule = rule_of(gauge)

    assert equal_threshold(prices_of(gauge)) == pytest.approx(threshold)
    assert rule.label(binary(threshold - 1e-9)) is False
    assert rule.label(binary(threshold + 1e-9)) is True


@pytest.mark.parametrize(
    ("task", "costs", "always"),
    [
        ("binary", "good = { bad = 1 }\nbad = { good = 10 }", None),
        ("binary", "bad = { good = 10 }", "bad"),
        ("binary", "good = { good = 1, bad = 2 }\nbad = { good = 1, bad = 5 }", "good"),
        ("multiclass", "low = { middle = 1, high = 1 }\nmiddle = { low = 1, high = 1 }\nhigh = { low = 9 }", None),
        ("multiclass", "low = { middle = 1, high = 1 }\nhigh = { middle = 1 }", "low"),
        ("multiclass", "low = { middle = 1 }", "low"),
    ],
)
def test_costs_that_leave_nothing_to_decide_are_told(task, costs, always):
    gauge = builders.gauge(f"[decision.costs]\n{costs}", task=task)
    names = NAMES[task]
    points = np.random.default_rng(1).dirichlet([0.3] * len(names), 500)
    served = {names[rule_of(gauge).label(dict(enumerate(p)))] for p in points}

    told = check_costs(gauge)

    assert told is None if always is None else told.startswith(f"predicting '{always}' never costs more")
    assert (served == {always}) == (always is not None)


def test_a_probability_that_equals_the_threshold_is_positive():
    rule = Threshold(0.25)

    assert [rule.label(binary(p)) for p in (0.2499, 0.25, 1.0)] == [False, True, True]
    assert rule.label({False: 1.0}) is False
