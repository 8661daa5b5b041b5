"""A candidate whose probabilities are calibrated: what it answers, what it learns from, and how it races."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from river import base, dummy, naive_bayes

from models import check
from models.abilities import gives_probabilities, label_follows_probabilities
from models.candidates import build
from models.learner import Learner
from models.recalibration.calibrator import CALIBRATORS
from models.recalibration.recalibrated import Recalibrated
from schemas.gauge import Candidate, Gauge
from streams.snapshots.payload.pickler import dump
from tests import builders
from tests.models.decision.test_served import later, records, run
from tests.models.test_adoption import LABELS_ONLY
from tests.models.test_scoring import compared
from tests.schemas.gauge.texts import other, problems

PLAIN = '[label]\narrival = "with_event"\n[evaluation]\nholdout = 0\n[drift]\nenabled = false\n'
HOW = sorted(CALIBRATORS)


def recalibrated(how: str, recipe: str = "naive_bayes") -> dict[str, Any]:
    return {"recipe": recipe, "recalibrate": how}


class Told(base.Classifier):
    """Answers what it is told, and never learns."""

    def __init__(self, *answers: dict[Any, float]) -> None:
        self.answers = list(answers)

    def learn_one(self, x, y):
        pass

    def predict_proba_one(self, x):
        return self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)


@pytest.mark.parametrize("how", HOW)
def test_the_calibrator_learns_what_the_model_had_answered_before_it_learned_the_label(how):
    gauge = builders.gauge(PLAIN, candidates=[recalibrated(how)])
    values = records(600)

    _, predictions = run(gauge, values)

    model, oracle = build(Candidate(recipe="naive_bayes"), gauge), CALIBRATORS[how]()
    for n, (prediction, event) in enumerate(zip(predictions, builders.decoded(gauge, values), strict=True)):
        raw = model.predict_proba_one(event.x)
        if n > 1:
            p = oracle.apply(raw.get(True, 0.0))
            assert prediction.probabilities == {"good": 1.0 - p, "bad": p}
            assert prediction.y_pred == ("bad" if p > 0.5 else "good")
        if n:
            oracle.learn(raw.get(True, 0.0), event.y)
        model.learn_one(event.x, event.y)


@pytest.mark.parametrize("how", HOW)
def test_a_late_label_calibrates_the_answer_as_it_was_issued(how):
    gauge = builders.gauge("[evaluation]\nholdout = 0\n[drift]\nenabled = false\n", candidates=[recalibrated(how)])
    values, delay = later(records(500), 40), 40

    _, effects = builders.run(gauge, values)

    model, oracle, issued = build(Candidate(recipe="naive_bayes"), gauge), CALIBRATORS[how](), []
    predictions = iter(builders.predictions(effects))
    for event in builders.decoded(gauge, values):
        if hasattr(event, "y"):
            x, raw = issued[int(event.id)]
            if raw:
                oracle.learn(raw.get(True, 0.0), event.y)
            model.learn_one(x, event.y)
            continue
        raw = model.predict_proba_one(event.x)
        issued.append((event.x, raw))
        found = next(predictions).probabilities
        if len(issued) > 3 * delay:
            p = oracle.apply(raw.get(True, 0.0))
            assert found == {"good": 1.0 - p, "bad": p}
    assert len(issued) == 500


def test_a_challenger_is_asked_about_what_came_before_it():
    gauge = builders.gauge(
        PLAIN + '[retraining]\nevery_labels = 300\nstart = "recent"\nrecent_labels = 200\n',
        candidates=[recalibrated("platt")],
    )

    learner, effects = builders.run(gauge, records(301))

    [challenger] = [version for version in learner.panel.live if version is not learner.panel.champion]
    model, oracle = build(Candidate(recipe="naive_bayes"), gauge), CALIBRATORS["platt"]()
    events = builders.decoded(gauge, records(301))
    for n, event in enumerate(events[100:]):
        if n:
            oracle.learn(model.predict_proba_one(event.x).get(True, 0.0), event.y)
        model.learn_one(event.x, event.y)
    assert challenger.learned_labels == 201
    assert challenger.model.calibrators[True].apply(0.9) == oracle.apply(0.9)
    assert builders.versions(effects)


def test_where_the_model_failed_to_answer_it_still_learns():
    gauge = builders.gauge(PLAIN, candidates=[recalibrated("platt")])
    learner = Learner(gauge)
    for position, event in enumerate(builders.decoded(gauge, records(40))):
        learner.handle(event, position)
        if position == 30:
            version = learner.panel.champion
            version.model.classifier = builders.Failing(
                version.model.classifier, "predict_proba_one", 0, builders.BrokenError("no")
            )

    assert version.conduct.failures == 9
    assert version.conduct.unlearned == 0
    assert version.learned_labels == 40


@pytest.mark.parametrize("how", HOW)
def test_no_held_out_event_reaches_the_calibrator(how):
    gauge = builders.gauge(PLAIN.replace("holdout = 0", "holdout = 0.3"), candidates=[recalibrated(how)])
    values = records(400)
    whole, predictions = run(gauge, values)
    held_out = {prediction.id for prediction in predictions if prediction.held_out}

    without, _ = run(gauge, [value for n, value in enumerate(values) if str(n) not in held_out])

    assert 90 < len(held_out) < 150
    mine, others = (learner.panel.champion.model.calibrators[True] for learner in (whole, without))
    assert [mine.apply(p / 20) for p in range(21)] == [others.apply(p / 20) for p in range(21)]


@pytest.mark.parametrize("how", HOW)
def test_several_classes_are_calibrated_one_against_the_rest_and_normalised(how):
    rng = np.random.default_rng(1)
    answers = [dict(enumerate(map(float, p))) for p in rng.dirichlet([0.3] * 3, 2_000)]
    # What is told is twice as sure as it should be.
    labels = [rng.choice(3, p=(q := np.sqrt([*p.values()])) / q.sum()) for p in answers]
    model = Recalibrated(Told(*answers, answers[0]), how, frozenset(range(3)))
    oracles = {code: CALIBRATORS[how]() for code in range(3)}
    for n, y in enumerate(labels):
        model.learn_one({}, int(y))
        for code, oracle in oracles.items():
            if n:  # before its first lesson it is not asked
                oracle.learn(answers[n - 1][code], y == code)

    model.classifier = Told({0: 0.7, 1: 0.2, 2: 0.1})
    found = model.predict_proba_one({})

    raw = {code: oracles[code].apply(p) for code, p in {0: 0.7, 1: 0.2, 2: 0.1}.items()}
    assert found == pytest.approx({code: p / sum(raw.values()) for code, p in raw.items()})
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("raw", [{}, {True: float("nan")}, {True: -0.5, False: 1.5}, {True: float("inf")}, {7: 1.0}])
def test_what_is_no_probability_is_left_for_its_judge_and_teaches_nothing(raw):
    model = Recalibrated(Told(raw), "platt", frozenset({False, True}))

    for _ in range(3):
        model.learn_one({}, True)

    assert str(model.predict_proba_one({})) == str(raw)
    assert model.calibrators == {}


def test_before_its_first_lesson_the_model_is_not_asked():
    model = Recalibrated(builders.Failing(naive_bayes.GaussianNB(), "predict_proba_one", 0, ValueError()), "platt",
                         frozenset({False, True}))  # fmt: skip

    model.learn_one({"a": 1.0}, True)

    assert model.has_learned


@pytest.mark.parametrize("how", HOW)
def test_numpys_floats_are_no_part_of_the_state(how):
    model = Recalibrated(Told({False: np.float64(0.25), True: np.float64(0.75)}), how, frozenset({False, True}))
    for n in range(200):
        model.learn_one({}, n % 2 == 0)

    assert b"numpy" not in pickle.dumps(model.calibrators)
    assert {type(p) for p in model.predict_proba_one({}).values()} == {float}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_restored_or_copied_one_goes_on_alike_and_a_score_leaves_no_trace(how, task):
    candidates = [recalibrated(how), "naive_bayes", recalibrated(how, "logistic_regression")]
    gauge = builders.gauge("[retraining]\nevery_labels = 150", task=task, candidates=candidates)
    values = later(records(400), 15)
    if task == "multiclass":
        values = [value.replace(b'"bad"', b'"low"').replace(b'"good"', b'"high"') for value in values]
    inputs = builders.decoded(gauge, values)
    whole = builders.fold(Learner(gauge), inputs)

    learner = Learner(gauge)
    builders.fold(learner, inputs[:555])
    again, copied = pickle.loads(pickle.dumps(learner)), copy.deepcopy(learner)

    assert dump(learner)
    assert builders.fold(again, inputs[555:]) == whole[555:]
    assert builders.fold(copied, inputs[555:]) == whole[555:]
    assert compared(Learner(gauge), inputs)[0] == whole


def test_it_is_a_candidate_of_its_own_that_wins_its_contest_or_does_not_lead():
    text = PLAIN + '[retraining]\njudge = "log_loss"\n'
    gauge = builders.gauge(text, candidates=["naive_bayes", recalibrated("platt")])

    class Overconfident(Told):
        def predict_proba_one(self, x):
            p = 0.999 if x["a"] > 0 else 0.001
            return {False: 1 - p, True: p}

    learner = Learner(gauge)
    promoted = []
    for position, event in enumerate(builders.decoded(gauge, records(1_500))):
        promoted += [one for one in builders.versions(learner.handle(event, position)) if one.step == "promoted"]
        if not position:
            plain, calibrated = learner.panel.live
            plain.model = Overconfident({})
            calibrated.model.classifier = Overconfident({})

    assert [one.candidate for one in promoted] == ["naive_bayes", "naive_bayes-platt"]
    assert promoted[1].reason == "it won the contest"


# -- the gauge file ---------------------------------------------------------------------------------------------------


def test_it_has_a_name_of_its_own():
    gauge = builders.gauge(candidates=["naive_bayes", recalibrated("platt"), recalibrated("isotonic")])

    assert [one.name for one in gauge.candidates] == ["naive_bayes", "naive_bayes-platt", "naive_bayes-isotonic"]
    assert check.problems(gauge) == []


def test_what_it_can_be_asked_for_is_what_the_model_can():
    classes = frozenset({False, True})

    assert gives_probabilities(Recalibrated(naive_bayes.GaussianNB(), "platt", classes))
    assert label_follows_probabilities(Recalibrated(dummy.NoChangeClassifier(), "platt", classes))
    assert Recalibrated(naive_bayes.GaussianNB(), "platt", classes)._multiclass


def test_a_model_that_gives_labels_only_is_refused():
    gauge = builders.gauge(candidates=[{**LABELS_ONLY, "recalibrate": "platt"}])

    [(where, what)] = check.problems(gauge)

    assert where == "candidates.0 (plain)"
    assert what.startswith("recalibrate = 'platt' needs class probabilities")


@pytest.mark.parametrize(
    ("task", "label", "how", "where", "what"),
    [
        ("multiclass", 'classes = ["a", "b"]', "beta", "candidates.0.recalibrate", "'platt' or 'isotonic', got 'beta'"),
        ("regression", "", "platt", "", "linear_regression-platt has recalibrate = 'platt', and a regression has no"),
    ],
)
def test_a_fault_is_told(task, label, how, where, what):
    recipe = "linear_regression" if task == "regression" else "naive_bayes"
    more = f'[[candidates]]\nrecipe = "{recipe}"\nrecalibrate = "{how}"\n'

    [(place, problem)] = problems(other(task, label, more))

    assert place == where
    assert what in problem


def test_every_recipe_that_gives_probabilities_can_be_recalibrated():
    recipes = ["logistic_regression", "naive_bayes", "hoeffding_tree", "knn", "adaptive_random_forest", "majority"]
    gauge: Gauge = builders.gauge(candidates=[recalibrated("platt", recipe) for recipe in recipes])

    assert check.problems(gauge) == []
