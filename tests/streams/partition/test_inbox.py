"""The chunks that wait: in order, bounded by room, and how patient those at hand are."""

from __future__ import annotations

import asyncio

import pytest

from streams.partition.inbox import Inbox
from streams.partition.pace import Pace
from tests.streams.folding import chunk
from tests.streams.stage import some_turns

PACE = Pace(waiting_chunks=2, longest_patience_s=6.0)


def test_there_is_room_from_the_opening_until_enough_chunks_wait():
    inbox = Inbox(PACE, lambda: 0.0)
    seen = [inbox.has_room]
    inbox.open()
    for offset in range(2):
        seen.append(inbox.has_room)
        inbox.put(chunk(offset))
    seen.append(inbox.has_room)
    inbox.take()
    seen.append(inbox.has_room)

    assert seen == [False, True, True, False, True]


def test_the_oldest_comes_first():
    inbox = Inbox(PACE, lambda: 0.0)
    inbox.put(chunk(1))
    inbox.put(chunk(2))

    assert [inbox.take().start, inbox.take().start, bool(inbox)] == [1, 2, False]


def test_what_is_forgotten_never_comes_and_leaves_no_room():
    inbox = Inbox(PACE, lambda: 0.0)
    inbox.open()
    inbox.put(chunk(1))

    inbox.forget()

    assert not inbox
    assert not inbox.has_room


async def test_who_waits_for_room_waits_until_there_is_some():
    inbox = Inbox(PACE, lambda: 0.0)
    waiting = asyncio.create_task(inbox.room())
    await some_turns()
    assert not waiting.done()

    inbox.open()

    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize(("waited_s", "patience_s"), [(0.0, 0.0), (4.0, 2.0), (12.0, 6.0), (13.0, 6.0)])
def test_patience_is_a_share_of_the_wait_of_what_is_at_hand_up_to_a_limit(waited_s: float, patience_s: float):
    now = [100.0]
    inbox = Inbox(PACE, lambda: now[0])
    inbox.put(chunk(1))
    now[0] += waited_s
    assert inbox.patience_s(0.5) == 0.0  # it waits, and is not at hand

    inbox.take()
    assert inbox.patience_s(0.5) == patience_s

    inbox.done()
    assert inbox.patience_s(0.5) == 0.0
