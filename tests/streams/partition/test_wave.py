"""One reading for those who ask together; what was there when somebody asked is in what that one gets."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streams.here.failures import DoubtError, StateRefusedError
from streams.orders.orders import Skip
from streams.partition.engine_log import EngineLog
from streams.partition.wave import Wave
from tests import builders
from tests.streams.stage import some_turns, until


class Topic:
    """Is read as it stands when a reading begins; a reading ends when it is let go."""

    def __init__(self) -> None:
        self.written: list[Any] = []
        self.begun = 0
        self.broken_off = 0
        self.permits = asyncio.Semaphore(0)
        self.faults: list[Exception] = []

    async def read(self) -> list[Any]:
        self.begun += 1
        found = list(self.written)
        try:
            await self.permits.acquire()
        except asyncio.CancelledError:
            self.broken_off += 1
            raise
        if self.faults:
            raise self.faults.pop(0)
        return found

    def let_go(self, times: int = 1) -> None:
        for _ in range(times):
            self.permits.release()


async def test_all_who_ask_before_it_begins_share_a_reading():
    topic = Topic()
    wave = Wave(topic.read)
    topic.let_go(9)

    assert await asyncio.gather(*(wave.read() for _ in range(8))) == [[]] * 8

    assert topic.begun == 1


async def test_who_asks_while_one_is_under_way_sees_what_was_written_before_they_asked():
    topic = Topic()
    wave = Wave(topic.read)
    early = asyncio.create_task(wave.read())
    await until(lambda: topic.begun == 1)
    topic.written.append("an order")

    late = [asyncio.create_task(wave.read()) for _ in range(7)]
    await some_turns()
    topic.let_go(9)

    assert await asyncio.gather(*late) == [["an order"]] * 7
    assert await early == []
    assert topic.begun == 2


async def test_whatever_the_moment_nobody_misses_what_was_written_before_they_asked():
    topic = Topic()
    wave = Wave(topic.read)
    seen: list[tuple[int, int]] = []

    async def ask() -> None:
        before = len(topic.written)
        seen.append((before, len(await wave.read())))

    asking = []
    for n in range(60):
        topic.written.append(n)
        asking.append(asyncio.create_task(ask()))
        for _ in range(n % 4):
            await asyncio.sleep(0)
        if n % 3 == 0:
            topic.let_go()
    topic.let_go(99)
    await asyncio.gather(*asking)

    assert all(before <= found for before, found in seen)
    assert topic.begun < 40


async def test_what_a_reading_meets_is_raised_to_all_who_waited_for_it_and_to_nobody_else():
    topic = Topic()
    wave = Wave(topic.read)
    topic.faults = [DoubtError("away")]
    first = [asyncio.create_task(wave.read()) for _ in range(2)]
    await until(lambda: topic.begun == 1)
    second = asyncio.create_task(wave.read())
    topic.let_go(2)

    for one in first:
        with pytest.raises(DoubtError):
            await one
    assert await second == []


async def test_a_reading_goes_on_while_one_still_waits_and_is_broken_off_when_none_does():
    topic = Topic()
    wave = Wave(topic.read)
    one, other = [asyncio.create_task(wave.read()) for _ in range(2)]
    await until(lambda: topic.begun == 1)

    one.cancel()
    await some_turns()
    assert topic.broken_off == 0

    other.cancel()
    await asyncio.wait({one, other})
    assert topic.broken_off == 1

    topic.let_go()
    assert await wave.read() == []


async def test_who_gives_up_before_it_begins_takes_it_along_and_the_next_gets_one_of_its_own():
    topic = Topic()
    wave = Wave(topic.read)
    under_way = asyncio.create_task(wave.read())
    await until(lambda: topic.begun == 1)
    waiting = asyncio.create_task(wave.read())
    await some_turns()
    waiting.cancel()
    await some_turns()
    later = asyncio.create_task(wave.read())
    await some_turns()
    assert topic.begun == 1

    topic.let_go(2)

    assert await asyncio.gather(under_way, later) == [[], []]
    assert topic.begun == 2


async def test_eight_partitions_that_are_restored_together_read_the_control_topic_twice():
    topic = Topic()
    topic.written = [Skip(epoch=0, partition=partition, offset=100 + partition) for partition in range(8)]
    wave = Wave(topic.read)
    engine: Any = SimpleNamespace()
    control: Any = SimpleNamespace()
    logs = [EngineLog(engine, builders.gauge(), partition, control, wave, "a1") for partition in range(8)]
    # The first has its fence, and reads; the others get theirs meanwhile.
    asking = [asyncio.create_task(logs[0].orders())]
    await until(lambda: topic.begun == 1)
    asking += [asyncio.create_task(log.orders()) for log in logs[1:]]
    await some_turns()
    topic.let_go(9)

    orders = await asyncio.gather(*asking)

    assert [one.skips for one in orders] == [frozenset({100 + partition}) for partition in range(8)]
    assert topic.begun == 2


async def test_an_order_that_cannot_be_read_refuses_every_partition():
    topic = Topic()
    topic.faults = [StateRefusedError("an order that this version cannot read")]
    wave = Wave(topic.read)
    topic.let_go(9)

    refused = await asyncio.gather(*(wave.read() for _ in range(3)), return_exceptions=True)

    assert [type(one) for one in refused] == [StateRefusedError] * 3
