"""Candidates are made from a gauge file, or refused in words that say what to do."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from river import compose, dummy, ensemble, linear_model, multiclass, naive_bayes, preprocessing, tree

from models import candidates
from models.abilities import gives_probabilities, label_follows_probabilities
from models.candidates import (
    CandidateError,
    build,
    check,
    recipes_for,
    replayable,
)
from models.recipes.allowed import ALLOWED
from models.recipes.rehearsal import events
from schemas.gauge import Candidate, Gauge, Task, parse

FEATURES = """
[features]
a = "number"
b = { type = "number", minimum = 0.0, optional = true }
site = { type = "category", optional = true }
wet = "boolean"
"""
BINARY = parse('name = "g"\ntask = "binary"\n[label]\nfield = "y"\npositive = 1\nnegative = 0\n' + FEATURES)
MULTICLASS = parse('name = "g"\ntask = "multiclass"\n[label]\nfield = "y"\nclasses = ["p", "q", "r"]\n' + FEATURES)
REGRESSION = parse('name = "g"\ntask = "regression"\n[label]\nfield = "y"\nminimum = 0.0\n' + FEATURES)

SCALER = {"use": "preprocessing.StandardScaler"}
LOGISTIC = {"use": "linear_model.LogisticRegression"}
TREE = {"use": "tree.HoeffdingTreeClassifier"}


def recipe(name: str, **params: Any) -> Candidate:
    return Candidate(name=name, recipe=name, params=params)


def declared(*steps: dict[str, Any]) -> Candidate:
    return Candidate.model_validate({"name": "mine", "pipeline": list(steps)})


def one_problem(candidate: Candidate, gauge: Gauge) -> str:
    """The only problem, which ``build`` raises in the same words."""
    (problem,) = check(candidate, gauge)
    with pytest.raises(CandidateError) as raised:
        build(candidate, gauge)
    assert str(raised.value) == problem
    return problem


# --- recipes ---------------------------------------------------------------------------------------------------------


def test_every_call_makes_a_model_of_its_own():
    first, second = (build(recipe("logistic_regression"), BINARY) for _ in range(2))

    for x, y in events(BINARY, 50):
        first.learn_one(x, y)

    assert first.predict_proba_one({"a": 3.0}) != second.predict_proba_one({"a": 3.0})
    assert second.predict_proba_one({"a": 3.0}) == {False: 0.5, True: 0.5}


def test_the_seed_decides_what_is_drawn():
    def answers(seed: int) -> list[Any]:
        model = build(Candidate(name="f", recipe="adaptive_random_forest", params={"n_models": 2}, seed=seed), BINARY)
        said = []
        for x, y in events(BINARY, 100):
            said.append(model.predict_proba_one(x))
            model.learn_one(x, y)
        return said

    assert answers(1) == answers(1)
    assert answers(1) != answers(2)


@pytest.mark.parametrize("gauge", [BINARY, MULTICLASS, REGRESSION], ids=lambda gauge: gauge.task)
def test_every_recipe_of_the_task_is_offered_and_can_be_replayed(gauge):
    assert {
        name: (check(recipe(name), gauge), replayable(recipe(name), gauge)) for name in recipes_for(gauge.task)
    } == {name: ([], True) for name in recipes_for(gauge.task)}


def test_an_unknown_recipe_is_answered_with_the_nearest_and_all_of_the_task():
    problem = one_problem(recipe("logistic_regresion"), BINARY)

    assert problem.startswith("there is no recipe 'logistic_regresion'; did you mean 'logistic_regression'")
    assert "recipes for a binary task: logistic_regression, hoeffding_tree" in problem
    assert "linear_regression" not in problem.partition("recipes for")[2]


def test_a_recipe_of_another_task_is_refused():
    problem = one_problem(recipe("linear_regression"), BINARY)

    assert problem.startswith("recipe 'linear_regression' serves regression, and this task is binary")


def test_all_problems_of_a_recipes_parameters_are_told():
    problems = check(recipe("knn", n_neighbours=3, window_events=0.5), BINARY)

    assert problems == [
        "recipe 'knn' takes no parameter 'n_neighbours'; did you mean 'n_neighbors'? "
        "(it takes: n_neighbors, window_events)",
        "parameter 'window_events' of recipe 'knn' must be a whole number above 0, got 0.5",
    ]


@pytest.mark.parametrize("value", [True, "high", -1, 0, [0.1]])
def test_a_recipes_parameter_is_a_number_above_zero(value):
    problem = one_problem(recipe("logistic_regression", lr=value), BINARY)

    assert problem == f"parameter 'lr' of recipe 'logistic_regression' must be a number above 0, got {value!r}"


def test_what_is_off_by_default_may_be_said_to_be_off():
    assert check(recipe("logistic_regression", l2=0), BINARY) == []


# --- declared pipelines ----------------------------------------------------------------------------------------------


def test_a_declared_pipeline_is_rivers():
    candidate = declared(SCALER, {**LOGISTIC, "optimizer": {"use": "optim.SGD", "lr": 0.005}})
    model = build(candidate, BINARY)

    assert check(candidate, BINARY) == []
    assert [type(step) for step in model.steps.values()] == [
        preprocessing.StandardScaler,
        linear_model.LogisticRegression,
    ]
    assert model["LogisticRegression"].optimizer.lr.learning_rate == 0.005


def test_classes_are_declared_inside_classes_and_every_seed_is_filled_in():
    candidate = declared(
        {"use": "ensemble.BaggingClassifier", "n_models": 2, "model": {"use": "forest.ARFClassifier", "n_models": 3}}
    )
    model = build(candidate, BINARY)

    assert isinstance(model, ensemble.BaggingClassifier)
    assert (model.seed, model.model.seed, model.model.n_models) == (42, 42, 3)


def test_a_seed_that_is_given_stays():
    model = build(declared({"use": "forest.ARFClassifier", "seed": 7}), BINARY)

    assert model.seed == 7


def test_lists_of_classes_are_declared_as_lists():
    voters = {"use": "ensemble.VotingClassifier", "models": [TREE, {"use": "naive_bayes.GaussianNB"}]}
    model = build(declared(voters), BINARY)

    assert isinstance(model.models[0], tree.HoeffdingTreeClassifier)


def test_features_are_selected_by_name_in_the_order_given_and_may_be_missing():
    model = build(declared({"use": "compose.Select", "keys": ["b", "a"]}, SCALER, LOGISTIC), BINARY)
    model.learn_one({"a": 1.0, "b": 2.0, "site": 3}, True)
    model.learn_one({"a": 2.0, "site": 3}, False)

    assert list(model["LogisticRegression"].weights) == ["b", "a"]


def test_features_are_discarded_by_name():
    candidate = declared({"use": "compose.Discard", "keys": ["site", "wet"]}, SCALER, LOGISTIC)
    model = build(candidate, BINARY)
    model.learn_one({"a": 1.0, "site": 3, "wet": True}, True)

    assert (list(model["LogisticRegression"].weights), check(candidate, BINARY)) == (["a"], [])


def test_parts_are_joined_in_a_union():
    union = {"use": "compose.TransformerUnion", "transformers": [SCALER, {"use": "preprocessing.Binarizer"}]}

    assert isinstance(build(declared(union, LOGISTIC), BINARY).steps["TransformerUnion"], compose.TransformerUnion)


@pytest.mark.parametrize(
    "use",
    [
        "compose.FuncTransformer",
        "datasets.Phishing",
        "datasets.base.RemoteDataset",
        "stream.iter_csv",
        "utils.Rolling",
        "preprocessing.one_hot.base",
        "linear_model.base.np.load",
        "optim.base.Optimizer",
    ],
)
def test_no_other_class_can_be_reached(use):
    assert f"'{use}' is not a class that a pipeline may use" in one_problem(declared({"use": use}, LOGISTIC), BINARY)


def test_what_is_allowed_is_rivers_and_a_class():
    ours = ("compose.Select", "feature_selection.SelectKBest")
    assert [name for name, cls in ALLOWED.items() if not isinstance(cls, type)] == []
    assert {cls.__module__.split(".")[0] for name, cls in ALLOWED.items() if name not in ours} == {"river"}


def test_a_class_not_allowed_is_answered_with_the_nearest_and_its_neighbours():
    problem = one_problem(declared({"use": "preprocessing.StandartScaler"}, LOGISTIC), BINARY)

    assert problem.startswith("step 1: 'preprocessing.StandartScaler' is not a class that a pipeline may use; did you")
    assert "mean 'preprocessing.StandardScaler'? (those in preprocessing: AdaptiveStandardScaler" in problem.replace(
        "preprocessing.AdaptiveStandardScaler", "AdaptiveStandardScaler"
    )


def test_a_class_in_the_wrong_module_is_found():
    assert "did you mean 'forest.ARFClassifier'?" in one_problem(declared({"use": "ensemble.ARFClassifier"}), BINARY)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            {**LOGISTIC, "optimiser": {"use": "optim.SGD"}},
            "step 1: linear_model.LogisticRegression takes no parameter 'optimiser'; did you mean 'optimizer'?",
        ),
        (
            {**LOGISTIC, "optimizer": {"use": "optim.SGD", "rate": 1}},
            "step 1: optimizer: optim.SGD takes no parameter 'rate' (it takes: lr)",
        ),
        ({"use": "ensemble.BaggingClassifier"}, "step 1: ensemble.BaggingClassifier needs the parameter 'model'"),
        (
            {"use": "tree.HoeffdingTreeClassifier", "leaf_prediction": "best"},
            "step 1: tree.HoeffdingTreeClassifier does not know leaf_prediction = 'best'",
        ),
        (
            {"use": "neighbors.KNNRegressor", "aggregation_method": "best"},
            "step 1: neighbors.KNNRegressor refuses its parameters: ValueError: Invalid aggregation_method: best.",
        ),
    ],
)
def test_parameters_are_checked(step, problem):
    assert problem in one_problem(declared(step), BINARY)


def test_every_step_is_checked():
    assert len(check(declared({"use": "preprocessing.Standard"}, {**LOGISTIC, "l3": 0.1}), BINARY)) == 2


def test_only_the_last_step_predicts():
    problem = one_problem(declared(TREE, LOGISTIC), BINARY)

    assert problem == "step 1, tree.HoeffdingTreeClassifier, must transform features, as every step but the last"


@pytest.mark.parametrize(
    ("gauge", "steps", "problem"),
    [
        (
            BINARY,
            [SCALER],
            "StandardScaler does not learn from labels: the last step must be a classifier or a regressor of River",
        ),
        (
            BINARY,
            [SCALER, {"use": "linear_model.LinearRegression"}],
            "LinearRegression is a regressor, and a binary task needs a classifier",
        ),
        (REGRESSION, [TREE], "HoeffdingTreeClassifier is a classifier, and a regression task needs a regressor"),
        (
            MULTICLASS,
            [SCALER, LOGISTIC],
            "LogisticRegression tells only two classes apart; wrap it in multiclass.OneVsRestClassifier",
        ),
        (
            MULTICLASS,
            [{"use": "ensemble.BaggingClassifier", "model": LOGISTIC}],
            "BaggingClassifier tells only two classes apart; wrap it in multiclass.OneVsRestClassifier",
        ),
    ],
)
def test_the_last_step_fits_the_task(gauge, steps, problem):
    assert one_problem(declared(*steps), gauge) == problem


def test_a_wrapped_classifier_tells_several_classes_apart():
    candidate = declared(SCALER, {"use": "multiclass.OneVsRestClassifier", "classifier": LOGISTIC})

    assert check(candidate, MULTICLASS) == []
    assert isinstance(build(candidate, MULTICLASS)["OneVsRestClassifier"], multiclass.OneVsRestClassifier)


def test_a_classifier_for_several_classes_may_tell_two_apart():
    assert check(declared({"use": "linear_model.SoftmaxRegression"}), BINARY) == []


def test_a_pipeline_that_cannot_learn_from_such_events_is_found_before_the_first():
    candidate = declared(SCALER, {**LOGISTIC, "optimizer": SCALER})

    (problem,) = check(candidate, BINARY)

    assert problem.startswith("fails on events with this gauge's features: AttributeError: ")


# --- entry points ----------------------------------------------------------------------------------------------------

PACKAGE = """
from itertools import count
from river import dummy, forest, linear_model, preprocessing

def forest_of(gauge, seed, size=2):
    return forest.ARFClassifier(n_models=size, seed=seed)

def unseeded(gauge, seed):
    return forest.ARFClassifier(n_models=2)

SHARED = linear_model.LogisticRegression()

def shared(gauge, seed):
    return SHARED

class Unpicklable(dummy.PriorClassifier):
    def __reduce__(self):
        raise TypeError("holds a connection")
    def __deepcopy__(self, memo):
        return Unpicklable()

def unpicklable(gauge, seed):
    return Unpicklable()

def nothing(gauge, seed):
    return None
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A user's package with models of its own, installed."""
    (tmp_path / "their_models.py").write_text(PACKAGE)
    metadata = tmp_path / "their_models-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: their-models\nVersion: 1.0\n")
    names = ("forest_of", "unseeded", "shared", "unpicklable", "nothing", "gone")
    points = "\n".join(f"{name} = their_models:{name}" for name in names)
    (metadata / "entry_points.txt").write_text(f"[rivergauge.models]\n{points}\n")
    monkeypatch.syspath_prepend(tmp_path)
    candidates.installed.cache_clear()
    yield
    candidates.installed.cache_clear()


@pytest.mark.usefixtures("installed")
def test_what_is_installed_is_asked_once(monkeypatch):
    build(theirs("forest_of"), BINARY)
    monkeypatch.setattr(candidates, "entry_points", lambda group: ())

    assert check(theirs("forest_of"), BINARY) == []


def theirs(name: str, **params: Any) -> Candidate:
    return Candidate(name="theirs", entry_point=name, params=params)


@pytest.mark.usefixtures("installed")
def test_a_users_own_model_comes_in_by_its_entry_point_with_seed_and_parameters():
    model = build(theirs("forest_of", size=3), BINARY)

    assert (model.n_models, model.seed) == (3, 42)
    assert (check(theirs("forest_of"), BINARY), replayable(theirs("forest_of"), BINARY)) == ([], True)


@pytest.mark.usefixtures("installed")
def test_a_users_shared_model_is_not_shared_here():
    build(theirs("shared"), BINARY).learn_one({"a": 1.0}, True)

    assert build(theirs("shared"), BINARY).predict_proba_one({"a": 1.0})[True] == 0.5


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["unseeded", "unpicklable"])
def test_a_model_that_does_not_repeat_or_cannot_be_saved_is_not_replayable(name):
    assert check(theirs(name), BINARY) == []
    assert not replayable(theirs(name), BINARY)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (theirs("forest"), ["no entry point 'forest' in the group 'rivergauge.models'", "did you mean 'forest_of'"]),
        (theirs("forest_of", depth=3), ["entry point 'forest_of' could not be made: TypeError", "'depth'"]),
        (theirs("gone"), ["entry point 'gone' could not be made: AttributeError"]),
        (theirs("nothing"), ["NoneType does not learn from labels"]),
    ],
)
def test_an_entry_point_that_gives_no_model_is_refused(candidate, words):
    problem = one_problem(candidate, BINARY)

    assert [word for word in words if word not in problem] == []


def test_an_entry_point_that_is_not_installed_is_named():
    assert "install the package that provides it" in one_problem(theirs("nowhere"), BINARY)


# --- what a model can do ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([TREE], True),
        ([SCALER, LOGISTIC], True),
        ([SCALER, {"use": "ensemble.LeveragingBaggingClassifier", "model": LOGISTIC}], True),
        ([SCALER, {"use": "multiclass.OneVsRestClassifier", "classifier": LOGISTIC}], True),
        ([{"use": "multiclass.OneVsOneClassifier", "classifier": LOGISTIC}], False),
        ([{"use": "multiclass.OutputCodeClassifier", "classifier": LOGISTIC, "code_size": 4}], False),
    ],
)
def test_probabilities_are_promised_only_where_they_are_given(steps, expected):
    model = build(declared(*steps), BINARY)

    assert gives_probabilities(model) is expected


@pytest.mark.parametrize("gauge", [BINARY, MULTICLASS, REGRESSION], ids=lambda gauge: gauge.task)
def test_the_promise_of_every_recipe_is_kept(gauge):
    for name in recipes_for(gauge.task):
        model = build(recipe(name), gauge)
        for x, y in events(gauge, 10):
            model.learn_one(x, y)
        if gives_probabilities(model):
            assert set(model.predict_proba_one({"a": 1.0, "wet": False})) <= set(range(3))
        assert gives_probabilities(model) is (gauge.task is not Task.REGRESSION)


def test_the_default_neighbours_of_a_pipeline_are_searched_with_a_seed():
    candidate = declared(SCALER, {"use": "neighbors.KNNClassifier"})

    assert build(candidate, BINARY)["KNNClassifier"].engine.seed == 42
    assert pickle.dumps(build(candidate, BINARY), 5)


def test_the_last_step_decides_whether_the_label_follows_the_probabilities():
    bayes, no_change = naive_bayes.GaussianNB(), dummy.NoChangeClassifier()

    assert label_follows_probabilities(bayes)
    assert label_follows_probabilities(compose.Pipeline(preprocessing.StandardScaler(), bayes))
    assert not label_follows_probabilities(no_change)
    assert not label_follows_probabilities(compose.Pipeline(preprocessing.StandardScaler(), no_change))
