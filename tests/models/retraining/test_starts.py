"""How a challenger begins: what it has learned before its first event, and whose model it has."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river.datasets import synth

from models.candidates import recipes_for
from models.learner import Learner
from models.retraining.policy.policy import Trigger
from models.retraining.starts import KEPT, RECALL_LABELS, STARTS, Starts
from models.retraining.version import Version
from schemas.events import LabelledEvent
from schemas.gauge import Gauge, Retraining, Task
from schemas.records import Effect, ModelVersion, VersionStep
from tests import builders, strategies
from tests.models.test_laws import NERVOUS


def keeping(start: str, labels: int = 4) -> Starts:
    return Starts(Retraining.model_validate({"start": start, "recent_labels": labels}))


def kept(starts: Starts) -> list[int]:
    return [position for _, _, position in starts.lessons()]


# -- the labels that are kept -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "expected"), [("fresh", []), ("recent", [6, 7, 8, 9]), ("copy", [6, 7, 8, 9]), ("warning", [])]
)
def test_of_labels_without_a_warning_each_way_keeps_its_own(start, expected):
    starts = keeping(start)
    for n in range(10):
        starts.keep({}, True, n, warned=False)

    assert kept(starts) == expected


def test_from_a_warning_on_labels_are_kept_until_the_next_one_begins():
    starts, history = keeping("warning"), []
    for n, warned in enumerate([False, True, True, None, False, False, True, False]):
        starts.keep({}, True, n, warned=warned)
        history.append(kept(starts))

    assert history == [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [6], [6, 7]]


def test_what_is_kept_is_bounded():
    starts = keeping("recalled")
    for n in range(3 * RECALL_LABELS):
        starts.keep({}, True, n, warned=True, loss=0.0)

    assert len(kept(starts)) == len(starts.judged()) == RECALL_LABELS
    assert [*starts.broken()] == []


@pytest.mark.parametrize(("to", "expected"), [("copy", [7, 8, 9]), ("fresh", []), ("warning", [])])
def test_another_start_keeps_of_what_there_is_what_it_would_have_kept(to, expected):
    starts = keeping("recent")
    for n in range(10):
        starts.keep({}, True, n, warned=False)

    starts.adopt(Retraining.model_validate({"start": to, "recent_labels": 3}))

    assert kept(starts) == expected
    assert [*starts.broken()] == []


# -- copies -----------------------------------------------------------------------------------------------------------


def taught(gauge: Gauge, n: int) -> tuple[Learner, list[LabelledEvent]]:
    learner = Learner(gauge)
    plan = strategies.Plan(seed=2, events=n + 60, late=0, early=0, never=0, odd=0, bad=0)
    events = builders.decoded(gauge, strategies.stream(gauge, plan))
    builders.fold(learner, events[:n])
    rest = [event._replace(x=learner.scoring.vocabulary.encode(event.x, learn=True)) for event in events[n:]]  # type: ignore[union-attr, call-arg]
    return learner, rest  # type: ignore[return-value]


def answers(version: Version, events: list[LabelledEvent]) -> list[Any]:
    found = []
    for position, event in enumerate(events):
        found.append(version.answer(event.x))
        version.learn(event.x, event.y, position)
    return found


RECIPES = [(task, name) for task in Task for name in recipes_for(task)]


@pytest.mark.parametrize(("task", "recipe"), RECIPES)
def test_a_copy_continues_bit_by_bit_and_leaves_the_original_alone(task, recipe):
    text = "[evaluation]\nholdout = 0\n[drift]\nenabled = false"
    learner, rest = taught(builders.gauge(text, task=task, candidates=[recipe]), 80)
    original = learner.panel.champion
    restored: Version = pickle.loads(pickle.dumps(original))

    twin = learner.panel._registry.twin(original)
    of_the_twin = answers(twin, rest)

    assert of_the_twin == answers(restored, rest)
    assert of_the_twin == answers(original, rest)


class Holding:
    """A model of a user's that holds the gauge."""

    def __init__(self, gauge: Gauge) -> None:
        self.gauge, self.drift, self.seen = gauge, gauge.drift, [1]


def test_a_model_that_holds_the_gauge_shares_it_with_its_copy_and_nothing_else():
    gauge = builders.gauge()
    learner, _ = taught(gauge, 10)
    learner.panel.champion.model = model = Holding(gauge)

    twin = learner.panel._registry.twin(learner.panel.champion)

    assert (twin.model.gauge is gauge, twin.model.drift is gauge.drift) == (True, True)
    assert twin.model.seen is not model.seen


class Uncopied:
    """A model that cannot be copied."""

    def __deepcopy__(self, memo: Any) -> Any:
        raise builders.BrokenError("no copies")

    def predict_proba_one(self, x: Any) -> dict[bool, float]:
        return {True: 1.0}

    def learn_one(self, x: Any, y: Any) -> None:
        pass


def by_labels(start: str, more: str = "", **keywords: Any) -> Gauge:
    text = f'[evaluation]\nholdout = 0\n[retraining]\nstart = "{start}"\nrecent_labels = 5\nevery_labels = 20\n{more}'
    return builders.gauge(text, **keywords)


def rows(n: int, start: int = 0) -> list[bytes]:
    return [builders.record(k, a=k % 3, y="bad" if k % 3 else "good") for k in range(start, start + n)]


def fold(learner: Learner, values: list[bytes]) -> list[Effect]:
    effects = []
    for event in builders.decoded(learner.gauge, values):
        effects += learner.handle(event, learner.next_offset)
        learner.check()
    return effects


def challenger_of(effects: list[Effect]) -> ModelVersion:
    return builders.versions(effects, VersionStep.REGISTERED)[1]


def test_a_copy_of_the_champion_learns_the_newest_labels_once_more():
    learner = Learner(by_labels("copy"))

    started = challenger_of(fold(learner, rows(20)))

    challenger = learner.panel.live[-1]
    assert started.reason == "trigger: labels: 20 more were learned; it begins as a copy of version 0-1"
    assert (started.parent, challenger.learned_first, challenger.learned_labels) == ("0-1", 0, 25)
    assert learner.panel.champion.learned_labels == 20
    assert learner.panel.champion.model is not challenger.model


def test_a_model_that_cannot_be_copied_gives_way_to_a_new_one():
    learner = Learner(by_labels("copy"))
    fold(learner, rows(10))
    learner.panel.champion.model = Uncopied()

    effects = fold(learner, rows(10, 10))

    [started] = builders.versions(effects, VersionStep.REGISTERED)
    assert started.reason == "trigger: labels: 20 more were learned"
    assert learner.panel.live[-1].learned_labels == 5
    assert learner.panel.status().failures == 1


# -- retired versions -------------------------------------------------------------------------------------------------


def stagger(length: int, concepts: tuple[int, ...]) -> list[bytes]:
    """River's STAGGER, the concepts one after the other."""
    values = []
    for k, concept in enumerate(concepts):
        stream = synth.STAGGER(classification_function=concept, seed=k, balance_classes=False)
        values += [
            json.dumps({**{name: str(value) for name, value in x.items()}, "y": int(y)}).encode()
            for x, y in stream.take(length)
        ]
    return values


def recurring(start: str, *, standing: bool | None = None) -> Gauge:
    return Gauge.model_validate(
        {
            "name": "stagger",
            "task": "binary",
            "label": {"field": "y", "positive": 1, "negative": 0},
            "features": {name: {"type": "category"} for name in ("size", "color", "shape")},
            "candidates": ["hoeffding_tree"],
            "evaluation": {"holdout": 0},
            "retraining": {"start": start, "standing": standing},
        }
    )


def test_where_concepts_recur_a_retired_version_is_called_back_and_serves_better_than_a_new_one():
    values = stagger(600, (0, 1, 2, 0, 1, 2))
    found = {}
    for start in ("fresh", "recalled"):
        learner = Learner(recurring(start))
        effects = builders.flat(builders.fold(learner, builders.decoded(learner.gauge, values)))
        calls = [v for v in builders.versions(effects, VersionStep.REGISTERED) if "called back" in v.reason]
        found[start] = (learner.board.served.figures()["Accuracy"], [call.parent for call in calls])
        assert len([*learner.panel._registry.retired]) <= KEPT

    retired = found["recalled"][1]
    assert found["fresh"][1] == []
    assert retired
    assert found["recalled"][0] > found["fresh"][0]


def test_what_is_called_back_learns_no_label_twice():
    learner = Learner(recurring("recalled", standing=False))
    fold(learner, stagger(400, (0, 1, 2))[:1_100])
    panel, starts = learner.panel, learner.panel._starts
    *_, retired = panel._registry.retired
    for position, event in enumerate(builders.decoded(learner.gauge, stagger(20, (2,))), start=2_000):
        starts.keep(event.x, event.y, position, warned=True, loss=1.0)  # type: ignore[union-attr]
    retired.learned_last = 2_009

    panel.start_challenger(Trigger.LABELS, builders.turn(2_020))

    challenger = panel.live[-1]
    assert challenger.parent == retired.name
    assert challenger.learned_labels == retired.learned_labels + 10


def test_a_retired_version_that_is_no_better_than_the_champion_is_left_alone():
    learner = Learner(recurring("recalled", standing=False))  # who is replaced is retired at once
    fold(learner, stagger(400, (0, 1, 2))[:1_100])
    panel = learner.panel
    starts = panel._starts
    assert [*panel._registry.retired]

    starts._recent.clear()
    starts._losses.clear()
    for position, event in enumerate(builders.decoded(learner.gauge, stagger(100, (2,)))):
        starts.keep(event.x, event.y, position, warned=True, loss=0.0)  # type: ignore[union-attr]

    assert panel._challengers._sources.find() is None


def test_a_version_that_keeps_failing_is_not_kept():
    learner = Learner(by_labels("recalled", candidates=["naive_bayes", "majority"]))
    fold(learner, rows(10))
    learner.panel.champion.model = builders.Failing(
        learner.panel.champion.model, "predict_proba_one", 0, builders.BrokenError("no")
    )

    effects = fold(learner, rows(60, 10))

    assert builders.versions(effects, VersionStep.RETIRED)
    assert [*learner.panel._registry.retired] == []


def test_whoever_begins_otherwise_from_here_on_keeps_no_retired_version():
    learner = Learner(recurring("recalled", standing=False))
    fold(learner, stagger(400, (0, 1, 2))[:1_100])
    assert [*learner.panel._registry.retired]

    learner.adopt(recurring("recent", standing=False))
    learner.check()

    assert [*learner.panel._registry.retired] == []
    fold(learner, stagger(50, (2,)))
    assert kept(learner.panel._starts)[-50:] == [*range(1_100, 1_150)]


# -- the laws ---------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(start=st.sampled_from(sorted(STARTS)), plan=strategies.plans(), share=st.floats(0, 1))
def test_restored_at_any_cut_it_begins_as_if_never_stopped(start, plan, share):
    gauge = builders.gauge(NERVOUS.replace('"recent"', f'"{start}"'), candidates=["naive_bayes", "no_change"])
    inputs = builders.decoded(gauge, strategies.stream(gauge, plan))
    learner = Learner(gauge)
    never_stopped = builders.fold(learner, inputs)
    cut = round(share * len(inputs))

    stopped = Learner(gauge)
    before = builders.fold(stopped, inputs[:cut])
    restored: Learner = pickle.loads(pickle.dumps(stopped, protocol=5))
    after = builders.fold(restored, inputs[cut:])

    restored.check()
    assert before + after == never_stopped
    assert restored.status() == learner.status()
