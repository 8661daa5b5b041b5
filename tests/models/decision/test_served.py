"""The label that is served follows the decision, everywhere: predictions, scores, figures, contests, baselines."""

from __future__ import annotations

import json
import pickle
import random
from typing import Any

import pytest

from models import check
from models.adoption import AdoptionError
from models.decision.wanted import NEEDED
from models.evaluation.holdout import HeldOutShare
from models.judging.judge import judges_by_log_loss
from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Effect, Prediction
from tests import builders
from tests.models.test_adoption import LABELS_ONLY
from tests.models.test_scoring import compared

CALM = "[drift]\nenabled = false\n[retraining]\non_drift = false\n"
WITH_EVENT = CALM + '[label]\narrival = "with_event"\n[evaluation]\nholdout = 0\n'
DECISIONS = {
    "costs": "[decision.costs]\nbad = { good = 7 }\ngood = { bad = 1 }",
    "threshold": "[decision]\nthreshold = 0.2",
    "precision": "[decision]\nprecision = 0.8",
    "recall": "[decision]\nrecall = 0.9",
}
RACE = ("naive_bayes", "logistic_regression", "majority")


def records(n: int, seed: int = 1, first: int = 0) -> list[bytes]:
    rng = random.Random(seed)
    found = []
    for k in range(first, first + n):
        a = rng.gauss(0, 1)
        found.append(builders.record(k, a=a, y="bad" if rng.random() < 1 / (1 + 2.718 ** (1.5 - a)) else "good"))
    return found


def later(values: list[bytes], delay: int) -> list[bytes]:
    """The same events, with each label in a record of its own ``delay`` events later."""

    whole = [json.loads(value) for value in values]
    events = [builders.record(one["id"], a=one["a"]) for one in whole]
    labels = [builders.label(one["id"], one["y"]) for one in whole]
    found = []
    for n in range(len(values) + delay):
        found += events[n : n + 1] + (labels[n - delay : n - delay + 1] if n >= delay else [])
    return found


def run(gauge: Gauge, values: list[bytes]) -> tuple[Learner, list[Prediction]]:
    learner, effects = builders.run(gauge, values)
    learner.check()
    return learner, builders.predictions(effects)


def bare(prediction: Prediction) -> Any:
    return prediction.position, prediction.probabilities, prediction.version


@pytest.mark.parametrize("costs", [(7, 1), (1, 5)])
def test_the_label_is_by_costs_and_the_probabilities_stay(costs):
    miss, alarm = costs
    values = records(400)
    _, plain = run(builders.gauge(WITH_EVENT), values)
    text = f"{WITH_EVENT}[decision.costs]\nbad = {{ good = {miss} }}\ngood = {{ bad = {alarm} }}"

    _, decided = run(builders.gauge(text), values)

    assert [*map(bare, decided)] == [*map(bare, plain)]
    differ = 0
    for mine, other in zip(decided, plain, strict=True):
        p = mine.probabilities
        if not p:
            assert mine.y_pred is None
            continue
        assert mine.y_pred == ("bad" if miss * p["bad"] > alarm * p["good"] else "good")
        differ += mine.y_pred != other.y_pred
    assert differ > 40


@pytest.mark.parametrize("way", DECISIONS)
def test_a_score_is_the_next_prediction_and_leaves_no_trace(way):
    gauge = builders.gauge(CALM + "[evaluation]\nholdout = 0.2\n" + DECISIONS[way], candidates=RACE)
    inputs = builders.decoded(gauge, later(records(400), 20))
    learner, alone = Learner(gauge), Learner(gauge)

    effects, count = compared(learner, inputs)

    assert effects == builders.fold(alone, inputs)
    assert count == 400
    assert pickle.dumps(learner.panel.champion.rule) == pickle.dumps(alone.panel.champion.rule)


@pytest.mark.parametrize("way", ["precision", "recall"])
def test_the_threshold_follows_the_answers_as_they_were_issued_and_no_held_out_event(way):
    gauge = builders.gauge(CALM + "[evaluation]\nholdout = 0.2\n" + DECISIONS[way])
    values = records(1_500)
    delay = 30

    learner, effects = builders.run(gauge, later(values, delay))

    share = HeldOutShare("pumps", 0.2)
    truth = {str(one["id"]): one["y"] == "bad" for one in map(json.loads, values)}
    rule = type(learner.panel.champion.rule)(**{"precision": None, "recall": None, way: getattr(gauge.decision, way)})
    waiting: list[Prediction] = []
    for prediction in builders.predictions(effects):
        waiting.append(prediction)
        p = prediction.probabilities
        if p:
            assert prediction.y_pred == ("bad" if p["bad"] >= rule.threshold else "good")
        if len(waiting) > delay and not share.has(waiting[-1 - delay].id):
            come = waiting[-1 - delay]
            if come.probabilities:
                rule.learn(truth[come.id], {False: come.probabilities["good"], True: come.probabilities["bad"]})
    assert rule.positives > 2 * NEEDED
    assert rule.threshold != 0.5


def test_every_version_and_baseline_is_judged_by_the_label_it_would_have_served():
    text = WITH_EVENT + DECISIONS["threshold"]
    learner = Learner(builders.gauge(text, candidates=RACE))
    for position, event in enumerate(builders.decoded(learner.gauge, records(300))):
        learner.handle(event, position)

    asked = learner.board.ask()
    for answer in asked.values():
        assert answer.y_pred == (answer.probabilities.get(True, 0.0) >= 0.2)
    for version in learner.panel.live:
        answer = version.answer({"a": 0.3})
        assert answer.y_pred == (answer.probabilities.get(True, 0.0) >= 0.2)
    # 24 % are bad: the majority's label is "bad" from a threshold of 0.2 on.
    assert learner.board.candidates["majority"].figures()["Accuracy"] < 0.5
    assert learner.board.baselines["majority_class"].figures()["Accuracy"] < 0.5


def test_a_baseline_that_stands_in_decides_too():
    learner = Learner(builders.gauge(WITH_EVENT + DECISIONS["threshold"]))
    inputs = builders.decoded(learner.gauge, records(200))
    effects: list[Effect] = []
    for position, event in enumerate(inputs):
        if position == 100:
            version = learner.panel.champion
            version.model = builders.Failing(version.model, "predict_proba_one", 0, builders.BrokenError("no"))
        effects += learner.handle(event, position)
        learner.check()

    last = builders.predictions(effects)[-1]

    assert learner.panel.stand_in is not None
    assert last.version == learner.panel.stand_in.name
    assert 0.2 < last.probabilities["bad"] < 0.5 or last.probabilities["bad"] in (0.0, 1.0)
    assert last.y_pred == ("bad" if last.probabilities["bad"] >= 0.2 else "good")


@pytest.mark.parametrize("way", DECISIONS)
def test_a_learner_restored_at_any_place_decides_alike(way):
    gauge = builders.gauge(CALM + DECISIONS[way], candidates=RACE)
    inputs = builders.decoded(gauge, later(records(500), 10))
    whole = builders.fold(Learner(gauge), inputs)

    learner = Learner(gauge)
    builders.fold(learner, inputs[:777])
    again = pickle.loads(pickle.dumps(learner))

    assert builders.fold(again, inputs[777:]) == whole[777:]


def test_where_the_threshold_follows_the_stream_models_are_judged_by_log_loss_unless_said_otherwise():
    judged = {way: judges_by_log_loss(builders.gauge(text)) for way, text in DECISIONS.items()}

    assert judged == {"costs": False, "threshold": False, "precision": True, "recall": True}
    assert not judges_by_log_loss(builders.gauge(DECISIONS["recall"] + '\n[retraining]\njudge = "error"'))


# -- a decision that is accepted later --------------------------------------------------------------------------------


def test_an_adopted_decision_holds_from_the_next_record_on():
    plain, costly = builders.gauge(WITH_EVENT), builders.gauge(WITH_EVENT + DECISIONS["costs"])
    values = records(300)
    learner = Learner(plain)
    builders.fold(learner, builders.decoded(plain, values[:200]))
    before = learner.panel.champion.faded_loss.get()

    learner.adopt(costly)
    learner.check()
    effects = builders.flat(builders.fold(learner, builders.decoded(costly, values[200:])))

    for prediction in builders.predictions(effects):
        p = prediction.probabilities
        assert prediction.y_pred == ("bad" if 7 * p["bad"] > p["good"] else "good")
    assert {answer.y_pred for answer in learner.board.ask().values()} <= {True, False}
    assert learner.board.ask()["majority_class"].y_pred is True
    assert before is not None
    learner.check()


def test_an_adopted_recall_is_judged_by_log_loss_and_contests_begin_anew():
    plain, wanted = (builders.gauge(WITH_EVENT + more, candidates=RACE) for more in ("", DECISIONS["recall"]))
    learner = Learner(plain)
    builders.fold(learner, builders.decoded(plain, records(200)))

    learner.adopt(wanted)
    builders.fold(learner, builders.decoded(wanted, records(1_000, seed=2, first=200)), start=200)
    learner.check()

    thresholds = {version.rule.threshold for version in learner.panel.live}
    assert all(version.rule.positives > NEEDED for version in learner.panel.live)
    assert 0.5 not in thresholds
    assert len(thresholds) == len(RACE)  # each has its own


def test_adopting_something_else_leaves_the_threshold_alone():
    gauge = builders.gauge(WITH_EVENT + DECISIONS["recall"])
    learner = Learner(gauge)
    builders.fold(learner, builders.decoded(gauge, records(1_000)))
    rule = learner.panel.champion.rule
    before = pickle.dumps(rule)

    learner.adopt(builders.gauge(WITH_EVENT + 'also = ["F1"]\n' + DECISIONS["recall"]))

    assert learner.panel.champion.rule is rule
    assert pickle.dumps(rule) == before


def test_a_decision_is_refused_where_a_running_candidate_gives_labels_only():
    learner = Learner(builders.gauge(candidates=("naive_bayes", LABELS_ONLY)))

    with pytest.raises(AdoptionError, match=r"decision\.threshold needs class probabilities"):
        learner.adopt(builders.gauge(DECISIONS["threshold"], candidates=("naive_bayes", LABELS_ONLY)))


# -- what check says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", DECISIONS)
def test_candidates_without_probabilities_are_refused(way):
    found = check.problems(builders.gauge(DECISIONS[way], candidates=("naive_bayes", LABELS_ONLY)))

    assert [(where, what.partition(" needs")[0]) for where, what in found] == [
        ("candidates.1 (plain)", f"decision.{way}")
    ]
    assert check.problems(builders.gauge(DECISIONS[way])) == []


def test_costs_that_leave_nothing_to_decide_are_a_warning():
    gauge = builders.gauge("[decision.costs]\nbad = { good = 7 }")

    assert [where for where, _ in check.warnings(gauge)] == ["decision.costs"]
    assert check.problems(gauge) == []
