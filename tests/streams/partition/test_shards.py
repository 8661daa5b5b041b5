"""The shards of a worker across assignments."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streams.engine.chunk import Chunk
from streams.here.failures import BrokerUnreachableError, DefectError, StateRefusedError
from streams.partition.shards import Shards
from tests import builders
from tests.streams.stage import some_turns


class FakeShard:
    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.next_offset = self.published = 0
        self.told: list[str] = []
        self.chunks: list[Chunk] = []
        self.ends = asyncio.Event()
        self.free = asyncio.Event()
        self.fault: BaseException | None = None
        self.waits_for: str | None = None
        self.restores_from: str | None = None

    async def run(self) -> None:
        await self.ends.wait()
        if self.fault is not None:
            raise self.fault

    @property
    def has_room(self) -> bool:
        return self.free.is_set()

    async def room(self) -> None:
        await self.free.wait()

    def deliver(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)

    def assigned(self) -> None:
        self.told.append("assigned")

    def revoked(self) -> None:
        self.told.append("revoked")

    def stop(self) -> None:
        self.ends.set()


@pytest.fixture
async def stage():
    made: list[FakeShard] = []
    failures: list[BaseException] = []

    def make(partition: int) -> Any:
        made.append(FakeShard(partition))
        return made[-1]

    shards = Shards("pumps", make, failures.append)
    yield SimpleNamespace(shards=shards, made=made, failures=failures)
    await shards.abandon()


async def test_a_shard_is_made_at_the_first_assignment_and_survives_the_loss_of_its_partition(stage):
    stage.shards.assigned({0, 1})
    stage.shards.revoked({0, 1})
    stage.shards.assigned({1})

    assert [(shard.partition, shard.told) for shard in stage.made] == [
        (0, ["assigned", "revoked"]),
        (1, ["assigned", "revoked", "assigned"]),
    ]


async def test_a_shard_that_keeps_its_partition_is_told_of_the_new_assignment_all_the_same(stage):
    # The group's protocol is eager: all is given away at every rebalance, also where nobody says so before.
    stage.shards.assigned({0})
    stage.shards.assigned({0})

    assert [shard.told for shard in stage.made] == [["assigned", "assigned"]]


async def test_ours_are_the_partitions_of_the_last_assignment_that_were_not_revoked(stage):
    assert stage.shards.ours is None
    stage.shards.assigned({0, 1})
    assert stage.shards.ours == {0, 1}

    stage.shards.revoked({0})
    assert stage.shards.ours == {1}

    stage.shards.assigned({2})
    assert stage.shards.ours == {2}


async def test_a_revocation_before_any_assignment_makes_nothing(stage):
    stage.shards.revoked({0})

    assert stage.made == []
    assert stage.shards.ours is None


async def test_chunks_go_to_their_partitions_shard(stage):
    stage.shards.assigned({0, 1})
    chunk = Chunk(1, 1, 0, [])

    stage.shards.deliver(chunk)

    assert (stage.made[0].chunks, stage.made[1].chunks) == ([], [chunk])


async def test_a_shard_that_fails_is_told_on(stage):
    stage.shards.assigned({0})
    stage.made[0].fault = ZeroDivisionError()

    stage.made[0].ends.set()
    async with asyncio.timeout(5):
        while not stage.failures:
            await asyncio.sleep(0)

    assert stage.failures == [stage.made[0].fault]


async def test_shards_that_do_not_finish_are_given_up(stage):
    stage.shards.assigned({0, 1, 2})
    for partition in (0, 2):
        stage.shards.all[partition].stop = lambda: None
        stage.shards.all[partition].published = 7 + partition

    with pytest.raises(
        BrokerUnreachableError, match="outputs of pumps/0 from offset 7, pumps/2 from offset 9 were not"
    ):
        await asyncio.wait_for(stage.shards.stop(patience_s=0.01), 5)

    assert stage.failures == []


@pytest.mark.parametrize(
    ("fault", "told"), [(ZeroDivisionError(), ZeroDivisionError), (builders.PanicException("unwrap"), DefectError)]
)
async def test_a_shard_that_fails_while_it_finishes_is_told_of_before_those_that_are_late(stage, fault, told):
    stage.shards.assigned({0, 1})
    stage.shards.all[0].stop = lambda: None
    stage.shards.all[1].fault = fault

    with pytest.raises(told):
        await asyncio.wait_for(stage.shards.stop(patience_s=0.01), 5)


async def test_shards_that_finish_in_time_say_nothing(stage):
    stage.shards.assigned({0, 1})

    await asyncio.wait_for(stage.shards.stop(patience_s=5), 5)

    assert stage.failures == []


async def test_only_partitions_with_room_are_fetched(stage):
    stage.shards.assigned({0, 1})
    stage.shards.all[1].free.set()

    assert stage.shards.with_room({0, 1, 2}) == {1}  # 2 has no shard yet


async def test_waiting_for_room_ends_with_the_first_that_has_some(stage):
    stage.shards.assigned({0, 1})
    waiting = asyncio.create_task(stage.shards.room({0, 1}, timeout_s=60))
    await some_turns()
    assert not waiting.done(), "who fetches would ask again and again"

    stage.shards.all[1].free.set()

    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("partitions", [{0}, {1}, set()], ids=["full", "not made yet", "none"])
async def test_without_room_the_wait_lasts_as_long_as_it_may_and_no_longer(stage, partitions: set[int]):
    stage.shards.assigned({0})
    begun = asyncio.get_running_loop().time()

    await asyncio.wait_for(stage.shards.room(partitions, timeout_s=0.01), 5)

    assert asyncio.get_running_loop().time() - begun > 0.0099
    assert stage.shards.with_room(partitions) == set()


async def test_a_wait_for_room_that_is_broken_off_leaves_nothing_behind(stage):
    stage.shards.assigned({0})
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(stage.shards.room({0}, timeout_s=60))
    await some_turns()

    waiting.cancel()
    await some_turns()

    assert asyncio.all_tasks() == before


async def test_a_shard_that_waits_for_its_disc_alone_blames_the_disc_and_no_outputs(stage):
    stage.shards.assigned({0, 1})
    stage.made[0].stop = stage.made[1].stop = lambda: None
    for shard in stage.made:
        shard.waits_for, shard.next_offset = "the disc of /snapshots", 40 + shard.partition

    with pytest.raises(
        StateRefusedError, match=r"everything is published, .* of pumps/0 at 40, pumps/1 at 41 .* the disc"
    ):
        await stage.shards.stop(patience_s=0.01)


async def test_outputs_are_blamed_where_one_shard_waits_for_them(stage):
    stage.shards.assigned({0, 1})
    stage.made[0].stop = stage.made[1].stop = lambda: None
    stage.made[0].waits_for = "the disc of /snapshots"

    with pytest.raises(BrokerUnreachableError, match="were not acknowledged"):
        await stage.shards.stop(patience_s=0.01)


async def test_a_shard_that_cannot_be_made_ends_the_worker_with_its_cause_and_is_nobodys():
    failures: list[BaseException] = []

    def make(partition: int) -> Any:
        if partition == 1:
            raise StateRefusedError("no key")
        return FakeShard(partition)

    shards = Shards("pumps", make, failures.append)
    shards.assigned({0, 1, 2})

    assert [str(failure) for failure in failures] == ["no key"]
    assert shards.ours == {0}  # what looks at all that are ours, as the watchdog does, finds each
    assert shards.all.keys() == {0}
    await shards.abandon()


async def test_a_shard_that_is_being_restored_blames_what_it_is_restored_from_and_no_outputs(stage):
    stage.shards.assigned({0})
    stage.made[0].stop = lambda: None  # type: ignore[method-assign]
    stage.made[0].restores_from = "the disc of /var/gauges"

    with pytest.raises(
        BrokerUnreachableError, match=r"pumps/0 was still being restored .* the disc of /var/gauges"
    ) as told:
        await stage.shards.stop(patience_s=0.05)

    assert "outputs" not in str(told.value)
