"""How long events and labels wait for each other, against the closed form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.labels import waiting
from models.labels.waiting import EarlyLabel, WaitingRoom
from models.learner import Learner
from schemas.events import LabelReceived, Reason
from schemas.gauge import Gauge
from tests import builders

WAITING = """
[label]
horizon_events = {events}
early_horizon_events = {labels}
[evaluation]
holdout = 0
"""


def gauge(events: int = 3, labels: int = 3):
    return builders.gauge(WAITING.format(events=events, labels=labels))


def event(id: object) -> bytes:
    return builders.record(id, a=1.0)


def others(count: int) -> list[bytes]:
    return [builders.record(f"other {n}", a=1.0, y="good") for n in range(count)]


@pytest.mark.parametrize("horizon", [1, 2, 5])
@pytest.mark.parametrize("between", [0, 1, 2, 4, 5, 6])
def test_an_event_waits_for_so_many_further_records(horizon, between):
    # The label is further record number `between + 1`: in time up to the horizon, the last one included.
    learner, effects = builders.run(gauge(horizon, 10), [event("e"), *others(between), builders.label("e", "bad")])

    in_time = between + 1 <= horizon
    assert learner.counts.labels == between + in_time
    assert learner.labels.expired == (not in_time)
    assert learner.status().waiting.early == (not in_time)
    assert builders.dead_letters(effects) == []


@pytest.mark.parametrize("horizon", [1, 2, 5])
@pytest.mark.parametrize("between", [0, 1, 2, 4, 5, 6])
def test_an_early_label_waits_for_so_many_further_records(horizon, between):
    label = builders.label("e", "bad")
    learner, effects = builders.run(gauge(10, horizon), [label, *others(between), event("e")])

    in_time = between + 1 <= horizon
    letters = [(letter.reason, letter.source, letter.position, letter.raw) for letter in builders.dead_letters(effects)]
    assert letters == ([] if in_time else [(Reason.ORPHAN_LABEL, 0, horizon, label)])
    assert learner.counts.labels == between + in_time
    assert learner.status().waiting.pending == (not in_time)


def test_an_early_label_is_taken_by_its_event_at_once_and_after_the_prediction():
    learner, effects = builders.run(gauge(), [builders.label("e", "bad"), event("e")])

    assert [prediction.y_pred for prediction in builders.predictions(effects)] == [None]
    expected = {"labels": 1, "pending": 0, "early": 0, "events": 1}
    assert builders.counted(learner) | expected == builders.counted(learner)


def test_a_second_event_with_a_waiting_id_is_refused_and_changes_nothing_else():
    learner, effects = builders.run(gauge(), [event("e"), event("e"), builders.record("e", a=2.0, y="bad")])

    assert [(letter.reason, letter.source) for letter in builders.dead_letters(effects)] == [
        (Reason.DUPLICATE_ID, 1),
        (Reason.DUPLICATE_ID, 2),
    ]
    assert "an event with id 'e' is still waiting" in builders.dead_letters(effects)[0].detail
    assert len(builders.predictions(effects)) == 1
    expected = {"events": 3, "predictions": 1, "labels": 0, "pending": 1}
    assert builders.counted(learner) | expected == builders.counted(learner)


def test_an_id_may_come_again_once_its_event_has_its_label_or_has_expired():
    labelled = [event("e"), builders.label("e", "bad"), event("e")]
    expired = [event("f"), *others(3), event("f")]

    for values in (labelled, expired):
        assert builders.dead_letters(builders.run(gauge(), values)[1]) == []


def test_a_second_label_for_a_waiting_label_is_refused():
    learner, effects = builders.run(gauge(), [builders.label("e", "bad"), builders.label("e", "good"), event("e")])

    [letter] = builders.dead_letters(effects)
    assert (letter.reason, letter.source) == (Reason.DUPLICATE_LABEL, 1)
    assert "a label for id 'e' is already waiting" in letter.detail
    assert learner.panel.champion.model.class_counts == {True: 1}  # the first one was learned


def test_a_second_label_for_a_labelled_event_becomes_an_orphan_that_says_so():
    _, effects = builders.run(
        gauge(), [event("e"), builders.label("e", "bad"), builders.label("e", "good"), *others(3)]
    )

    [letter] = builders.dead_letters(effects)
    assert (letter.reason, letter.source, letter.position) == (Reason.ORPHAN_LABEL, 2, 5)
    assert letter.detail.startswith("no event with id 'e' was waiting for a label, and none came within 3 records")


def padded(id: object, size: int) -> bytes:
    """A label whose record has so many bytes."""
    bare = builders.label(id, "bad")
    return bare + b" " * (size - len(bare))


def test_early_labels_have_so_many_bytes_together_and_the_oldest_makes_room(monkeypatch):
    monkeypatch.setattr(waiting, "EARLY_BYTES", 1_000)
    values = [
        padded("a", 400),
        padded("b", 500),
        padded("c", 100),
        padded("d", 450),
        event("b"),
        event("c"),
        event("a"),
    ]

    learner, effects = builders.run(gauge(10, 10), values)

    [first, second] = builders.dead_letters(effects)
    assert (first.reason, first.source, first.position, first.raw) == (Reason.ORPHAN_LABEL, 0, 3, values[0])
    assert (second.reason, second.source, second.position) == (Reason.ORPHAN_LABEL, 1, 3)
    assert "it was the oldest of more than 67,108,864 bytes of labels" in first.detail
    expected = {"labels": 1, "pending": 2, "early": 1, "early_bytes": 450}
    assert builders.counted(learner) | expected == builders.counted(learner)


def test_a_label_that_has_no_room_alone_is_an_orphan_at_once(monkeypatch):
    monkeypatch.setattr(waiting, "EARLY_BYTES", 1_000)

    learner, effects = builders.run(gauge(), [padded("a", 1_001), padded("b", 1_000)])

    assert [letter.source for letter in builders.dead_letters(effects)] == [0]
    assert learner.status().waiting.early_bytes == 1_000


def test_the_bytes_are_those_of_what_waits():
    room = waiting.EarlyLabels(5)
    early = {name: EarlyLabel(0, LabelReceived(name, None, b"key", True, b"x" * 10)) for name in "abc"}
    for clock, (name, item) in enumerate(early.items()):
        room.put(name, item, clock=clock)
    assert room.size == 39

    assert room.take("b") == early["b"]
    assert room.take("b") is None
    assert room.size == 26
    assert room.expire(5) == [early["a"]]
    assert room.size == 13
    assert room.crowded_out() == []


def test_a_thousand_large_early_labels_stay_within_the_bound():
    learner = Learner(gauge(10, 10_000))
    refused = 0
    for n in range(200):
        label = LabelReceived(str(n), None, None, True, bytes(950_000))
        refused += len(builders.dead_letters(learner.handle(label, n)))
        assert learner.status().waiting.early_bytes <= waiting.EARLY_BYTES

    assert refused + learner.status().waiting.early == 200
    assert learner.status().waiting.early == waiting.EARLY_BYTES // 950_000


def test_refused_records_shorten_no_wait():
    refused = [b"{", event("e"), None]
    learner, _ = builders.run(gauge(3), [event("e"), *others(2), *refused, builders.label("e", "bad")])

    assert learner.labels.expired == 0
    assert learner.counts.labels == 3


def test_without_an_id_an_event_is_named_by_its_position_and_waits_for_nothing():
    made = builders.gauge('[label]\narrival = "with_event"\nhorizon_events = 2').model_dump()
    made["record"]["id"] = None
    learner, effects = builders.run(Gauge.model_validate(made), [builders.record(a=1.0)] * 4)

    assert [prediction.id for prediction in builders.predictions(effects)] == ["0", "1", "2", "3"]
    assert (learner.labels.expired, learner.status().waiting.pending) == (0, 0)


def test_where_labels_come_with_events_an_id_that_comes_again_is_answered_again():
    twice = [builders.record("e", a=1.0), builders.record("e", a=2.0, y="bad")]
    learner, effects = builders.run(builders.gauge('[label]\narrival = "with_event"'), twice * 10)

    assert builders.dead_letters(effects) == []
    assert [prediction.position for prediction in builders.predictions(effects)] == [*range(20)]
    expected = {"events": 20, "predictions": 20, "labels": 10, "pending": 0, "early": 0, "expired": 0, "coverage": 0.5}
    assert builders.counted(learner) | expected == builders.counted(learner)


@settings(max_examples=100)
@given(horizon=st.integers(1, 5), arrivals=st.lists(st.sampled_from(["put", "take", "pass"]), max_size=40))
def test_the_room_is_as_its_closed_form_says_and_never_holds_more_than_its_horizon(horizon, arrivals):
    room: WaitingRoom[int] = WaitingRoom(horizon)
    waiting: dict[str, int] = {}
    for clock, action in enumerate(arrivals, start=1):
        oldest = next(iter(waiting), "none")
        if action == "put":
            room.put(str(clock), clock, clock=clock)
            waiting[str(clock)] = clock
        elif action == "take":
            assert room.take(oldest) == waiting.pop(oldest, None)
        expired = room.expire(clock)
        assert expired == [since for since in waiting.values() if clock - since >= horizon]
        waiting = {name: since for name, since in waiting.items() if clock - since < horizon}
        assert len(room) == len(waiting) <= horizon
        assert all(name in room for name in waiting)


def test_the_room_refuses_what_it_cannot_hold():
    room: WaitingRoom[str] = WaitingRoom(1)
    room.put("a", "first", clock=1)

    with pytest.raises(KeyError):
        room.put("a", "second", clock=1)
    assert room.take("a") == "first"
    with pytest.raises(ValueError, match="horizon must be at least 1 record, got 0"):
        WaitingRoom(0)
