"""A partition that stands still before records that can be read, and those that have good reasons to."""

from __future__ import annotations

import pytest

from streams.here.failures import DoubtError, MovedError, StalledError
from streams.partition.watchdog import Watchdog


class World:
    def __init__(self) -> None:
        self.now = 0.0
        self.positions = {0: 5, 1: 9}
        self.ends = {0: 5, 1: 9}
        self.fault: Exception | None = None
        self.dog = Watchdog(
            partitions=self.positions.keys,
            position=self.positions.__getitem__,
            end=self.end,
            patience_s=60,
            clock=lambda: self.now,
        )

    async def end(self, partition: int) -> int:
        if self.fault is not None:
            raise self.fault
        return self.ends[partition]

    async def look(self, at: float) -> None:
        self.now = at
        await self.dog.look()


async def test_a_partition_at_the_end_of_its_log_may_stand_still():
    world = World()

    for at in (0, 60, 120, 1_000):
        await world.look(at)


async def test_records_that_are_not_read_for_so_long_end_the_worker():
    world = World()
    await world.look(0)
    world.ends[1] = 10

    await world.look(59.9)
    await world.look(60)
    with pytest.raises(StalledError, match="partition 1 stands at 9 since 65 s, and the log can be read up to 10"):
        await world.look(65)


async def test_a_record_that_comes_to_a_quiet_partition_as_it_is_looked_at_is_no_stall():
    world = World()
    await world.look(0)
    world.ends[1] = 10
    await world.look(60)

    world.positions[1] = 10
    await world.look(65)
    world.ends[1] = 11
    await world.look(125)


async def test_a_slow_partition_is_no_stalled_one():
    world = World()
    world.ends[0] = 1_000

    for n in range(10):
        world.positions[0] += 1
        await world.look(n * 59)


async def test_a_partition_that_moved_while_the_broker_was_asked_is_not_stalled():
    world = World()
    await world.look(0)
    world.ends[0] = 8

    async def moving(partition: int) -> int:
        world.positions[0] = 7
        return 8

    world.dog._end = moving
    await world.look(100)


@pytest.mark.parametrize("fault", [DoubtError(), MovedError()])
async def test_a_broker_that_does_not_answer_is_no_reason(fault: Exception):
    world = World()
    world.ends[0] = 8
    world.fault = fault
    await world.look(0)

    await world.look(1_000)


async def test_a_partition_given_away_and_back_begins_anew():
    world = World()
    world.ends[0] = 8
    await world.look(0)
    given = world.positions.pop(0)
    await world.look(59)
    world.positions[0] = given

    await world.look(70)
    await world.look(130)
    with pytest.raises(StalledError):
        await world.look(135)
