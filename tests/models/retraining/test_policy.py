"""When a challenger should start: policies, crossings and cool-downs, counted in labels."""

from __future__ import annotations

import pytest

from models.retraining.policy import Policy, Trigger
from schemas.gauge import Retraining


def triggers(**policy: object) -> Policy:
    return Policy(Retraining.model_validate(policy), metric="Accuracy", window_events=1_000)


def obeyed(policy: Policy, trigger: Trigger | None) -> Trigger | None:
    """The trigger, after a challenger has started from it."""
    if trigger is not None:
        policy.started(trigger)
    return trigger


def test_every_n_labels():
    each = triggers(every_labels=3)

    assert [obeyed(each, each.count_label()) for _ in range(7)] == [None, None, "labels", None, None, "labels", None]


def test_a_schedule_is_due_until_a_challenger_has_started_from_it():
    each = triggers(every_labels=3)
    assert [each.count_label() for _ in range(5)] == [None, None, "labels", "labels", "labels"]

    each.started(Trigger.DRIFT)
    assert each.count_label() is Trigger.LABELS
    each.started(Trigger.LABELS)

    assert [each.count_label() for _ in range(3)] == [None, None, "labels"]


def test_a_metric_is_due_until_a_challenger_has_started_from_it():
    watched = triggers(on_metric={"below": 0.8})
    assert [watched.measured(0.5) for _ in range(2)] == [Trigger.METRIC] * 2

    watched.started(Trigger.DRIFT)
    assert watched.measured(0.5) is Trigger.METRIC
    assert watched.measured(0.9) is None
    assert watched.measured(0.5) is Trigger.METRIC
    watched.started(Trigger.METRIC)

    assert [watched.measured(value) for value in (0.5, 0.5, 0.9, 0.5)] == [None, None, None, Trigger.METRIC]


def test_by_default_labels_and_metrics_start_nothing():
    default = triggers()

    assert {default.count_label() for _ in range(100)} == {None}
    assert default.measured(0.0) is None


def test_drift_starts_one_unless_the_policy_says_otherwise():
    assert triggers().drifted() is Trigger.DRIFT
    assert triggers(on_drift=False).drifted() is None


@pytest.mark.parametrize(
    ("rule", "values", "fires"),
    [
        ({"below": 0.8}, [0.9, 0.8, 0.79, 0.5, 0.79, 0.8, 0.79], [2, 6]),
        ({"above": 2.0}, [1.0, 2.0, 2.1, 9.0, 2.0, 2.1], [2, 5]),
        ({"above": 0.0}, [0.0, 0.1, -1.0, 0.1], [1, 3]),
        ({"below": 0.0}, [0.0, -0.1], [1]),
        ({"below": 0.8}, [0.1, None, 0.1, 0.9, None, 0.1], [0, 5]),
    ],
)
def test_a_metric_fires_when_it_crosses_and_not_while_it_stays(rule, values, fires):
    watched = triggers(on_metric=rule)

    assert [n for n, value in enumerate(values) if obeyed(watched, watched.measured(value))] == fires


def test_a_cool_down_begins_with_a_challenger_and_lasts_so_many_labels():
    cooling = triggers(cooldown_labels=2)
    assert cooling.drifted() is Trigger.DRIFT  # the first has nothing to wait for

    cooling.started(Trigger.DRIFT)

    assert cooling.drifted() is None
    cooling.count_label()
    assert cooling.drifted() is None
    cooling.count_label()
    assert cooling.drifted() is Trigger.DRIFT


def test_a_schedule_that_comes_due_while_cooling_fires_afterwards():
    both = triggers(every_labels=2, cooldown_labels=3)
    both.started(Trigger.DRIFT)

    assert [obeyed(both, both.count_label()) for _ in range(6)] == [None, None, "labels", None, None, "labels"]


def test_a_metric_that_crosses_while_cooling_fires_afterwards_unless_it_has_come_back():
    cooling = triggers(on_metric={"below": 0.8}, cooldown_labels=1)
    cooling.started(Trigger.DRIFT)
    assert cooling.measured(0.5) is None
    cooling.count_label()
    assert [obeyed(cooling, cooling.measured(value)) for value in (0.5, 0.5)] == [Trigger.METRIC, None]

    assert [cooling.measured(value) for value in (0.9, 0.5, 0.9)] == [None, None, None]
    cooling.count_label()
    assert cooling.measured(0.9) is None


def test_a_new_threshold_has_not_been_crossed_yet():
    policy = triggers(on_metric={"below": 0.5})
    assert obeyed(policy, policy.measured(0.4)) is Trigger.METRIC
    assert policy.measured(0.4) is None

    policy.adopt(Retraining(on_metric={"below": 0.6}))

    assert policy.measured(0.55) is Trigger.METRIC
