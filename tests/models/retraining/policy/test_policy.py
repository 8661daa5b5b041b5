"""When a challenger should start: what is due, what it waits for, and what is held."""

from __future__ import annotations

import pytest

from models.drift.episodes import Episodes
from models.drift.grounds import Grounds
from models.evaluation.board import Board
from models.retraining.policy.policy import Policy, Trigger
from schemas.alerts import DriftKind, Severity
from schemas.gauge import Retraining
from schemas.records import AlertStatus
from tests import builders

BOARD = Board(builders.gauge(), builders.episodes())
OPENED, UPDATED, CLOSED = AlertStatus.OPENED, AlertStatus.UPDATED, AlertStatus.CLOSED
GROUNDS = Grounds(cause="", severity=Severity.MAJOR, detector="", statistic=1, threshold=1, version="0-1", first=0)
KINDS = {kind.value: kind for kind in DriftKind}


class Told(Policy):
    """A policy with the episodes that it is told of."""

    def __init__(self, policy: Retraining) -> None:
        self.episodes: Episodes = builders.episodes()
        super().__init__(policy, self.episodes, metric="Accuracy", window_events=1_000)


def obeying(**policy: object) -> Told:
    return Told(Retraining.model_validate(policy))


def news(policy: Told, kind: str, status: AlertStatus = OPENED, subject: str | None = None) -> Told:
    turn = builders.turn()
    policy.episodes.report(KINDS[kind], subject, status, GROUNDS, turn)
    policy.notice(turn.findings)
    return policy


def obeyed(policy: Policy, trigger: Trigger | None) -> Trigger | None:
    """The trigger, after a challenger has started from it."""
    if trigger is not None:
        policy.started(trigger)
    return trigger


def labels(policy: Policy, count: int) -> list[Trigger | None]:
    """What follows from labels, when every challenger starts at once."""
    return [obeyed(policy, policy.learned(BOARD)) for _ in range(count)]


# -- after so many labels ---------------------------------------------------------------------------------------------


def test_every_n_labels():
    assert labels(obeying(every_labels=3), 7) == [None, None, "labels", None, None, "labels", None]


def test_what_is_due_stays_due_until_a_challenger_has_started_from_it():
    policy = obeying(every_labels=3)
    assert [policy.learned(BOARD) for _ in range(5)] == [None, None, "labels", "labels", "labels"]

    policy.started(Trigger.DRIFT)
    assert policy.learned(BOARD) is Trigger.LABELS
    policy.started(Trigger.LABELS)

    assert labels(policy, 3) == [None, None, "labels"]


def test_by_default_labels_start_nothing():
    assert set(labels(obeying(), 100)) == {None}


# -- on drift ---------------------------------------------------------------------------------------------------------


def test_by_default_a_drift_of_the_concept_starts_one_and_nothing_else_does():
    for kind in KINDS:
        assert news(obeying(), kind).learned(BOARD) is (Trigger.DRIFT if kind == "concept" else None), kind
        assert news(obeying(on_drift=False), kind).learned(BOARD) is None


def test_an_episode_that_gets_worse_starts_another_and_one_that_closes_starts_none():
    policy = news(obeying(), "concept")
    assert labels(policy, 2) == ["drift", None]

    assert labels(news(policy, "concept", UPDATED), 2) == ["drift", None]
    assert labels(news(policy, "concept", CLOSED), 2) == [None, None]


def test_any_of_several_kinds_is_enough_and_the_words_name_those_that_came():
    policy = obeying(on={"any": ["concept", "prior"]})
    news(policy, "covariate")
    assert policy.learned(BOARD) is None

    news(policy, "prior")
    assert policy.learned(BOARD) is Trigger.DRIFT
    assert policy.why(Trigger.DRIFT) == "drift: prior"
    news(policy, "concept")

    assert policy.why(Trigger.DRIFT) == "drift: prior and concept"
    assert labels(policy, 2) == ["drift", None]


def test_all_of_them_must_be_open_at_the_same_time():
    policy = obeying(on={"all": ["concept", "covariate"]})
    assert labels(news(policy, "concept"), 1) == [None]
    news(policy, "concept", CLOSED)
    assert labels(news(policy, "covariate", subject="a"), 1) == [None]

    news(policy, "concept")
    assert policy.why(Trigger.DRIFT) == "drift: concept and covariate"

    assert labels(policy, 2) == ["drift", None]


def test_of_several_episodes_of_a_kind_the_last_to_close_ends_it():
    policy = obeying(on={"all": ["concept", "covariate"]})
    for subject in ("a", "b"):
        news(policy, "covariate", subject=subject)
    news(policy, "covariate", CLOSED, "a")

    assert labels(news(policy, "concept"), 1) == ["drift"]

    news(policy, "covariate", CLOSED, "b")
    assert labels(news(policy, "concept", UPDATED), 1) == [None]


@pytest.mark.parametrize("how", ["any", "all"])
def test_a_drift_that_waits_is_due_until_it_closes(how):
    policy = obeying(on={how: ["concept", "prior"]}, cooldown_labels=3)
    policy.started(Trigger.LABELS)
    news(news(policy, "concept"), "prior")
    assert labels(policy, 2) == [None, None]
    assert policy.status().due == ["drift: concept and prior"]

    news(news(policy, "concept", CLOSED), "prior", CLOSED)

    assert labels(policy, 5) == [None] * 5
    assert policy.status().due == []


def test_drift_goes_before_what_else_is_due():
    policy = news(obeying(every_labels=1), "concept")

    assert labels(policy, 2) == ["drift", "labels"]


# -- waiting ----------------------------------------------------------------------------------------------------------


def test_a_cool_down_begins_with_a_challenger_and_lasts_so_many_labels():
    policy = obeying(cooldown_labels=3)
    assert labels(news(policy, "concept"), 1) == ["drift"]  # the first has nothing to wait for

    news(policy, "concept", UPDATED)

    assert policy.status().cooldown_left == 3
    assert labels(policy, 4) == [None, None, "drift", None]


def test_a_count_that_comes_due_while_cooling_fires_afterwards():
    policy = obeying(every_labels=2, cooldown_labels=3)
    policy.started(Trigger.DRIFT)

    assert labels(policy, 6) == [None, None, "labels", None, None, "labels"]


def test_a_budget_holds_over_any_so_many_labels():
    policy = obeying(every_labels=1, max_retrains="2 per 5 labels")

    assert labels(policy, 11) == ["labels", "labels", None, None, None, "labels", "labels", None, None, None, "labels"]


def test_what_is_left_of_a_budget_is_said_with_the_labels_until_there_is_one():
    policy = obeying(max_retrains="2 per 10 labels")
    left = [(policy.status().retrains_left, policy.status().labels_until_retrain)]
    for _ in range(2):
        policy.started(Trigger.DRIFT)
        labels(policy, 1)
        left.append((policy.status().retrains_left, policy.status().labels_until_retrain))

    assert left == [(2, 0), (1, 0), (0, 8)]
    assert obeying().status().retrains_left is None


def test_a_budget_that_is_declared_later_counts_those_that_started_before():
    policy = obeying(every_labels=1)
    labels(policy, 5)

    policy.adopt(Retraining(every_labels=1, max_retrains="3 per 5 labels"))

    assert labels(policy, 4) == [None, None, "labels", "labels"]


def test_a_reason_that_nobody_could_start_from_is_gone_and_costs_nothing():
    policy = obeying(every_labels=2, cooldown_labels=50, max_retrains="1 per 1000 labels")
    labels(policy, 1)
    assert policy.learned(BOARD) is Trigger.LABELS

    policy.passed_over(Trigger.LABELS)

    status = policy.status()
    assert (status.due, status.cooldown_left, status.retrains_left) == ([], 0, 1)
    assert labels(policy, 2) == [None, "labels"]


# -- holding ----------------------------------------------------------------------------------------------------------

HOLD = ["data_fault"]


def test_a_data_fault_holds_learning_only_where_that_is_asked_for():
    assert news(obeying(hold=HOLD), "data_fault").holds
    assert not news(obeying(), "data_fault").holds
    assert not news(obeying(hold=HOLD), "covariate").holds


def test_learning_is_held_until_the_last_fault_closes():
    policy = obeying(hold=HOLD)
    for subject in ("a", "b"):
        news(policy, "data_fault", subject=subject)
    for position in (41, 42):
        policy.held(position)

    held = policy.status().held
    assert held is not None
    assert (held.since, held.why, policy.status().held_labels) == (41, "data_fault: a, b", 2)
    assert news(policy, "data_fault", CLOSED, "a").holds
    assert not news(policy, "data_fault", CLOSED, "b").holds
    assert policy.status().held is None


def test_while_learning_is_held_nothing_starts_and_what_was_due_does_afterwards():
    policy = news(news(obeying(hold=HOLD), "concept"), "data_fault")
    assert policy.due() is None
    assert policy.status().due == ["drift: concept"]

    news(policy, "data_fault", CLOSED)

    assert labels(policy, 2) == ["drift", None]


def test_a_hold_that_is_taken_out_of_the_policy_ends():
    policy = news(obeying(hold=HOLD), "data_fault")

    policy.adopt(Retraining())
    assert not policy.holds
    policy.adopt(Retraining(hold=["data_fault"]))

    assert policy.holds


# -- a changed policy -------------------------------------------------------------------------------------------------


def test_other_kinds_begin_with_the_next_news():
    policy = news(obeying(cooldown_labels=1), "concept")
    policy.started(Trigger.LABELS)

    policy.adopt(Retraining.model_validate({"on": {"any": ["prior"]}}))
    assert labels(policy, 3) == [None] * 3

    assert labels(news(policy, "prior"), 1) == ["drift"]


def test_what_was_counted_counts_for_a_changed_policy():
    policy = obeying(every_labels=10)
    labels(policy, 5)

    policy.adopt(Retraining(every_labels=6))

    assert labels(policy, 2) == ["labels", None]
