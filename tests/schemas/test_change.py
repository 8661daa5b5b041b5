"""What a changed gauge file costs. What may be accepted is obeyed: tests/streams/snapshots/test_saved.py."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import change
from schemas.change import Cost, changes, dearest
from schemas.gauge import Gauge
from tests import builders

BASE = builders.gauge()


def changed(**over: object) -> Gauge:
    return Gauge.model_validate({**BASE.model_dump(), **over})


@pytest.mark.parametrize(
    ("over", "where", "cost"),
    [
        ({"connection": {"bootstrap_servers": "kafka:9092"}}, "connection.bootstrap_servers", Cost.NONE),
        ({"server": {"port": 1}}, "server.port", Cost.NONE),
        ({"snapshots": {"keep": 9}}, "snapshots.keep", Cost.NONE),
        ({"delivery": "at-least-once"}, "delivery", Cost.NONE),
        ({"commit_interval_ms": 50.0}, "commit_interval_ms", Cost.NONE),
        ({"retraining": {"margin": 0.3}}, "retraining.margin", Cost.ACCEPT),
        ({"retraining": {"every_labels": 500}}, "retraining.every_labels", Cost.ACCEPT),
        ({"retraining": {"start": "recent"}}, "retraining.start", Cost.ACCEPT),
        ({"drift": {"false_alarms": "1 per 500 events"}}, "drift.false_alarms", Cost.ACCEPT),
        ({"evaluation": {"window_events": 50}}, "evaluation.window_events", Cost.RESET),
        ({"candidates": ["hoeffding_tree"]}, "candidates.naive_bayes", Cost.RESET),
        ({"features": {"a": "number"}}, "features.b", Cost.RESET),
        ({"topics": {**BASE.topics.model_dump(), "input": "others"}}, "topics.input", Cost.RESET),
        ({"topics": {**BASE.topics.model_dump(), "alerts": "others"}}, "topics.alerts", Cost.NONE),
        ({"topics": {**BASE.topics.model_dump(), "partitions": 2}}, "topics.partitions", Cost.RESET),
        ({"label": {**BASE.label.model_dump(), "delay_s": 5.0}}, "label.delay_s", Cost.NONE),
        ({"label": {**BASE.label.model_dump(), "positive": True}}, "label.positive", Cost.RESET),
        ({"retraining": {"on_metric": {"below": 0.5}}}, "retraining.on_metric", Cost.ACCEPT),
        ({"record": {**BASE.record.model_dump(), "max_bytes": 500}}, "record.max_bytes", Cost.ACCEPT),
        ({"record": {**BASE.record.model_dump(), "missing": ["?"]}}, "record.missing", Cost.RESET),
        ({"name": "other"}, "name", Cost.RESET),
    ],
)
def test_each_place_has_its_cost(over, where, cost):
    found = changes(BASE, changed(**over))

    assert (found[0].where, found[0].cost) == (where, cost)
    assert dearest(found) is cost


@pytest.mark.parametrize("cost", [Cost.NONE, Cost.ACCEPT, Cost.RESET])
def test_what_costs_nothing_is_what_the_digest_leaves_out(cost):
    over = {
        Cost.NONE: {"server": {"port": 1}, "snapshots": {"keep": 9}},
        Cost.ACCEPT: {"retraining": {"margin": 0.3}},
        Cost.RESET: {"evaluation": {"holdout": 0.5}},
    }[cost]

    assert (changed(**over).digest == BASE.digest) is (cost is Cost.NONE)


def test_a_change_inside_a_table_is_told_by_its_key():
    then = changed(retraining={"on_metric": {"below": 0.5}}, features={"a": {"type": "number", "minimum": 0}})
    now = changed(retraining={"on_metric": {"below": 0.6}}, features={"a": {"type": "number", "minimum": 1}})

    assert [change[:3] for change in changes(then, now)] == [
        ("features.a.minimum", 0.0, 1.0),
        ("retraining.on_metric.below", 0.5, 0.6),
    ]


def test_a_candidate_is_told_by_its_name():
    then = changed(candidates=["naive_bayes", {"recipe": "knn", "params": {"window": 5}}, "amf"])
    now = changed(candidates=["naive_bayes", {"recipe": "knn", "params": {"window": 9}}, "majority"])

    assert [change[:3] for change in changes(then, now)] == [
        ("candidates.knn.params", {"window": 5}, {"window": 9}),
        ("candidates.amf", {"name": "amf", "recipe": "amf"}, None),
        ("candidates.majority", None, {"name": "majority", "recipe": "majority"}),
    ]


@pytest.mark.parametrize(
    ("over", "where", "means"),
    [
        ({"candidates": ["knn", "naive_bayes"]}, "candidates.knn", "accept: the new candidate enters on trial"),
        ({"evaluation": {"also": ["MCC"]}}, "evaluation.also", "accept: the new metric counts from there"),
        (
            {"evaluation": {"also": [{"use": "FBeta", "beta": 2}]}},
            "evaluation.also",
            "accept: the new metric counts from there",
        ),
    ],
)
def test_what_is_only_added_is_accepted_and_what_is_taken_away_is_not(over, where, means):
    [more] = changes(BASE, changed(**over))
    [less] = changes(changed(**over), BASE)

    assert (more.where, more.cost, less.where, less.cost) == (where, Cost.ACCEPT, where, Cost.RESET)
    assert more.means.endswith(means)


@pytest.mark.parametrize("key", ["features", "candidates"])
def test_another_order_is_a_change(key):
    over = {"features": {"a": "number", "b": "number"}, "candidates": ["naive_bayes", "amf"]}[key]
    turned = list(reversed(over)) if isinstance(over, list) else dict(reversed(over.items()))

    [change] = changes(changed(**{key: over}), changed(**{key: turned}))

    names = ["naive_bayes", "amf"] if key == "candidates" else ["a", "b"]
    assert change[:4] == (f"{key} (order)", names, names[::-1], Cost.RESET)


def test_more_partitions_ask_for_a_new_topic():
    [change] = changes(BASE, changed(topics={**BASE.topics.model_dump(), "partitions": 2}))

    assert (change.where, change.then, change.now) == ("topics.partitions", 1, 2)
    assert "a new input topic is needed" in change.means


DELTAS = st.sampled_from([0.01, 1, True])

OVERS = st.fixed_dictionaries(
    {},
    optional={
        "server": st.builds(dict, port=st.integers(1, 3)),
        "commit_interval_ms": st.sampled_from([0.0, 5.0]),
        "evaluation": st.builds(dict, also=st.lists(st.sampled_from(["F1", "MCC", "ROCAUC"]), unique=True)),
        "drift": st.builds(dict, detectors=st.lists(st.builds(dict, use=st.just("drift.ADWIN"), delta=DELTAS))),
        "candidates": st.lists(st.sampled_from(["amf", "naive_bayes", "knn"]), unique=True, min_size=1),
        "features": st.permutations(["a", "b", "c"]).map(lambda names: dict.fromkeys(names[:2], "number")),
        "label": st.sampled_from(
            [{"delay_s": 5.0}, {"positive": 1, "negative": 0}, {"positive": True, "negative": 0}]
        ).map(lambda more: {**BASE.label.model_dump(), **more}),
        "retraining": st.builds(dict, on_metric=st.sampled_from([None, {"below": 0.5}, {"above": 0.5}])),
    },
)


@settings(max_examples=200)
@given(OVERS, OVERS)
def test_two_gauges_have_one_digest_where_nothing_that_costs_has_changed(one, other):
    then, now = changed(**one), changed(**other)

    found = changes(then, now)

    assert (dearest(found) is Cost.NONE) == (then.digest == now.digest)
    assert sorted(change.where for change in changes(now, then)) == sorted(change.where for change in found)


def test_the_dearest_change_decides():
    both = changed(retraining={"margin": 0.3}, features={"a": "number"}, server={"port": 1})

    assert dearest(changes(BASE, both)) is Cost.RESET
    assert changes(BASE, BASE) == []
    assert dearest([]) is Cost.NONE


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(change).failed == 0
