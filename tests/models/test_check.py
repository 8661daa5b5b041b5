"""What only River, the recipes and the detectors can know of a gauge file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from river import forest

from models import candidates
from models.check import problems, warnings
from models.learner import Learner
from schemas.status import NamedFigure
from tests import builders

LABELS_ONLY = {
    "name": "vote",
    "pipeline": [{"use": "ensemble.VotingClassifier", "models": [{"use": "naive_bayes.GaussianNB"}] * 2}],
}


def test_recipes_are_looked_up_before_names_are_asked_for():
    found = problems(builders.gauge(candidates=["nope", "naive_bayes", "nope"]))

    assert [where for where, _ in found] == ["candidates.0 (nope)", "candidates.2 (nope)"]
    assert all(what.startswith("there is no recipe 'nope'") for _, what in found)


def test_nothing_is_wrong_with_a_good_gauge():
    for task in ("binary", "multiclass", "regression"):
        candidate = "linear_regression" if task == "regression" else "logistic_regression"

        assert problems(builders.gauge(task=task, candidates=[candidate])) == []


@pytest.mark.parametrize(
    ("text", "candidates", "where", "what"),
    [
        ('[evaluation]\nmetric = "Acuracy"', ["naive_bayes"], "evaluation.metric", "did you mean 'Accuracy'?"),
        (
            '[evaluation]\nalso = ["F1", "RMSE"]',
            ["naive_bayes"],
            "evaluation.also.1",
            "'RMSE' is no metric for a binary",
        ),
        (
            "[retraining]\non_metric = { above = 0.5 }",
            ["naive_bayes"],
            "retraining.on_metric",
            "Accuracy is better the higher it is: give below, not above",
        ),
        (
            '[evaluation]\nmetric = "LogLoss"\n[retraining]\non_metric = { below = 0.5 }',
            ["naive_bayes"],
            "retraining.on_metric",
            "LogLoss is better the lower it is: give above, not below",
        ),
        ("", ["naive_bayes", "naive_base"], "candidates.1 (naive_base)", "'naive_base'"),
        (
            "",
            ["naive_bayes", {"name": "naive_bayes", "recipe": "hoeffding_tree"}],
            "candidates",
            "1 and 2 are both named 'naive_bayes', and names tell candidates apart: give the second a name of its own",
        ),
        ("", ["no_change"] * 3, "candidates", "1, 2 and 3 are all named 'no_change'"),
        (
            '[[drift.detectors]]\nuse = "drift.ADWINN"',
            ["naive_bayes"],
            "drift.detectors",
            "did you mean 'drift.ADWIN'?",
        ),
        (
            '[[drift.detectors]]\nuse = "drift.binary.DDM"\n[retraining]\njudge = "log_loss"',
            ["naive_bayes"],
            "drift.detectors",
            "takes losses of 0 and 1 only",
        ),
        (
            '[evaluation]\nmetric = "LogLoss"',
            [LABELS_ONLY],
            "candidates.0 (vote)",
            "metric 'LogLoss' needs class probabilities",
        ),
        (
            '[evaluation]\nalso = ["ROCAUC"]\n[retraining]\njudge = "log_loss"',
            ["naive_bayes", LABELS_ONLY],
            "candidates.1 (vote)",
            "metric 'ROCAUC' and ",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, candidates, where, what):
    found = problems(builders.gauge(text, candidates=candidates))

    assert [place for place, _ in found] == [where]
    assert what in found[0][1]


def test_every_problem_is_listed():
    gauge = builders.gauge(
        '[evaluation]\nmetric = "X"\nalso = ["Y"]\n[[drift.detectors]]\nuse = "z.Z"', candidates=["W"]
    )

    # Whether a detector fits is not asked before the leading metric is known, which decides the losses.
    assert [place for place, _ in problems(gauge)] == [
        "evaluation.metric",
        "evaluation.also.0",
        "candidates.0 (W)",
    ]


def test_detectors_that_are_switched_off_are_not_looked_at():
    assert problems(builders.gauge('[drift]\nenabled = false\n[[drift.detectors]]\nuse = "drift.Nothing"')) == []


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_gauge_without_problems_makes_a_learner_that_can_be_asked_before_the_first_record(task):
    candidate = "mean" if task == "regression" else "majority"
    gauge = builders.gauge(task=task, candidates=[candidate])
    assert problems(gauge) == []

    status = Learner(gauge).status()

    assert status.position == status.events == status.versions.made == 0
    assert status.versions.champion is None
    assert status.performance.metric == NamedFigure(name=gauge.metric, value=None)
    assert status.performance.baseline.value is None
    assert status.coverage == 0.0


@pytest.fixture
def unseeded(monkeypatch):
    """An installed model that every call makes with another seed."""

    def make(gauge: object, seed: int, count: Iterator[int] = count()) -> Any:  # noqa: B008  one for all calls
        return forest.ARFClassifier(n_models=2, seed=next(count))

    class Point:
        def load(self) -> Any:
            return make

    monkeypatch.setattr(candidates, "installed", lambda: {"unseeded": Point()})


@pytest.mark.usefixtures("unseeded")
def test_a_candidate_that_does_not_go_on_exactly_after_a_restart_is_warned_of():
    mixed = builders.gauge(
        candidates=["naive_bayes", {"entry_point": "unseeded"}, {"entry_point": "missing"}, LABELS_ONLY]
    )

    # The missing one is a problem already; the voters of the last one have no chance in them.
    assert [where for where, _ in warnings(mixed)] == ["candidates.1 (unseeded)"]
    assert "restart" in warnings(mixed)[0][1]
    assert warnings(builders.gauge()) == []
    # Exactly once cannot be promised with it; at least once can.
    assert [where for where, _ in problems(mixed)] == ["candidates.1 (unseeded)", "candidates.2 (missing)"]
    relaxed = builders.gauge('delivery = "at-least-once"', candidates=["naive_bayes", {"entry_point": "unseeded"}])
    assert problems(relaxed) == []
