"""A score is the next prediction, and leaves no trace: scoring at any place, any number of times, changes no effect."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.candidates import recipes_for
from models.learner import Learner
from models.retraining.conduct import PATIENCE
from models.scoring import Scored
from schemas.events import EventReceived, Input, LabelledEvent
from schemas.gauge import Gauge, Task
from schemas.records import Effect, Prediction
from tests import builders, strategies
from tests.models.test_adoption import more
from tests.models.test_laws import PANELS

BARE = "[evaluation]\nholdout = 0.2\n[drift]\nenabled = false\n[retraining]\nevery_labels = 40"


def is_event(event: Input) -> bool:
    return isinstance(event, EventReceived | LabelledEvent)


def scored(prediction: Prediction) -> Scored:
    return Scored(
        prediction.y_pred, prediction.probabilities, prediction.version, prediction.held_out, prediction.doubt
    )


def compared(
    learner: Learner, inputs: list[Input], happens: Callable[[Learner, int], None] = lambda learner, n: None
) -> tuple[list[list[Effect]], int]:
    """The effects of a run in which every event is scored before it comes, and how many scores were compared."""
    events = [event for event in inputs if is_event(event)]
    effects, count = [], 0
    for n, event in enumerate(inputs):
        happens(learner, n)
        for other in events[n % 7 :: max(len(events) // 3, 1)]:
            learner.score(other)
        scores = [learner.score(event) for _ in range(2)] if is_event(event) else []
        effects.append(learner.handle(event, n))
        for prediction in builders.predictions(effects[-1]):
            assert scores == [scored(prediction)] * 2
            count += 1
    return effects, count


@settings(max_examples=12)
@given(panel=st.sampled_from(sorted(PANELS)), plan=strategies.plans(80))
def test_a_score_is_the_next_prediction_and_changes_no_effect(panel, plan):
    gauge = PANELS[panel]
    inputs = builders.decoded(gauge, strategies.stream(gauge, plan))
    learner, alone = Learner(gauge), Learner(gauge)

    effects, count = compared(learner, inputs)

    assert effects == builders.fold(alone, inputs)
    assert learner.status() == alone.status()
    assert count == alone.counts.predictions
    learner.check()


def failing(gauge: Gauge, whom: Callable[[Learner], list[Any]], from_record: int) -> Callable[[Learner, int], None]:
    """Models that fail from a record on, and count how often they are asked."""

    def happens(learner: Learner, n: int) -> None:
        if n != from_record:
            return
        for version in whom(learner):
            version.is_changed_by_asking = True
            version.model = builders.Failing(version.model, "predict_proba_one", 3, builders.BrokenError("no"))

    return happens


@pytest.mark.parametrize(
    "whom",
    [
        lambda learner: [learner.panel.champion],
        lambda learner: [version for version in learner.panel.live if version is not learner.panel.champion],
        lambda learner: learner.panel.live[:2],
        lambda learner: learner.panel.live,
    ],
)
def test_where_models_fail_the_score_is_of_who_would_lead_then(whom):
    gauge = builders.gauge(BARE, candidates=["naive_bayes", "majority", "logistic_regression"])
    inputs = builders.decoded(gauge, strategies.stream(gauge, strategies.Plan(seed=3, events=150)))
    learner, alone = Learner(gauge), Learner(gauge)
    happens = failing(gauge, whom, 60)

    effects, count = compared(learner, inputs, happens)

    expected = []
    for n, event in enumerate(inputs):
        happens(alone, n)
        expected.append(alone.handle(event, n))
    assert effects == expected
    assert count == alone.counts.predictions
    assert alone.status().versions.failures >= PATIENCE


def test_scoring_counts_no_failure_and_retires_nobody():
    gauge = builders.gauge("[evaluation]\nholdout = 0")
    learner, _ = builders.run(gauge, [builders.record(n, a=1.0, y="good") for n in range(3)])
    version = learner.panel.champion
    version.model = builders.Failing(version.model, "predict_proba_one", 0, builders.BrokenError("no"))
    version.is_changed_by_asking = True
    [event] = builders.decoded(gauge, [builders.record("next", a=1.0)])

    for _ in range(3 * PATIENCE):
        assert learner.score(event) == Scored(None, None, "0-1", False)

    assert learner.status().versions.failures == 0
    assert version.conduct.unanswered == 0


def test_a_category_that_was_never_met_is_scored_by_the_code_that_it_would_get():
    gauge = builders.gauge("[evaluation]\nholdout = 0", candidates=["hoeffding_tree"])
    learner, _ = builders.run(gauge, [builders.record(n, site=f"s{n % 3}", a=0.0, y="good") for n in range(20)])
    before = pickle.dumps(learner)
    first, second = builders.decoded(gauge, [builders.record(k, site=k, a=0.0) for k in ("one", "two")])
    codes = learner.scoring.vocabulary

    assert codes.foresee(first.x, learn=True)["site"] == codes.foresee(second.x, learn=True)["site"] == 4
    learner.score(first)
    assert pickle.dumps(learner) == before
    assert codes.encode(second.x, learn=True)["site"] == 4


def test_before_the_first_record_and_after_an_adoption_a_score_is_the_next_prediction_too():
    gauge = PANELS["one"]
    inputs = builders.decoded(gauge, strategies.stream(gauge, strategies.Plan(seed=2, events=60)))
    learner, alone = Learner(gauge), Learner(gauge)

    def adopts(learner: Learner, n: int) -> None:
        if n == 30:
            learner.adopt(more(gauge))

    effects, _ = compared(learner, inputs, adopts)

    expected = builders.fold(alone, inputs[:30])
    alone.adopt(more(gauge))
    assert effects == expected + builders.fold(alone, inputs[30:])


@pytest.mark.parametrize("task", list(Task))
def test_no_recipe_changes_when_it_is_asked(task):
    gauge = builders.gauge("[evaluation]\nholdout = 0", task=task, candidates=list(recipes_for(task)))
    inputs = builders.decoded(gauge, strategies.stream(gauge, strategies.Plan(seed=6, events=150, bad=0.0)))
    learner = Learner(gauge)
    builders.fold(learner, inputs)
    assert not any(version.is_changed_by_asking for version in learner.panel.live)
    before = [pickle.dumps(pickle.loads(pickle.dumps(version))) for version in learner.panel.live]

    for version in learner.panel.live:
        for x in ({"a": 0.3, "b": 4.0, "site": 2}, {"a": -9.0, "site": 7}, {"a": 1.0}, {}):
            version.foresee(x)

    after = [pickle.dumps(pickle.loads(pickle.dumps(version))) for version in learner.panel.live]
    changed = [
        version.candidate for version, one, other in zip(learner.panel.live, before, after, strict=True) if one != other
    ]
    assert changed == []


def test_of_a_model_of_ones_own_nobody_knows_and_a_copy_is_asked():
    mine = {"name": "mine", "pipeline": [{"use": "naive_bayes.GaussianNB"}]}
    gauge = builders.gauge(candidates=[mine, "naive_bayes"])
    learner, _ = builders.run(gauge, [builders.record(1, a=1.0, y="good")])

    assert [version.is_changed_by_asking for version in learner.panel.live] == [True, False]
