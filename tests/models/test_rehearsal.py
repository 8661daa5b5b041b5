"""`check` tries a model as the service runs it: what passes survives ordinary data, what would be retired does not."""

from __future__ import annotations

import inspect
import random
import warnings
from collections.abc import Iterator
from math import nan
from typing import Any

import pytest
from river import base, dummy

from models import candidates
from models.candidates import examine
from models.learner import Learner
from models.recipes.allowed import ALLOWED
from schemas.events import LabelledEvent
from schemas.gauge import Gauge, Task
from tests import builders

FEATURES = """
[features]
a = "number"
b = { type = "number", optional = true }
n = { type = "number", minimum = 0.0, maximum = 9.0 }
c = "category"
w = "boolean"
"""


class Own(dummy.PriorClassifier):
    """A model that says nothing wrong, but fails where it is told to."""

    fails: Any = None
    learned = 0
    met: dict[Any, None] = {}  # noqa: RUF012  never changed in place

    def predict_proba_one(self, x: Any) -> Any:
        if type(self).fails(self, x):
            raise builders.BrokenError("so it is told")
        return super().predict_proba_one(x)

    def learn_one(self, x: Any, y: Any) -> None:
        super().learn_one(x, y)
        self.learned += 1
        self.met = {**self.met, y: None}


@pytest.fixture
def own(monkeypatch):
    """Examine a model of a user's own that fails on some events; ``fails`` gets the model and the event."""

    def run(fails: Any, text: str = FEATURES, task: str = "binary") -> tuple[list[str], list[str]]:
        class Point:
            def load(self) -> Any:
                return lambda gauge, seed: type("Told", (Own,), {"fails": fails})()

        monkeypatch.setattr(candidates, "installed", lambda: {"own": Point()})
        gauge = builders.gauge(text, task=task, candidates=[{"entry_point": "own"}])
        return examine(gauge.candidates[0], gauge)

    return run


def test_a_model_that_the_service_would_retire_is_a_problem_with_the_models_own_words(own):
    (problem,), doubts = own(lambda model, x: model.learned > 30)

    assert problem == "fails on events with this gauge's features: BrokenError: so it is told"
    assert doubts == []


@pytest.mark.parametrize(
    ("fails", "odd"),
    [
        (lambda model, x: not any(x[name] for name in "anw"), "an event of zeros"),
        (lambda model, x: len(x) == 4 and x["a"] and abs(x["a"]) < 1e6, "an event without any optional feature"),
        (lambda model, x: x["c"] == 0 and "b" in x and x["n"], "an unseen category"),
        (lambda model, x: abs(x["a"]) > 1e14, "values at their bounds"),
        (lambda model, x: x["n"] == 9.0, "values at their bounds"),
    ],
)
def test_a_model_that_fails_on_odd_events_is_warned_of(own, fails, odd):
    problems, doubts = own(fails)

    assert problems == []
    assert any(odd in doubt or "some events" in doubt for doubt in doubts)
    assert any(odd in doubt for doubt in doubts)


def test_a_model_that_one_far_value_breaks_for_good_is_warned_of(own):
    def fails(model: Any, x: Any) -> bool:
        model.poisoned = getattr(model, "poisoned", False) or abs(x["a"]) > 1e14
        return bool(model.poisoned)

    problems, (doubt,) = own(fails)

    assert problems == []
    assert doubt.startswith("one value far from 0 breaks this model for good (BrokenError: so it is told)")


def test_nothing_to_say_before_the_first_lesson_is_no_failure(own):
    assert own(lambda model, x: model.learned == 0) == ([], [])


def test_a_class_is_met_late(own):
    met: list[int] = []
    own(lambda model, x: met.append(len(model.met)), task="multiclass")

    assert met.index(3) > 60


def test_an_answer_that_is_no_number_is_judged_as_the_service_judges_it(monkeypatch):
    class Nothing(dummy.StatisticRegressor):
        def predict_one(self, x: Any) -> float:
            return nan

    class Point:
        def load(self) -> Any:
            return lambda gauge, seed: Nothing(ALLOWED["stats.Mean"]())

    monkeypatch.setattr(candidates, "installed", lambda: {"own": Point()})
    gauge = builders.gauge(task="regression", candidates=[{"entry_point": "own"}])

    (problem,), _ = examine(gauge.candidates[0], gauge)

    assert "BadAnswerError: a prediction must be a number within" in problem


NATURAL = """
[features]
price = "number"
level = "number"
count = "number"
fixed = "number"
"""


@pytest.mark.parametrize("name", ["facto.FwFMClassifier", "naive_bayes.ComplementNB"])
def test_a_model_that_ordinary_scales_break_is_a_problem(name):
    gauge = builders.gauge(NATURAL, candidates=[{"name": "m", "pipeline": [{"use": name}]}])

    (problem,), _ = examine(gauge.candidates[0], gauge)

    assert problem.startswith("fails on ")


def test_a_model_of_counts_suits_a_gauge_of_counts():
    gauge = builders.gauge(
        '[features]\nn = { type = "number", minimum = 0.0 }\nm = { type = "number", minimum = 0.0 }',
        candidates=[{"name": "m", "pipeline": [{"use": "naive_bayes.MultinomialNB"}]}],
    )

    problems, _ = examine(gauge.candidates[0], gauge)

    assert problems == []


def test_an_optional_feature_met_late_is_warned_of_where_a_scaler_has_no_scale_yet():
    steps = [{"use": "preprocessing.MinMaxScaler"}, {"use": "linear_model.LogisticRegression"}]
    gauge = builders.gauge(FEATURES, candidates=[{"name": "m", "pipeline": steps}])

    problems, doubts = examine(gauge.candidates[0], gauge)

    assert problems == []
    assert any("the first event that has an optional feature" in doubt for doubt in doubts)


# --- every class that may be named -----------------------------------------------------------------------------------

LOGISTIC, LINEAR = {"use": "linear_model.LogisticRegression"}, {"use": "linear_model.LinearRegression"}
TREE, NUMBER_TREE = {"use": "tree.HoeffdingTreeClassifier"}, {"use": "tree.HoeffdingTreeRegressor"}
SCALER = {"use": "preprocessing.StandardScaler"}
NEEDED: dict[str, Any] = {
    "size": 10,
    "p": 0.5,
    "y_min": 0.0,
    "y_max": 40.0,
    "code_size": 4,
    "prefix": "p_",
    "suffix": "_s",
    "keys": ["a"],
    "on": "a",
    "by": ["c"],
    "how": {"use": "stats.Mean"},
    "similarity": {"use": "stats.PearsonCorr"},
    "statistic": {"use": "stats.Mean"},
    "classifier": LOGISTIC,
    "meta_classifier": LOGISTIC,
    "regressor": LINEAR,
    "transformers": [[{"use": "compose.Select", "keys": ["a"]}, SCALER], {"use": "compose.Select", "keys": ["n"]}],
    "n_models": 2,
}
WISHES = {
    Task.BINARY: {"good": 0.5, "bad": 0.5},
    Task.MULTICLASS: {"low": 0.4, "middle": 0.3, "high": 0.3},
    Task.REGRESSION: {},
}
LAST = {Task.BINARY: LOGISTIC, Task.MULTICLASS: {"use": "linear_model.SoftmaxRegression"}, Task.REGRESSION: LINEAR}


def whole(name: str, task: Task) -> dict[str, Any]:
    """The class with what it needs, and of what is many, few."""
    step: dict[str, Any] = {"use": name}
    for key, parameter in inspect.signature(ALLOWED[name]).parameters.items():
        if parameter.default is not parameter.empty and key != "n_models":
            continue
        number = "Regress" in name
        special = {
            "model": NUMBER_TREE if number else TREE,
            "models": [LINEAR, NUMBER_TREE] if number else [TREE, {"use": "naive_bayes.GaussianNB"}],
            "desired_dist": WISHES[task],
        }
        step[key] = special[key] if key in special else NEEDED[key]
    return step


def models_and_transformers() -> list[str]:
    return [
        name for name, cls in ALLOWED.items() if issubclass(cls, base.Classifier | base.Regressor | base.Transformer)
    ]


def ordinary(gauge: Gauge, n: int) -> Iterator[LabelledEvent]:
    rng = random.Random(3)
    for i in range(n):
        x: dict[str, Any] = {"a": rng.gauss(5, 3), "b": rng.gauss(0, 1), "n": rng.uniform(0, 9)}
        x |= {"c": f"c{rng.randrange(8)}", "w": rng.random() < 0.5}
        if rng.random() < 0.2:
            del x["b"]
        if i % 97 == 50:
            x |= {"a": 0.0, "n": 0.0, "w": False}
        signal = x["a"] - 5 + rng.gauss(0, 1)
        y: Any = signal > 0
        if gauge.task is Task.MULTICLASS:
            y = min(0 if signal < -1 else 1 if signal < 1 else 2, 2 if i > 150 else 1)
        elif gauge.task is Task.REGRESSION:
            y = 10 * signal + 20
        yield LabelledEvent(f"e{i}", None, None, x, y, b"")


@pytest.mark.slow
@pytest.mark.parametrize("name", models_and_transformers())
def test_what_passes_survives_ordinary_data_and_fails_only_where_it_was_warned_of(name):
    predicts = issubclass(ALLOWED[name], base.Classifier | base.Regressor)
    for task in Task:
        steps = [whole(name, task)] if predicts else [whole(name, task), LAST[task]]
        gauge = builders.gauge(
            f'delivery = "at-least-once"\n{FEATURES}', task=task, candidates=[{"name": "m", "pipeline": steps}]
        )
        problems, doubts = examine(gauge.candidates[0], gauge)
        if problems:
            continue
        learner = Learner(gauge)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # River's own, of numbers that overflow
            effects = builders.flat(builders.fold(learner, ordinary(gauge, 300)))

        assert [event.reason for event in builders.versions(effects) if "keeps failing" in event.reason] == []
        assert not learner.status().versions.failures or doubts
