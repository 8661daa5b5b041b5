"""Late errors in the order of their events: against sorted lists, and on exports sorted by class."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.answer import Answer
from models.asked import Asked, Lineup
from models.counts import Counts
from models.drift.episodes import Episodes
from models.drift.error_monitor import ErrorMonitor
from models.drift.event_order import HELD_LABELS, PATIENCE_EVENTS, EventOrder, Late
from models.learner import Learner
from models.names import Names
from models.turn import Turn
from schemas.events import Input
from schemas.records import DriftAlert, Effect
from tests import builders


def watched(order: EventOrder, arriving: Iterable[int], waiting: set[int]) -> list[int]:
    """What is watched, by position, as the labels of ``arriving`` come for events that all wait."""
    found, oldest, last = [], min(waiting), max(waiting)
    for position in arriving:
        waiting.discard(position)
        while oldest not in waiting and oldest <= last:
            oldest += 1
        order.take(Late(position, 0.0, None))
        found += [late.position for late in order.ready(oldest if waiting else None)]
    return found


def test_labels_in_the_order_of_their_events_are_never_held():
    order = EventOrder()

    found = [watched(order, [n], set(range(n, 100))) for n in range(100)]

    assert found == [[n] for n in range(100)]


def test_a_batch_is_watched_in_the_order_of_its_events_whatever_it_is_sorted_by():
    shuffled = random.Random(1).sample(range(2_000), 2_000)

    assert watched(EventOrder(), shuffled, set(range(2_000))) == [*range(2_000)]


def test_a_label_that_never_comes_holds_the_others_for_some_events_only():
    order = EventOrder()
    order.take(Late(1, 0.0, None))

    for _ in range(PATIENCE_EVENTS - 1):
        order.asked()
    assert list(order.ready(0)) == []
    order.asked()

    assert [late.position for late in order.ready(0)] == [1]


def test_a_long_batch_is_thinned_by_position_and_bounded():
    order, waiting, count = EventOrder(), set(range(30_000)), 30_000

    found = watched(order, [*range(1, count, 2), *range(0, count, 2)], waiting)

    assert found == sorted(found)
    assert len(found) <= 2 * HELD_LABELS  # of 15,000 that wait every fourth is left, and of the others too
    assert 0.4 < sum(position % 2 for position in found) / len(found) < 0.6
    assert len(found) > HELD_LABELS / 4
    assert len(order) == 0


def alerts_of(days: int, of_class: dict[bool, float], order: str, *, as_they_come: bool = False) -> int:
    """Alarms of a model that is wrong at one rate per class, whose labels come each night, 2,000 at once."""
    gauge = builders.gauge()
    monitor, rng, found, clock = ErrorMonitor(gauge, Episodes(gauge, Names(0, 0), Counts())), random.Random(2), 0, 0
    if as_they_come:
        monitor._order = None
    for _ in range(days):
        day = []
        for _ in range(2_000):
            y = rng.random() < 0.3
            answer = Answer(y is not (rng.random() < of_class[y]), None)
            asked = Asked(clock, {}, {"0-1": answer}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id=str(clock))
            monitor.event(asked, Turn(clock, None))
            day.append((asked, y))
            clock += 1
        if order == "sorted":
            day.sort(key=lambda one: one[1])
        waiting = sorted(asked.position for asked, _ in day)
        came = set()
        for asked, y in day:
            came.add(asked.position)
            while waiting and waiting[0] in came:
                waiting.pop(0)
            turn = Turn(clock, None)
            turn.waits_since = waiting[0] if waiting else None
            monitor.label(asked, y, "0-1", turn)
            found += sum(isinstance(effect, DriftAlert) for effect in turn.effects)
            clock += 1
    return found


@pytest.mark.parametrize("order", ["sorted", "by event"])
def test_a_nightly_export_sorted_by_class_is_no_drift(order):
    # Wrong in 2 % of one class and 40 % of the other: sorted, that would be a rise each night.
    assert alerts_of(10, {False: 0.02, True: 0.4}, order) == 0


def test_without_the_order_of_events_that_export_alarms():
    assert alerts_of(10, {False: 0.02, True: 0.4}, "sorted", as_they_come=True) >= 3
    assert alerts_of(10, {False: 0.02, True: 0.4}, "by event", as_they_come=True) == 0


SWIFT = """
[drift]
detectors = [{ use = "drift.binary.DDM", warm_start = 5, warning_threshold = 0.5, drift_threshold = 1.0 }]
[drift.columns]
enabled = false
[label]
horizon_events = 40
[retraining]
standing = false
warm_up_labels = 5
patience_labels = 30
error_rate = 0.5
"""


def batches(rng: random.Random, sizes: list[int], missing: float) -> Iterator[bytes]:
    """Events, then most of their labels at once and in any order, again and again; what is right turns over."""
    number = 0
    for turned, size in enumerate(sizes):
        night = []
        for _ in range(size):
            a = rng.random()
            night.append((number, "bad" if (a > 0.5) is (turned % 3 > 0) else "good"))
            yield builders.record(number, a=a)
            number += 1
        rng.shuffle(night)
        for id, y in night:
            if rng.random() >= missing:
                yield builders.label(id, y)


@settings(max_examples=10)
@given(
    sizes=st.lists(st.integers(5, 30), min_size=2, max_size=4),
    missing=st.sampled_from([0.0, 0.1]),
    rng=st.randoms(use_true_random=False),
    share=st.floats(0, 1, exclude_max=True),
)
def test_restored_while_labels_are_held_it_goes_on_as_if_never_stopped(sizes, missing, rng, share):
    stops, never_stopped, _ = stopped_where_held(sizes, missing, rng)

    for cut, pickled, rest in stops[int(share * len(stops)) :][:1]:
        assert builders.fold(pickle.loads(pickled), rest) == never_stopped[cut:]


def test_so_it_does_at_every_cut_with_alarms_still_to_come():
    stops, never_stopped, held = stopped_where_held([30] * 3, 0.1, random.Random(3))

    assert max(held) > 10
    assert len(stops) > 50
    with_alarms = 0
    for cut, pickled, rest in stops:
        after = builders.fold(pickle.loads(pickled), rest)
        with_alarms += bool(builders.alerts(builders.flat(after)))
        assert after == never_stopped[cut:], cut
    assert with_alarms > 50


def stopped_where_held(
    sizes: list[int], missing: float, rng: random.Random
) -> tuple[list[tuple[int, bytes, list[Input]]], list[list[Effect]], list[int]]:
    """Of a learner: cut, state and what is to come wherever it holds errors; all effects; how many errors it held."""
    gauge = builders.gauge(SWIFT)
    inputs = builders.decoded(gauge, batches(rng, sizes, missing))
    learner, stops, effects, held = Learner(gauge), [], [], []
    [order] = (m._order for m in learner.monitors.by_name.values() if isinstance(m, ErrorMonitor))
    for n, one in enumerate(inputs, start=1):
        effects.append(learner.handle(one, n - 1))
        held.append(len(order))
        if order:
            stops.append((n, pickle.dumps(learner, protocol=5), inputs[n:]))
    return stops, effects, held
