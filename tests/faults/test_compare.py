"""The verifier must fail when something is wrong: one record lost, doubled, changed, made up, out of order."""

from __future__ import annotations

import argparse
import json
from functools import cache
from types import SimpleNamespace

import pytest
from aiokafka.structs import TopicPartition
from river import metrics, naive_bayes

from faults import bare_river, events
from faults.compare import Differences, Seen, compare
from faults.verify import twin, verdict
from schemas.gauge import Gauge, parse

COUNT, FIRST = 1_100, 1_100
"""From here on the columns change their meaning after 675 rows: the watch on the error pauses for the first 256."""


def seen(id: str, value: bytes = b"{}") -> Seen:
    return Seen(id, None, value, (("ce_id", id.encode()),), 1_000)


ABC = [seen("a"), seen("b"), seen("c")]


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (ABC, {}),
        ([seen("a"), seen("c")], {"lost": 1}),
        ([*ABC, seen("b")], {"doubled": 1}),
        ([seen("a"), seen("b", b"[]"), seen("c")], {"differing": 1}),
        ([seen("a"), seen("b")._replace(timestamp=1_001), seen("c")], {"differing": 1}),
        ([seen("a"), seen("b")._replace(headers=()), seen("c")], {"differing": 1}),
        ([*ABC, seen("d")], {"foreign": 1}),
        ([seen("b"), seen("a"), seen("c")], {"disordered": 1}),
        ([], {"lost": 3}),
    ],
)
def test_each_difference_is_counted_as_what_it_is(found, wrong):
    differences = compare(ABC, found)

    numbers = {name: n for name, n in differences._asdict().items() if name not in ("expected", "found", "first")}
    assert {name: n for name, n in numbers.items() if n} == wrong
    assert differences.none == (not wrong)


def test_differences_of_partitions_add_up():
    both = compare(ABC, ABC[1:]).plus(compare(ABC, [*ABC, ABC[0]]))

    assert both == Differences(6, 6, lost=1, doubled=1, first=("lost a", "doubled a"))


# -- the whole verdict, over what a broker would give -----------------------------------------------------------------


@cache
def gauge(course: str = events.FULL) -> Gauge:
    settings = {"partitions": 1, "store": "directory", "snapshot_events": 100, "commit_interval_ms": 0}
    return parse(events.gauge_text(name="g", servers="nowhere:1", directory="unused", course=course, **settings))


def log(count: int = COUNT) -> list[SimpleNamespace]:
    source = events.events(FIRST)
    return [SimpleNamespace(offset=n, key=None, value=next(source), headers=(), timestamp=n) for n in range(count)]


@cache
def published(course: str = events.FULL, count: int = COUNT) -> dict[TopicPartition, list[SimpleNamespace]]:
    given = gauge(course)
    records = log(count)
    said = twin(given, 0, records)
    found = {TopicPartition(given.topics.input, 0): records}
    for topic in given.topics.outputs:
        found[TopicPartition(topic, 0)] = [
            SimpleNamespace(key=s.key, value=s.value, headers=s.headers, timestamp=s.timestamp)
            for s in said.get(topic, [])
        ]
    return found


def options(**wanted: object) -> argparse.Namespace:
    return argparse.Namespace(**{"river": False, "metric": None, "aborted": None, **wanted})


def test_a_twins_own_outputs_are_right_and_of_every_kind():
    given = gauge()

    said = verdict(given, published(), options())

    assert said["ok"]
    assert all(said[kind]["found"] for kind in ("predictions", "alerts", "versions", "reports", "dead_letters"))


@pytest.mark.parametrize("kind", ["predictions", "alerts", "versions", "reports", "dead_letters"])
def test_one_record_lost_doubled_or_changed_on_any_topic_spoils_the_verdict(kind):
    given = gauge()
    whole = published()
    place = TopicPartition(getattr(given.topics, kind), 0)
    records = whole[place]
    changed = SimpleNamespace(**{**vars(records[0]), "value": records[0].value + b" "})

    for wrong in (records[1:], [*records, records[-1]], [changed, *records[1:]]):
        assert not verdict(given, {**whole, place: wrong}, options())["ok"]


def test_nothing_at_all_is_not_all_right():
    given = gauge()

    assert not verdict(given, published(count=0), options())["ok"]


def test_an_output_that_names_an_aborted_record_is_found(tmp_path):
    given = gauge()
    whole = published(count=50)
    file = tmp_path / "aborted.json"

    file.write_text(json.dumps([[0, 7]]))
    assert verdict(given, whole, options(aborted=file))["of_aborted"] == 1

    file.write_text(json.dumps([[0, 50]]))
    assert verdict(given, whole, options(aborted=file))["ok"]


def test_river_alone_answers_as_the_incremental_champion_and_notices_a_change():
    given = gauge(events.INCREMENTAL)
    whole = published(events.INCREMENTAL, 600)
    model, accuracy = naive_bayes.GaussianNB(), metrics.Accuracy()
    for record in log(600):
        if record.value.startswith(b'{"'):
            x = json.loads(record.value)
            y = x.pop("species") - 1
            if (y_pred := model.predict_one(x)) is not None:
                accuracy.update(y, y_pred)
            model.learn_one(x, y)

    right = verdict(given, whole, options(river=True, metric=accuracy.get()))
    wrong_metric = verdict(given, whole, options(river=True, metric=accuracy.get() + 1e-9))
    predictions = whole[TopicPartition(given.topics.predictions, 0)]
    said, _ = bare_river.answers([(r.offset, r.value) for r in log(600)], "species", events.CLASSES)

    assert right["ok"], right
    assert not wrong_metric["ok"]
    assert bare_river.differing(said, [r.value for r in predictions]) == 0
    assert bare_river.differing(said, [r.value for r in predictions[1:]]) == 1
