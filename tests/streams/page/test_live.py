"""How often a live page is made, and what of it is sent again.

Oracles: a clock and a stopwatch that the test turns, and the number of times that the learner was asked.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from models.learner import Learner
from streams.page.live import MOST, Folded, LivePage, Stand
from streams.view.view import View
from tests import builders
from tests.streams.view.test_view import GAUGE

STATUS = Learner(builders.gauge(GAUGE)).status()


class Process:
    """One that folds partitions, each of whose statuses takes so long to make."""

    def __init__(self, partitions: int = 1, cost_s: float = 0.0) -> None:
        self.now_s = 1_000.0
        self.worked_s = 0.0
        self.asked: list[int] = []
        self.stands = Stand(STATUS, newest_ms=900_000)
        self._cost_s = cost_s
        folded = Folded(lambda: range(partitions), tuple, self._stand)
        self.page = LivePage(
            builders.gauge(GAUGE), _nothing, folded=folded, clock=lambda: self.now_s, spent=lambda: self.worked_s
        )

    def _stand(self, partition: int) -> Stand:
        self.asked.append(partition)
        self.worked_s += self._cost_s
        return self.stands


async def _nothing() -> View:
    return View()


def test_however_many_look_the_learner_is_asked_once_in_a_tick():
    process = Process()

    for _ in range(5):
        process.page.shown(0)
    process.now_s += 1
    process.page.shown(0)

    assert process.asked == [0, 0]


@pytest.mark.parametrize(("partitions", "cost_s"), [(1, 0.01), (1, 0.2), (16, 0.01)])
def test_pages_take_no_more_than_their_share_of_the_time(partitions, cost_s):
    process = Process(partitions, cost_s)

    for _ in range(200):
        for partition in range(partitions):
            process.page.shown(partition)
        process.now_s += 1

    # What is asked for the first time is always answered.
    assert process.worked_s <= 200 * MOST + 2 * partitions * cost_s
    # And none waits for the others for ever.
    assert min(Counter(process.asked).values()) >= max(Counter(process.asked).values()) - 1 > 1


def test_what_has_not_changed_is_not_sent_again():
    process = Process()
    first = process.page.shown(0)
    process.now_s += 1

    second = process.page.shown(0)

    assert len(json.loads(first.but({}, 7))["tiles"]) == len(first.tiles)
    assert json.loads(second.but(first.tiles, 7)) == {"now": 7, "alerts": {}, "tiles": []}
