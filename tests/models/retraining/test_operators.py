"""Operators' words at their place in the log: what each does, and why one is refused."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from models.learner import Learner
from models.retraining.roles import Role
from models.turn import Turn
from schemas.alerts import DriftKind
from schemas.commands import Command, Pause, Promote, Resume, Retrain, RollBack, body
from schemas.events import CommandReceived, Input, Reason
from schemas.gauge import Gauge
from schemas.records import AlertStatus, Effect, VersionStep
from tests import builders
from tests.models.retraining.policy.test_hold import GROUNDS
from tests.models.retraining.test_starts import Uncopied

ALLOW = '[operators]\nallow = ["promote", "roll_back", "retrain", "pause", "approve"]\n'
ANN: dict[str, Any] = {"who": "ann@ops", "why": "the new sensor"}
RACE = ("naive_bayes", "logistic_regression", "no_change")


def gauge(text: str = "", **keywords: Any) -> Gauge:
    return builders.gauge(f"{ALLOW}[evaluation]\nholdout = 0\n{text}", **{"candidates": RACE, **keywords})


STANDING = "[retraining]\nstanding = true"


def rows(gauge: Gauge, n: int, begin: int = 0) -> list[Input]:
    return builders.decoded(
        gauge,
        [builders.record(i, a=float(i % 7), y="bad" if i % 7 > 3 else "good") for i in range(begin, begin + n)],
    )


def begun(gauge: Gauge, n: int = 30) -> Learner:
    """A learner that has seen so many labelled events."""
    learner = Learner(gauge)
    builders.fold(learner, rows(gauge, n))
    return learner


def told(learner: Learner, command: Command) -> list[Effect]:
    """What follows from a command that is the next record."""
    effects = learner.handle(CommandReceived(command, None, body(command)), learner.next_offset)
    learner.check()
    return effects


def refused(learner: Learner, command: Command) -> str:
    """Why a command is refused; nothing else has changed."""
    before = pickle.dumps(learner.panel)

    [letter] = told(learner, command)

    assert pickle.dumps(learner.panel) == before
    assert (letter.reason, letter.record, letter.raw) == (Reason.COMMAND_REFUSED, "command", body(command))  # type: ignore[union-attr]
    return letter.detail  # type: ignore[union-attr]


def more(learner: Learner, n: int = 10) -> list[Effect]:
    """So many more labelled events."""
    return builders.flat(builders.fold(learner, rows(learner.gauge, n, learner.next_offset)))


# -- promote ----------------------------------------------------------------------------------------------------------


def test_a_promoted_version_leads_from_the_next_event_on_and_every_step_says_who_and_why():
    learner = begun(gauge())

    effects = told(learner, Promote(version="0-2", **ANN))

    assert builders.steps(effects) == [("0-1", "demoted"), ("0-2", "promoted")]
    assert {(step.who, step.why) for step in builders.versions(effects)} == {("ann@ops", "the new sensor")}
    assert {prediction.version for prediction in builders.predictions(more(learner))} == {"0-2"}


def test_what_follows_later_bears_no_operators_name():
    learner = begun(gauge("[retraining]\nevery_labels = 40"))
    told(learner, Promote(version="0-2", **ANN))

    steps = builders.versions(more(learner, 20))

    assert steps
    assert {(step.who, step.why) for step in steps} == {(None, None)}


def test_a_promoted_challenger_takes_the_champions_place_which_is_the_way_back_where_roles_are_kept():
    learner = begun(gauge(STANDING, candidates=["naive_bayes"]))
    trial = builders.versions(told(learner, Retrain(**ANN)), VersionStep.REGISTERED)[0].version
    more(learner)

    effects = told(learner, Promote(version=trial, **ANN))

    assert builders.steps(effects) == [("0-1", "demoted"), (trial, "promoted")]
    assert learner.panel.roster.roles["0-1"] is Role.ANCHOR


def test_contests_begin_anew_against_who_was_promoted():
    learner = begun(gauge())

    told(learner, Promote(version="0-2", **ANN))

    assert {one.labels for one in learner.panel.status().contests.values()} == {0}
    assert "0-2" not in learner.panel.status().contests


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("0-1", "version 0-1 leads already"),
        ("0-9", "no version 0-9 lives; there are 0-1 (champion), 0-2 (racer), 0-3 (racer)"),
        ("1-2", "no version 1-2 lives"),
        ("0-3", "version 0-3 looks at no feature, and retraining.baseline_may_lead is false"),
    ],
)
def test_who_cannot_lead_is_not_promoted(version, why):
    assert why in refused(begun(gauge()), Promote(version=version, **ANN))


def test_a_command_may_be_the_first_record():
    learner = Learner(gauge())

    effects = told(learner, Promote(version="0-2", **ANN))

    assert builders.steps(effects)[-1] == ("0-2", "promoted")
    assert [step.who for step in builders.versions(effects)] == [None] * 6 + ["ann@ops"] * 2


# -- roll back --------------------------------------------------------------------------------------------------------


def test_rolled_back_to_the_anchor_the_champion_ends():
    learner = begun(gauge(STANDING, candidates=["naive_bayes"]))
    trial = builders.versions(told(learner, Retrain(**ANN)))[0].version
    told(learner, Promote(version=trial, **ANN))
    more(learner)

    effects = told(learner, RollBack(version="0-1", **ANN))

    assert builders.steps(effects) == [(trial, "rolled_back"), ("0-1", "promoted")]
    assert learner.leader == "0-1"


def test_rolled_back_to_a_version_that_is_gone_its_copy_leads_under_a_name_of_its_own():
    learner = begun(gauge(candidates=["naive_bayes"]))
    trial = builders.versions(told(learner, Retrain(**ANN)))[0].version
    told(learner, Promote(version=trial, **ANN))
    learned, asked = learner.panel._registry.retired.named("0-1"), {"a": 3.0}
    assert learned is not None
    expected, labels = learned.answer(asked), learned.learned_labels
    more(learner)

    effects = told(learner, RollBack(version="0-1", **ANN))

    assert builders.steps(effects) == [
        ("0-3", "registered"),
        ("0-3", "on_trial"),
        (trial, "rolled_back"),
        ("0-3", "promoted"),
    ]
    champion = learner.panel.champion
    assert (champion.name, champion.parent, champion.trigger) == ("0-3", "0-1", "operator")
    assert (champion.answer(asked), champion.learned_labels) == (expected, labels)


def test_rolled_back_to_another_candidates_version_the_champion_races_on():
    learner = begun(gauge())
    told(learner, Promote(version="0-2", **ANN))

    effects = told(learner, RollBack(version="0-1", **ANN))

    assert builders.steps(effects) == [("0-2", "demoted"), ("0-1", "promoted")]


@pytest.mark.parametrize(
    ("version", "why"),
    [("0-2", "version 0-2 has never led: promote it instead"), ("0-1", "leads already"), ("0-9", "no version 0-9")],
)
def test_there_is_no_way_back_to_what_never_led(version, why):
    assert why in refused(begun(gauge()), RollBack(version=version, **ANN))


def test_of_versions_that_are_gone_the_last_two_of_a_candidate_are_kept():
    learner = begun(gauge(candidates=["naive_bayes"]))
    for n in range(2, 5):
        told(learner, Retrain(**ANN))
        told(learner, Promote(version=f"0-{n}", **ANN))

    assert [version.name for version in learner.panel._registry.retired] == ["0-2", "0-3"]
    assert "no version 0-1 lives" in refused(learner, RollBack(version="0-1", **ANN))


def test_what_cannot_be_copied_cannot_be_rolled_back_to_and_nothing_is_counted_of_it():
    learner = begun(gauge(candidates=["naive_bayes"]))
    learner.panel.champion.model = Uncopied()
    told(learner, Retrain(**ANN))
    told(learner, Promote(version="0-2", **ANN))

    assert refused(learner, RollBack(version="0-1", **ANN)) == (
        "the model of version 0-1 cannot be copied: BrokenError"
    )


def test_none_is_kept_where_nobody_may_roll_back():
    learner = begun(builders.gauge('[operators]\nallow = ["promote", "retrain"]', candidates=["naive_bayes"]))
    told(learner, Retrain(**ANN))
    told(learner, Promote(version="0-2", **ANN))

    assert [*learner.panel._registry.retired] == []


# -- retrain ----------------------------------------------------------------------------------------------------------


def test_a_retrained_version_of_the_leading_candidate_goes_on_trial_with_the_labels_kept_for_it():
    learner = begun(gauge('[retraining]\nstart = "recent"\nrecent_labels = 12'))

    effects = told(learner, Retrain(**ANN))

    assert builders.steps(effects) == [("0-4", "registered"), ("0-4", "on_trial")]
    [registered, _] = builders.versions(effects)
    assert (registered.candidate, registered.trigger, registered.who) == ("naive_bayes", "operator", "ann@ops")
    assert learner.panel.roster.named("0-4").learned_labels == 12


def test_an_operator_waits_for_no_cool_down_and_begins_one():
    learner = begun(gauge("[retraining]\nevery_labels = 20\ncooldown_labels = 1000\npatience_labels = 10"))
    more(learner, 30)
    assert learner.panel.status().on_trial == 0
    before = learner.panel.status().policy.cooldown_left

    told(learner, Retrain(**ANN))

    assert learner.panel.status().on_trial == 1
    assert 0 < before < learner.panel.status().policy.cooldown_left == 1000


def test_no_second_one_starts_beside_a_trial():
    learner = begun(gauge())
    told(learner, Retrain(**ANN))

    assert "version 0-4 is on trial already" in refused(learner, Retrain(**ANN))


def test_a_candidate_that_keeps_no_memory_is_not_retrained():
    learner = begun(gauge(candidates=["no_change"]))

    assert "candidate no_change keeps no memory" in refused(learner, Retrain(**ANN))


# -- pause and resume -------------------------------------------------------------------------------------------------


def test_while_paused_models_answer_and_are_judged_and_learn_nothing():
    learner = begun(gauge())
    judged = {one.labels for one in learner.panel.status().contests.values()}

    paused = told(learner, Pause(**ANN))
    answers = builders.predictions(more(learner, 20))

    assert [(one.version, one.step, one.who) for one in builders.versions(paused)] == [("0-1", "paused", "ann@ops")]
    assert {version.learned_labels for version in learner.panel.live} == {30}
    status = learner.status()
    assert (len(answers), status.labels, status.versions.policy.held_labels) == (20, 50, 20)
    assert status.versions.policy.held is not None
    assert status.versions.policy.held.why == "paused by ann@ops: the new sensor"
    assert {one.labels for one in status.versions.contests.values()} == {n + 20 for n in judged}


def test_resumed_they_learn_on():
    learner = begun(gauge())
    told(learner, Pause(**ANN))
    more(learner, 20)

    resumed = told(learner, Resume(who="bob@ops"))
    more(learner, 5)

    assert [(one.version, one.step, one.who) for one in builders.versions(resumed)] == [("0-1", "resumed", "bob@ops")]
    assert {version.learned_labels for version in learner.panel.live} == {35}
    assert learner.panel.status().policy.held is None


def test_a_pause_outlives_a_change_of_the_gauge_file():
    learner = begun(gauge())
    told(learner, Pause(**ANN))

    learner.adopt(gauge("[retraining]\nevery_labels = 10"))
    more(learner, 20)

    assert learner.panel.champion.learned_labels == 30


KEPT = '[retraining]\non_drift = false\nstart = "recent"\nrecent_labels = 7'


def added_while_paused() -> Learner:
    """A learner whose gauge file has named one more candidate while learning is paused."""
    learner = begun(gauge(KEPT, candidates=["naive_bayes"]))
    told(learner, Pause(**ANN))
    learner.adopt(gauge(KEPT, candidates=["naive_bayes", "logistic_regression"]))
    return learner


def test_a_candidate_that_is_added_while_learning_is_paused_is_there_and_learns_and_is_judged_from_the_resumption_on():
    learner = added_while_paused()

    steps = builders.steps(more(learner, 20))
    added = learner.panel.live[-1]
    before = added.learned_labels, learner.panel.status().contests["0-2"].labels
    told(learner, Resume(**ANN))

    assert steps == [("0-2", "registered"), ("0-2", "on_trial")]
    assert before == (0, 0)
    assert (added.learned_labels, added.learned_first, added.learned_last) == (7, 23, 29)
    at_once = begun(gauge(KEPT, candidates=["naive_bayes"]))
    at_once.adopt(gauge(KEPT, candidates=["naive_bayes", "logistic_regression"]))
    at_once.panel.open(Turn(30, None))
    x = {"a": 3.0}
    assert added.answer(x) == at_once.panel.live[-1].answer(x)
    more(learner, 5)
    assert (added.learned_labels, learner.panel.status().contests["0-2"].labels) == (12, 5)


def test_one_that_is_promoted_before_it_has_learned_catches_up_like_any_other():
    learner = added_while_paused()
    more(learner, 5)

    told(learner, Promote(version="0-2", **ANN))
    answers = builders.predictions(more(learner, 5))
    told(learner, Resume(**ANN))

    assert {one.version for one in answers} == {"0-2"}
    assert learner.panel.champion.learned_labels == 7
    assert learner.panel.status().contests["0-1"].labels == 5


@pytest.mark.parametrize("cut", [0, 1, 10, 20, 21])
def test_wherever_a_state_is_saved_it_catches_up_alike(cut):
    whole = added_while_paused()
    resumed = CommandReceived(Resume(**ANN), None, b"")
    inputs = [*rows(whole.gauge, 20, 31), resumed, *rows(whole.gauge, 10, 52)]
    first, rest = inputs[:cut], inputs[cut:]

    split = added_while_paused()
    builders.fold(split, first, start=31)
    split = pickle.loads(pickle.dumps(split))

    assert builders.fold(split, rest, start=31 + cut) == builders.fold(whole, inputs, start=31)[cut:]


def test_one_that_is_added_while_a_data_fault_holds_learning_catches_up_with_the_next_label_that_is_learned():
    text = KEPT + '\nhold = ["data_fault"]'
    learner = begun(gauge(text, candidates=["naive_bayes"]))
    fault = DriftKind.DATA_FAULT
    learner.episodes.report(fault, "a", AlertStatus.OPENED, GROUNDS, Turn(29, None))
    learner.adopt(gauge(text, candidates=["naive_bayes", "logistic_regression"]))
    more(learner, 5)
    added = learner.panel.live[-1]
    held = added.learned_labels

    learner.episodes.report(fault, "a", AlertStatus.CLOSED, GROUNDS, Turn(34, None))
    more(learner, 1)

    assert (held, added.learned_labels, added.learned_first) == (0, 8, 23)


def test_twice_is_refused():
    learner = begun(gauge())

    assert "learning is not paused" in refused(learner, Resume(**ANN))
    told(learner, Pause(**ANN))
    assert "learning is paused already" in refused(learner, Pause(**ANN))
    assert "learning is held, and a new version could not learn; paused by ann@ops" in refused(
        learner, Retrain(who="bob")
    )
