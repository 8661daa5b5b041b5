"""What a changed gauge file costs. What may be accepted is obeyed: tests/streams/snapshots/test_saved.py."""

from __future__ import annotations

import doctest

import pytest

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
        ({"retraining": {"start": "recent"}}, "retraining.start", Cost.RESET),
        ({"drift": {"false_alarms": "1 per 500 events"}}, "drift.false_alarms", Cost.RESET),
        ({"evaluation": {"window_events": 50}}, "evaluation.window_events", Cost.RESET),
        ({"candidates": ["hoeffding_tree"]}, "candidates", Cost.RESET),
        ({"features": {"a": "number"}}, "features.b", Cost.RESET),
        ({"topics": {**BASE.topics.model_dump(), "input": "others"}}, "topics.input", Cost.RESET),
        ({"topics": {**BASE.topics.model_dump(), "alerts": "others"}}, "topics.alerts", Cost.NONE),
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


def test_the_dearest_change_decides():
    both = changed(retraining={"margin": 0.3}, features={"a": "number"}, server={"port": 1})

    assert dearest(changes(BASE, both)) is Cost.RESET
    assert changes(BASE, BASE) == []
    assert dearest([]) is Cost.NONE


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(change).failed == 0
