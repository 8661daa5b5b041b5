"""Late errors in the order of their events: against sorted lists, and on exports sorted by class."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from models.answer import Answer
from models.asked import Asked, Lineup
from models.counts import Counts
from models.drift.episodes import Episodes
from models.drift.error_monitor import ErrorMonitor
from models.drift.event_order import HELD_LABELS, PATIENCE_EVENTS, EventOrder, Late
from models.names import Names
from models.turn import Turn
from schemas.records import DriftAlert
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


def alerts_of(days: int, of_class: dict[bool, float], order: str) -> int:
    """Alarms of a model that is wrong at one rate per class, whose labels come each night, 2,000 at once."""
    gauge = builders.gauge()
    monitor, rng, found, clock = ErrorMonitor(gauge, Episodes(gauge, Names(0, 0), Counts())), random.Random(2), 0, 0
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
