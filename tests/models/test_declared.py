"""Pipelines inside pipelines, and the words of the file inside their parameters, against bare River."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from river import compose, ensemble, feature_selection, imblearn, linear_model, multiclass, optim, preprocessing, stats

from models.candidates import build, check, examine
from models.learner import Learner
from models.recipes.allowed import Select
from schemas.gauge import Gauge
from tests import builders

ROOT = Path(__file__).parents[2]
FEATURES = '[features]\na = "number"\nb = "number"\nzone = "category"\nwet = "boolean"\n'
SCALER = {"use": "preprocessing.StandardScaler"}
HOT = {"use": "preprocessing.OneHotEncoder"}
LOGISTIC = {"use": "linear_model.LogisticRegression"}
SOFTMAX = {"use": "linear_model.SoftmaxRegression"}


def select(*keys: str) -> dict[str, Any]:
    return {"use": "compose.Select", "keys": list(keys)}


def nested(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"use": "compose.Pipeline", "steps": list(steps)}


def union(*parts: Any) -> dict[str, Any]:
    return {"use": "compose.TransformerUnion", "transformers": list(parts)}


def gauge(*steps: Any, task: str = "binary", features: str = FEATURES) -> Gauge:
    text = f"[evaluation]\nholdout = 0\n[drift]\nenabled = false\n{features}"
    return builders.gauge(text, task=task, candidates=[{"name": "mine", "pipeline": list(steps)}])


def model_of(made: Gauge) -> Any:
    return build(made.candidates[0], made)


def stream(n: int, classes: tuple[Any, ...] = (False, True)) -> Iterator[tuple[dict[str, Any], Any]]:
    rng = random.Random(5)
    for _ in range(n):
        x = {"a": rng.gauss(3, 2), "b": rng.expovariate(1), "zone": rng.randrange(9), "wet": rng.random() < 0.5}
        signal = x["a"] - 3 + (x["zone"] % 3) - 1 + x["wet"]
        yield x, classes[min(max(int(signal + len(classes) / 2), 0), len(classes) - 1)]


def answers(model: Any, n: int = 400, classes: tuple[Any, ...] = (False, True)) -> list[Any]:
    said = []
    for x, y in stream(n, classes):
        said.append(model.predict_proba_one(x))
        model.learn_one(x, y)
    return said


# --- pipelines inside pipelines --------------------------------------------------------------------------------------


NUMBERS, ZONE = [select("a", "b"), SCALER], [select("zone"), HOT]


@pytest.mark.parametrize(
    "joined",
    [
        union(nested(*NUMBERS), nested(*ZONE)),
        union(NUMBERS, ZONE),
        union({"pipeline": NUMBERS}, {"steps": ZONE}),
        union(NUMBERS, nested(select("zone"), nested(HOT))),
    ],
    ids=["by name", "lists", "tables", "deeper"],
)
def test_numbers_are_scaled_and_categories_encoded_as_bare_river_does(joined):
    made = gauge(joined, LOGISTIC)
    bare = compose.Pipeline(
        compose.TransformerUnion(
            compose.Pipeline(Select("a", "b"), preprocessing.StandardScaler()),
            compose.Pipeline(Select("zone"), preprocessing.OneHotEncoder()),
        ),
        linear_model.LogisticRegression(),
    )

    assert examine(made.candidates[0], made) == ([], [])
    assert answers(model_of(made)) == answers(bare)


@pytest.mark.parametrize("spelt", [[SCALER, LOGISTIC], nested(SCALER, LOGISTIC), {"pipeline": [SCALER, LOGISTIC]}])
def test_a_wrapper_holds_a_pipeline(spelt):
    chosen = select("a", "b")
    bagging = gauge(chosen, {"use": "ensemble.BaggingClassifier", "model": spelt, "n_models": 3})
    several = gauge(chosen, {"use": "multiclass.OneVsRestClassifier", "classifier": spelt}, task="multiclass")
    bare = preprocessing.StandardScaler() | linear_model.LogisticRegression()

    assert check(bagging.candidates[0], bagging) == check(several.candidates[0], several) == []
    assert answers(model_of(bagging)) == answers(
        Select("a", "b") | ensemble.BaggingClassifier(bare.clone(), n_models=3, seed=42)
    )
    assert answers(model_of(several), classes=(0, 1, 2)) == answers(
        Select("a", "b") | multiclass.OneVsRestClassifier(bare.clone()), classes=(0, 1, 2)
    )


def test_several_models_may_each_be_a_pipeline():
    made = gauge(
        select("a", "b"),
        {"use": "ensemble.VotingClassifier", "models": [[SCALER, LOGISTIC], {"use": "naive_bayes.GaussianNB"}]},
    )

    assert check(made.candidates[0], made) == []
    assert isinstance(model_of(made)["VotingClassifier"].models[0], compose.Pipeline)


def test_a_pipeline_as_a_step_is_its_steps():
    flat, deep = gauge(select("a", "b"), SCALER, LOGISTIC), gauge(nested(select("a", "b"), SCALER), LOGISTIC)

    assert answers(model_of(flat)) == answers(model_of(deep))


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([nested(), LOGISTIC], "step 1: compose.Pipeline needs steps, a list of tables with use"),
        ([{"use": "compose.Pipeline", "parts": []}, LOGISTIC], "compose.Pipeline takes no parameter 'parts'"),
        ([union([SCALER, LOGISTIC]), LOGISTIC], "a part of it does not transform features"),
        ([nested(LOGISTIC, SCALER), LOGISTIC], "must transform features, as every step but the last"),
        ([nested({"use": "preprocessing.StandardScalar"}), LOGISTIC], "did you mean 'preprocessing.StandardScaler'?"),
    ],
)
def test_a_nested_pipeline_that_cannot_be_is_refused(steps, problem):
    made = gauge(*steps)

    (found,) = check(made.candidates[0], made)

    assert problem in found


def test_parts_inside_parts_end_somewhere():
    deep: Any = SCALER
    for _ in range(200):
        deep = nested(deep)
    made = gauge(deep, LOGISTIC)

    assert "more than 20 deep" in check(made.candidates[0], made)[0]


def test_the_best_feature_is_what_the_model_learns_from_and_predicts_by():
    best = {"use": "feature_selection.SelectKBest", "similarity": {"use": "stats.PearsonCorr"}, "k": 1}
    made = gauge(select("a", "b"), best, LOGISTIC)
    model = model_of(made)
    chosen = feature_selection.SelectKBest(stats.PearsonCorr(), k=1)
    by_hand = linear_model.LogisticRegression()

    for x, y in stream(300):
        numbers = {name: x[name] for name in "ab"}
        assert model.predict_proba_one(x) == by_hand.predict_proba_one(chosen.transform_one(numbers))
        model.learn_one(x, y)
        by_hand.learn_one(chosen.transform_one(numbers), y)
        chosen.learn_one(numbers, y)
    assert check(made.candidates[0], made) == []


RESTORED = """
import json, pickle, sys
from tests.models.test_declared import records, said
learner, made = pickle.loads(sys.stdin.buffer.read())
print(json.dumps(said(learner, records(made)[250:])))
"""


def records(made: Gauge) -> list[Any]:
    rng = random.Random(3)
    return builders.decoded(
        made,
        [
            builders.record(
                n, a=rng.gauss(3, 2), b=rng.expovariate(1), zone=f"z{rng.randrange(60)}", wet=n % 3 == 0, y=y
            )
            for n in range(500)
            for y in [made.classes[rng.randrange(len(made.classes))]]
        ],
    )


def said(learner: Learner, inputs: list[Any]) -> list[str]:
    return [repr(effect) for effect in builders.flat(builders.fold(learner, inputs))]


@pytest.mark.parametrize(
    "steps",
    [
        [union(NUMBERS, ZONE), LOGISTIC],
        [
            union([select("a", "b"), {"use": "preprocessing.MinMaxScaler"}], [select("zone", "wet"), HOT]),
            {"use": "ensemble.BaggingClassifier", "model": [SCALER, LOGISTIC], "n_models": 3},
        ],
        [{"use": "compose.TransformerProduct", "transformers": [NUMBERS, ZONE]}, LOGISTIC],
    ],
    ids=["union", "bagging", "product"],
)
def test_a_nested_pipeline_goes_on_bit_by_bit_in_another_process(steps):
    made = gauge(*steps)
    learner, inputs = Learner(made), records(made)
    builders.fold(learner, inputs[:250])
    saved = pickle.dumps((learner, made))

    done = subprocess.run(
        [sys.executable, "-c", RESTORED],
        input=saved,
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7"},
    )

    assert json.loads(done.stdout) == said(learner, inputs[250:])


# --- the words of the file in parameters -----------------------------------------------------------------------------


def test_class_weights_act_as_in_river_with_the_same_classes():
    weights = {"low": 1.0, "middle": 2.0, "high": 50.0}
    loss = {"use": "optim.losses.CrossEntropy", "class_weight": weights}
    made = gauge(select("a", "b"), {**SOFTMAX, "loss": loss}, task="multiclass")
    bare = Select("a", "b") | linear_model.SoftmaxRegression(
        loss=optim.losses.CrossEntropy(class_weight={0: 1.0, 1: 2.0, 2: 50.0})
    )
    unweighted = gauge(select("a", "b"), SOFTMAX, task="multiclass")

    weighted = answers(model_of(made), classes=(0, 1, 2))

    assert weighted == answers(bare, classes=(0, 1, 2))
    assert weighted != answers(model_of(unweighted), classes=(0, 1, 2))


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("positive = 1\nnegative = 0", {"0": 0.3, "1": 0.7}),
        ("positive = true\nnegative = false", {"false": 0.3, "true": 0.7}),
        ('positive = "bad"\nnegative = "good"', {"bad": 0.7, "good": 0.3}),
    ],
)
@pytest.mark.parametrize("name", ["RandomOverSampler", "RandomUnderSampler", "RandomSampler"])
def test_wanted_distributions_act_as_in_river(name, label, wanted):
    sampler = {"use": f"imblearn.{name}", "classifier": [SCALER, LOGISTIC], "desired_dist": wanted}
    made = builders.gauge(
        f"[label]\n{label}\n{FEATURES}", candidates=[{"name": "m", "pipeline": [select("a", "b"), sampler]}]
    )
    bare = getattr(imblearn, name)(
        preprocessing.StandardScaler() | linear_model.LogisticRegression(),
        desired_dist={False: 0.3, True: 0.7},
        seed=42,
    )

    assert check(made.candidates[0], made) == []
    assert answers(model_of(made)) == answers(Select("a", "b") | bare)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            {**SOFTMAX, "loss": {"use": "optim.losses.CrossEntropy", "class_weight": {"low": 1.0, "hihg": 2.0}}},
            "loss: class_weight of optim.losses.CrossEntropy: 'hihg' is not a class; did you mean 'high'? "
            "(classes: low, middle, high)",
        ),
        (
            {**SOFTMAX, "loss": {"use": "optim.losses.CrossEntropy", "class_weight": {"low": "much"}}},
            "must be a table with a number for some classes, each at least 0, got 'much'",
        ),
        (
            {"use": "imblearn.RandomSampler", "classifier": SOFTMAX, "desired_dist": {"low": 0.5, "high": 0.5}},
            "must be a table with a number for every class, middle missing",
        ),
        (
            {
                "use": "imblearn.RandomSampler",
                "classifier": SOFTMAX,
                "desired_dist": {"low": 0.5, "high": 0.5, "middle": 0.5},
            },
            "above 0, 1 in all, got 1.5 in all",
        ),
        ({**HOT, "categories": {"zone": ["north"]}}, "'zone' has no declared values, and models see codes"),
    ],
)
def test_words_that_the_gauge_does_not_have_are_refused(step, problem):
    steps = [step, SOFTMAX] if step["use"].endswith("Encoder") else [step]
    made = gauge(*steps, task="multiclass")

    (found,) = check(made.candidates[0], made)

    assert problem in found


def test_declared_categories_become_the_codes_that_models_see():
    features = '[features]\na = "number"\nzone = { type = "category", values = ["north", "south", "east"] }\n'
    made = gauge({**HOT, "categories": {"zone": ["east", "north"]}}, LOGISTIC, features=features)

    assert model_of(made)["OneHotEncoder"].transform_one({"zone": 3}) == {"zone_3": 1, "zone_1": 0}


@pytest.mark.parametrize("name", ["F1", "ROCAUC", "MCC"])
def test_the_class_that_a_metric_watches_is_a_code(name):
    metric = {"use": f"metrics.{name}", "pos_val": "good"}
    made = gauge({"use": "ensemble.SRPClassifier", "n_models": 2, "metric": metric})

    assert model_of(made).metric.pos_val is False
