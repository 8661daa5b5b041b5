"""A shard between fakes: order, commits, what stops it, what makes it forget. Clocks are arguments.

The ledger in memory refuses a mark with S above E, and a commit by who does not own the partition any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from schemas.records import Effect
from streams.delivery.ledger import Mark
from streams.engine.chunk import Bounds, Chunk
from streams.here.failures import (
    BrokerRefusedError,
    BrokerUnreachableError,
    DefectError,
    DoubtError,
    FencedError,
    LogRefusedError,
    MovedError,
    StateRefusedError,
)
from streams.partition.fold import STRETCH_S
from streams.partition.pace import Pace
from streams.partition.report import outputs_of
from streams.partition.turns import Turn, Turns
from streams.snapshots.failures import SnapshotKeyError, SnapshotStoreError
from streams.snapshots.keeper import MOST_BUSY_PATIENCE_S
from tests.streams.delivery.memory import Late, MemoryLedger, Partition
from tests.streams.folding import Core, Row, ticking
from tests.streams.snapshots.memory import MemoryStore
from tests.streams.snapshots.payloads import of
from tests.streams.stage import NO_PAUSES, ORIGIN, Stage, maker, predictions, print_of, running, some_turns, until

AN_HOUR_S = 3_600.0
PACE = Pace()


# -- folding and publishing -------------------------------------------------------------------------------------------


async def test_nothing_is_opened_or_folded_before_the_partition_is_ours():
    stage = Stage()
    task = asyncio.create_task(stage.shard.run())
    await some_turns()

    assert (stage.ledger.opened, stage.cores, stage.shard.has_room, stage.shard.goal) == (0, [], False, None)

    stage.shard.stop()
    await asyncio.wait_for(task, 5)
    assert stage.ledger.opened == 0


async def test_commits_are_in_order_and_stopping_publishes_the_last():
    stage = Stage(clock=ticking(STRETCH_S))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        stage.deliver(3)
        await until(lambda: stage.shard.next_offset == 4)

    assert stage.said == predictions(range(4))
    assert stage.shard.published == stage.partition.mark.published == 4


async def test_while_one_commit_is_under_way_the_next_grows():
    permits = asyncio.Semaphore(0)
    stage = Stage(ledger=MemoryLedger(Partition(), permits=permits), clock=ticking(STRETCH_S))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2, 3)
        await until(lambda: stage.shard.next_offset == 4)

        assert [mark.published for _, mark in stage.ledger.begun] == [1]

        permits.release()
        await until(lambda: len(stage.ledger.begun) == 2)
        assert [mark.published for _, mark in stage.ledger.begun] == [1, 4]
        for _ in range(9):
            permits.release()


@pytest.mark.parametrize("bound", [{"commit_records": 2}, {"commit_bytes": 20}], ids=str)
async def test_folding_waits_for_a_broker_that_is_too_slow(bound: dict[str, int]):
    permits, pace = asyncio.Semaphore(0), replace(NO_PAUSES, **bound)
    stage = Stage(ledger=MemoryLedger(Partition(), permits=permits), clock=ticking(STRETCH_S), pace=pace)
    async with running(stage):
        await stage.taken_over()
        stage.shard.deliver(stage.log.chunk(*range(8))._replace(size=80))
        await until(lambda: len(stage.core.seen) >= 3)
        await some_turns()

        assert stage.core.seen == [0, 1, 2]  # one on its way, two grown

        for _ in range(20):
            permits.release()
        await until(lambda: stage.shard.published == 8)
        assert [mark.published for mark in stage.partition.marks][:2] == [1, 3]


async def test_a_broker_that_is_too_slow_for_one_partition_does_not_keep_others_from_folding():
    turns, permits, pace = Turns(), asyncio.Semaphore(0), replace(NO_PAUSES, commit_records=1)
    held = Stage(ledger=MemoryLedger(Partition(), permits=permits), clock=ticking(STRETCH_S), turns=turns, pace=pace)
    other = Stage(clock=ticking(STRETCH_S), turns=turns, pace=pace)
    async with running(held), running(other):
        await held.taken_over()
        await other.taken_over()
        held.deliver(*range(5))
        await until(lambda: held.shard.next_offset == 2)
        other.deliver(*range(5))
        await until(lambda: other.shard.published == 5)

        assert held.shard.next_offset == 2
        for _ in range(9):
            permits.release()


@pytest.mark.parametrize(
    ("behind_s", "least", "most"),
    [(AN_HOUR_S, 3, 5), (PACE.longest_patience_s / PACE.turn_patience / 2, 2, 3), (0.0, 1, 2)],
)
async def test_partitions_fold_in_turns_longer_than_a_stretch_if_they_are_behind(
    behind_s: float, least: int, most: int
):
    order: list[str] = []

    def named(name: str) -> type[Core]:
        class Named(Core):
            def handle(self, event: Any, position: int) -> list[Effect]:
                order.append(name)
                return super().handle(event, position)

        return Named

    now = [100.0]
    turns = Turns(clock=ticking(PACE.longest_patience_s / 4))
    stages = [
        Stage(clock=ticking(STRETCH_S), turns=turns, make_core=named(name), life_clock=lambda: now[0]) for name in "ab"
    ]
    async with running(stages[0]), running(stages[1]):
        for stage in stages:
            await stage.taken_over()
        for stage in stages:
            stage.deliver(*range(12))
        now[0] += behind_s
        await until(lambda: len(order) == 24)

    lengths = [len(list(turn)) for _, turn in groupby(order)]
    assert least <= min(lengths[1:-2]) <= max(lengths[1:-2]) <= most


class Paced:
    """A stage whose shard has its turn for one record at a time, as the test wants; each record is a stretch."""

    def __init__(self, **pace: Any) -> None:
        self.now = 100.0
        self.permits = asyncio.Semaphore(0)
        self.turns = Turns(clock=lambda: 0.0)
        self.stage = Stage(
            ledger=MemoryLedger(Partition(), permits=self.permits),
            clock=ticking(STRETCH_S),
            turns=self.turns,
            pace=replace(NO_PAUSES, **pace),
            life_clock=lambda: self.now,
        )
        self.shard = self.stage.shard

    @property
    def begun(self) -> int:
        return len(self.stage.ledger.begun)

    async def take_turn(self) -> AbstractAsyncContextManager[Turn]:
        turn = self.turns.turn(0.0)
        await turn.__aenter__()
        return turn

    async def one_more(self, turn: AbstractAsyncContextManager[Turn]) -> AbstractAsyncContextManager[Turn]:
        """Let the shard fold a record, and take the turn back."""
        before = self.shard.next_offset
        waiting = asyncio.create_task(self.take_turn())
        await turn.__aexit__(None, None, None)
        turn = await waiting
        await some_turns()
        assert self.shard.next_offset == before + 1
        return turn


@pytest.mark.parametrize(
    ("behind_s", "later_s", "begun"),
    [(0.0, 0.0, 3), (AN_HOUR_S, 0.0, 2), (AN_HOUR_S, 0.9 * AN_HOUR_S, 2), (AN_HOUR_S, 1.1 * AN_HOUR_S, 3)],
)
async def test_a_partition_that_is_behind_commits_less_often_until_it_has_nothing_left(
    behind_s: float, later_s: float, begun: int
):
    """Two hours after the record came, an hour is half of what it has waited: ``docs/gauge-file.md`` promises that."""
    paced = Paced(longest_patience_s=9 * AN_HOUR_S)
    async with running(paced.stage):
        await paced.stage.taken_over()
        turn = await paced.take_turn()
        paced.stage.deliver(*range(4))
        turn = await paced.one_more(turn)
        paced.permits.release()
        paced.now += behind_s
        turn = await paced.one_more(turn)
        await until(lambda: paced.begun == 2)
        paced.permits.release()
        paced.now += later_s
        turn = await paced.one_more(turn)
        assert paced.begun == begun

        for _ in range(9):
            paced.permits.release()
        await turn.__aexit__(None, None, None)
        await until(lambda: paced.stage.said == predictions(range(4)))


async def test_a_partition_that_is_behind_does_not_wait_when_its_commit_is_full():
    paced = Paced(longest_patience_s=AN_HOUR_S, commit_records=2)
    async with running(paced.stage):
        await paced.stage.taken_over()
        turn = await paced.take_turn()
        paced.stage.deliver(*range(6))
        for _ in range(9):
            paced.permits.release()
        paced.now += AN_HOUR_S
        turn = await paced.one_more(turn)
        await until(lambda: paced.begun == 1)
        turn = await paced.one_more(turn)
        assert paced.begun == 1
        turn = await paced.one_more(turn)
        await until(lambda: paced.begun == 2)
        await turn.__aexit__(None, None, None)


async def test_the_event_loop_is_given_back_between_stretches():
    stage = Stage(clock=ticking(STRETCH_S))
    seen = []
    async with running(stage):
        await stage.taken_over()
        stage.deliver(*range(50))

        while stage.shard.next_offset < 50:
            seen.append(stage.shard.next_offset)
            await asyncio.sleep(0)

    assert len(set(seen)) > 20


async def one_published_and_one_waiting(stage: Stage) -> None:
    stage.deliver(0)
    await until(lambda: stage.shard.published == 1)
    stage.deliver(1)
    await until(lambda: stage.shard.next_offset == 2)
    await some_turns()
    assert stage.shard.published == 1


async def test_commits_begin_no_closer_together_than_the_interval():
    now = [100.0]
    pace = replace(NO_PAUSES, commit_interval_s=0.01)
    stage = Stage(clock=ticking(STRETCH_S), pace=pace, life_clock=lambda: now[0])
    async with running(stage):
        await stage.taken_over()
        await one_published_and_one_waiting(stage)

        now[0] += 0.01
        async with asyncio.timeout(5):
            while stage.shard.published < 2:
                await asyncio.sleep(0.001)

    assert stage.said == predictions([0, 1])


async def test_stopping_does_not_wait_for_the_interval():
    stage = Stage(pace=replace(NO_PAUSES, commit_interval_s=60))
    async with running(stage) as task:
        await stage.taken_over()
        await one_published_and_one_waiting(stage)

        stage.shard.stop()
        await asyncio.wait_for(task, 5)

    assert stage.said == predictions([0, 1])


@pytest.mark.parametrize("event", ["revoked", "assigned"])
async def test_a_rebalance_does_not_wait_for_the_interval(event: str):
    stage = Stage(pace=replace(NO_PAUSES, commit_interval_s=60))
    async with running(stage):
        await stage.taken_over()
        await one_published_and_one_waiting(stage)

        getattr(stage.shard, event)()
        await until(lambda: stage.said == predictions([0, 1]))

        if event == "revoked":
            stage.shard.assigned()
        await stage.taken_over(2)  # from here on the interval counts again
        stage.deliver(2)
        await until(lambda: stage.shard.next_offset == 3)
        await some_turns()
        assert stage.shard.published == 2

    assert stage.said == predictions(range(3))


async def test_a_chunk_above_the_position_is_refused():
    stage = Stage()
    async with running(stage) as task:
        await stage.taken_over()
        stage.deliver(5, 6)

        with pytest.raises(LogRefusedError, match="stands at 0, the next chunk begins at 5: 5 records"):
            await asyncio.wait_for(task, 5)


async def test_a_gap_inside_the_log_is_no_gap_in_reading():
    stage = Stage()
    async with running(stage):
        await stage.taken_over()

        stage.deliver(5, 6, start=0)  # the reader stood at 0; below 5 are only transaction markers
        await until(lambda: stage.core.seen == [5, 6])


async def test_a_shard_has_room_from_the_seek_until_two_chunks_wait():
    stage = Stage()
    stage.shard.assigned()
    assert not stage.shard.has_room
    async with running(stage):
        await stage.taken_over()
        assert stage.shard.has_room
        stage.deliver(0)
        assert stage.shard.has_room
        stage.deliver(1)
        assert not stage.shard.has_room
        async with asyncio.timeout(5):
            await stage.shard.room()


async def test_a_failed_publish_ends_the_shard_even_if_no_chunk_follows():
    stage = Stage(ledger=MemoryLedger(Partition(), faults=[BrokerRefusedError("no")]))
    async with running(stage) as task:
        await stage.taken_over()
        stage.deliver(0)

        with pytest.raises(BrokerRefusedError):
            await asyncio.wait_for(task, 5)

    assert stage.ledger.closed


async def test_a_defect_is_raised_by_run():
    stage = Stage()
    async with running(stage) as task:
        await stage.taken_over()
        stage.shard.deliver(Chunk(0, 1, 0, [Row(0, b"boom")]))

        with pytest.raises(DefectError):
            await asyncio.wait_for(task, 5)


async def test_what_was_folded_before_a_defect_is_published_once_and_no_state_is_written_down():
    stage = Stage(maker=maker("[snapshots]\nevery_events = 1"))
    partition = stage.partition
    async with running(stage) as task:
        await stage.taken_over()
        stage.shard.deliver(Chunk(0, 1, 0, [Row(0), Row(1), Row(2, b"boom"), Row(3)]))

        with pytest.raises(DefectError, match="offset 2: ZeroDivisionError"):
            await asyncio.wait_for(task, 5)

    assert stage.said == predictions([0, 1])
    assert partition.mark is not None
    assert partition.mark.published == 2
    assert stage.maker.store.kept == {}

    again = Stage(ledger=MemoryLedger(partition))
    async with running(again):
        await again.taken_over()
        again.deliver(0, 1, 2, 3)
        await until(lambda: again.shard.published == 4)

    assert again.said == predictions([0, 1, 2, 3])


async def test_in_doubt_before_a_defect_it_is_the_defect_that_ends_the_shard():
    stage = Stage(ledger=MemoryLedger(Partition(), faults=[DoubtError("lost")]))
    async with running(stage) as task:
        await stage.taken_over()
        stage.shard.deliver(Chunk(0, 1, 0, [Row(0), Row(1, b"boom")]))

        with pytest.raises(DefectError):
            await asyncio.wait_for(task, 5)


class Disc(MemoryStore):
    """Fails, or hangs until it is told that it is mended."""

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.mended = asyncio.Event()

    async def put(self, identity: Any, blob: Any) -> None:
        if self.fault is not None:
            raise self.fault
        await self.mended.wait()
        await super().put(identity, blob)


async def test_a_stop_whose_last_snapshot_was_not_written_is_no_orderly_end():
    stage = Stage(maker=maker(store=Disc(SnapshotStoreError("the disc is full"))))
    async with running(stage) as task:
        await stage.taken_over()
        stage.deliver(0, 1)
        await until(lambda: stage.shard.published == 2)
        stage.shard.stop()

        with pytest.raises(StateRefusedError, match=r"everything is published, .* at 2 was not written .*disc is full"):
            await asyncio.wait_for(task, 5)

    assert stage.said == predictions([0, 1])


async def test_a_stop_without_the_key_is_no_orderly_end_and_writes_nothing():
    def gone() -> None:
        raise SnapshotKeyError("snapshot.key is gone")

    stage = Stage(maker=maker(check_key=gone))
    async with running(stage) as task:
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: stage.shard.published == 1)
        stage.shard.stop()

        with pytest.raises(StateRefusedError, match=r"snapshot\.key is gone"):
            await asyncio.wait_for(task, 5)

    assert stage.maker.store.kept == {}


async def test_who_stops_a_shard_whose_disc_hangs_can_name_the_disc():
    disc = Disc()
    stage = Stage(maker=maker(store=disc))
    async with running(stage) as task:
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: stage.shard.published == 1)
        assert stage.shard.waits_for is None
        stage.shard.stop()
        await until(lambda: stage.shard.waits_for is not None)
        assert stage.shard.waits_for == "the memory"
        disc.mended.set()
        await asyncio.wait_for(task, 5)

    assert stage.shard.waits_for is None
    assert [stage.shard.size] == [len(blob) for blob in disc.kept.values()]


async def test_latency_is_from_the_records_timestamp_to_the_acknowledgement():
    stage = Stage()  # records are stamped 1.0 s, the wall clock shows 2.0 s
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1)
        await until(lambda: stage.shard.published == 2)

    buckets = dict(stage.shard.latency.cumulative())
    assert (buckets["0.5"], buckets["1.0"], buckets["+Inf"]) == (0, 2, 2)
    assert stage.shard.latency.sum_s == 2.0


# -- assignments ------------------------------------------------------------------------------------------------------


async def test_chunks_of_before_are_dropped_and_memory_of_its_own_goes_on():
    stage = Stage(clock=ticking(STRETCH_S))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2, 3)
        stage.deliver(4, 5)
        await until(lambda: stage.core.seen == [0, 1])

        stage.shard.revoked()
        await some_turns()
        assert stage.core.seen == [0, 1]
        assert stage.shard.goal is None
        assert not stage.shard.has_room

        stage.shard.assigned()
        await stage.taken_over(2)
        stage.deliver(2, 3, 4, 5)
        await until(lambda: stage.shard.published == 6)

    assert stage.log.seeks == [0, 2]
    assert len(stage.cores) == 1
    assert stage.core.seen == [0, 1, 2, 3, 4, 5]
    assert stage.said == predictions(range(6))


async def test_who_stops_a_shard_that_is_still_being_restored_can_name_the_store():
    stage, never = Stage(), asyncio.Event()
    plain = stage.restore

    async def restore(mark: Mark | None) -> Any:
        await never.wait()
        return await plain(mark)

    stage.shard._restore = restore
    async with running(stage):
        stage.shard.assigned()
        await until(lambda: stage.shard.restoring)
        assert stage.shard.restores_from == "the memory"
        never.set()
        await until(lambda: not stage.shard.restoring)
        assert stage.shard.restores_from is None


async def test_the_bounds_are_asked_once_for_each_time_that_a_partition_is_taken_over():
    stage = Stage()
    async with running(stage):
        await stage.taken_over()
        assert stage.log.asked == 1  # by the restorer

        stage.shard.assigned()
        await stage.taken_over(2)
        assert stage.log.asked == 2  # by the shard, whose memory holds


async def test_memory_that_somebody_else_has_overtaken_is_restored():
    stage = Stage()
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1)
        await until(lambda: stage.shard.published == 2)
        stage.shard.revoked()
        await some_turns()
        stage.partition.mark = Mark(3, 5, 0, ORIGIN, 1)  # the other's last word

        stage.shard.assigned()
        await stage.taken_over(2)
        stage.deliver(3, 4, 5, 6)
        await until(lambda: stage.shard.published == 7)

    assert stage.log.seeks == [0, 3]
    assert stage.core.seen == [3, 4, 5, 6]
    assert stage.said == predictions([0, 1, 5, 6])  # 3 and 4 were said by the other


async def test_without_transactions_memory_always_goes_on():
    stage = Stage(ledger=MemoryLedger(Partition(), transactional=False))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1)
        await until(lambda: stage.shard.published == 2)
        stage.shard.revoked()
        stage.partition.mark = Mark(3, 5, 0, ORIGIN, 1)

        stage.shard.assigned()
        await stage.taken_over(2)

    assert (stage.log.seeks, len(stage.cores)) == ([0, 2], 1)


async def test_what_was_folded_before_a_revocation_is_published_before_the_partition_is_taken_over_again():
    permits = asyncio.Semaphore(0)
    stage = Stage(ledger=MemoryLedger(Partition(), permits=permits), clock=ticking(STRETCH_S))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        await until(lambda: stage.shard.next_offset == 3)
        stage.shard.revoked()
        stage.shard.assigned()
        await some_turns()
        assert stage.ledger.opened == 1

        for _ in range(9):
            permits.release()
        await stage.taken_over(2)

    assert (stage.log.seeks, len(stage.cores)) == ([0, 3], 1)
    assert stage.said == predictions(range(3))


async def test_a_partition_that_moves_while_it_is_taken_over_is_taken_over_again():
    stage = Stage()
    moves = [stage.shard.assigned, stage.shard.assigned]
    stage.log.gate = lambda: moves.pop()() if moves else None
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: stage.shard.published == 1)

    assert (stage.log.seeks, stage.ledger.opened, len(stage.cores)) == ([0], 3, 1)


async def test_a_reader_that_says_moved_is_asked_again_after_the_next_assignment():
    stage = Stage()

    def moved() -> None:
        stage.log.gate = None
        stage.shard.revoked()
        raise MovedError

    stage.log.gate = moved
    async with running(stage):
        await some_turns()
        assert (stage.ledger.opened, stage.log.seeks) == (1, [])

        stage.shard.assigned()
        await stage.taken_over()

    assert stage.ledger.opened == 2


@pytest.mark.parametrize(
    ("bounds", "mark"), [(Bounds(3, 20), None), (Bounds(0, 4), Mark(5, 5, 0, ORIGIN, 1))], ids=["truncated", "shorter"]
)
async def test_a_log_that_does_not_hold_the_position_is_refused(bounds: Bounds, mark: Mark | None):
    stage = Stage()
    stage.partition.mark, stage.log.at = mark, bounds
    async with running(stage) as task:
        with pytest.raises(LogRefusedError, match=f"log holds {bounds.begin} to {bounds.end}"):
            await asyncio.wait_for(task, 5)

    assert stage.log.seeks == []


# -- doubt and fences -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [DoubtError("lost"), Late(DoubtError("done, and the answer lost"))])
async def test_after_a_doubtful_commit_the_state_is_restored_and_everything_is_said_once(fault: Exception | Late):
    stage = Stage(ledger=MemoryLedger(Partition(), faults=[None, fault]))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1)
        await until(lambda: stage.shard.published == 2)
        stage.deliver(2, 3)
        await stage.taken_over(2)
        stage.deliver(0, 1, 2, 3, 4)
        await until(lambda: stage.shard.published == 5)

    assert stage.log.seeks == [0, 0]  # there is no snapshot yet
    assert [core.seen for core in stage.cores] == [[0, 1, 2, 3], [0, 1, 2, 3, 4]]
    assert stage.said == predictions(range(5))


class Told:
    """Keeps what a shard reports, in order; ``None`` is a trouble that is over."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str | None]] = []
        self.now: dict[str, str] = {}

    def tell(self, source: str, error: BaseException) -> None:
        self.now[source] = str(error)
        self.all.append((source, str(error)))

    def well(self, *sources: str) -> None:
        for source in sources:
            if self.now.pop(source, None) is not None:
                self.all.append((source, None))


async def test_a_doubt_is_told_until_what_was_in_doubt_has_worked():
    told = Told()
    ledger = MemoryLedger(Partition(), refusals=[DoubtError("away")], faults=[DoubtError("lost")])
    stage = Stage(ledger=ledger, report=told)
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0)
        await stage.taken_over(2)
        assert told.now == {outputs_of(0): "lost"}, "to take the partition over again publishes nothing"
        stage.deliver(0)
        await until(lambda: stage.shard.published == 1)

    assert told.all == [
        ("taking over partition 0", "away"),
        ("taking over partition 0", None),
        (outputs_of(0), "lost"),
        (outputs_of(0), None),
    ]


async def test_the_troubles_of_a_partition_that_is_given_away_are_not_this_workers():
    told = Told()
    stage = Stage(ledger=MemoryLedger(Partition(), faults=[DoubtError("lost")]), report=told)
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: told.now)

        stage.shard.revoked()

        assert told.now == {}


async def test_while_it_is_in_doubt_nothing_is_read_and_no_state_is_shown():
    stage = Stage(ledger=MemoryLedger(Partition(), faults=[DoubtError("lost")], refusals=[None, DoubtError("away")]))
    shown = []
    plain = stage.restore

    async def restore(mark):
        shown.append((stage.shard.core, stage.shard.status(), stage.shard.has_room, stage.shard.restoring))
        return await plain(mark)

    stage.shard._restore = restore
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0)
        await stage.taken_over(2)
        assert stage.shard.status() is not None
        assert not stage.shard.restoring

    assert shown == [(None, None, False, True)] * 2
    assert stage.ledger.opened == 3


async def test_a_broker_that_is_away_at_first_is_tried_again():
    stage = Stage(ledger=MemoryLedger(Partition(), refusals=[DoubtError("away")] * 3))
    async with running(stage):
        await stage.taken_over()

    assert stage.ledger.opened == 4


async def test_pauses_between_doubts_grow_to_a_limit_and_begin_again_with_progress(monkeypatch: pytest.MonkeyPatch):
    doubt = DoubtError("away")
    ledger = MemoryLedger(Partition(), refusals=[doubt, doubt, doubt, None, doubt], faults=[None, doubt])
    stage = Stage(ledger=ledger, pace=Pace(first_pause_s=1.0, longest_pause_s=3.0))
    pauses: list[float] = []

    async def wait(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(stage.shard._tenure, "change", wait)
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: stage.shard.published == 1)
        stage.deliver(1)
        await stage.taken_over(2)

    assert pauses == [2.0, 3.0, 3.0, 1.0, 2.0]


async def test_a_fenced_shard_says_nothing_drops_its_memory_and_waits_for_the_next_assignment():
    stage = Stage()
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1)
        await until(lambda: stage.shard.published == 2)
        other = MemoryLedger(stage.partition)
        await other.open()

        stage.deliver(2, 3)
        await until(lambda: stage.shard.core is None)
        await some_turns()
        assert stage.ledger.opened == 1
        assert stage.said == predictions([0, 1])

        stage.shard.assigned()
        await stage.taken_over(2)
        stage.deliver(0, 1, 2, 3)
        await until(lambda: stage.shard.published == 4)

    assert stage.said == predictions(range(4))


async def test_a_fenced_shard_that_keeps_its_partition_comes_back_by_itself():
    stage = Stage(pace=replace(NO_PAUSES, fenced_s=0.01))
    async with running(stage):
        await stage.taken_over()
        stage.partition.owner = None
        stage.deliver(0)
        await stage.taken_over(2)
        stage.deliver(0)
        await until(lambda: stage.shard.published == 1)

    assert stage.said == predictions([0])


async def test_the_fence_of_an_earlier_assignment_does_not_hold_up_a_later_one():
    permits = asyncio.Semaphore(0)
    stage = Stage(ledger=MemoryLedger(Partition(), permits=permits))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1)
        await until(lambda: stage.ledger.begun)
        stage.shard.revoked()
        stage.partition.owner = None  # somebody had it, and said nothing
        stage.shard.assigned()
        await some_turns()

        for _ in range(9):
            permits.release()
        await stage.taken_over(2)  # at once: it is ours
        stage.deliver(0, 1)
        await until(lambda: stage.shard.published == 2)

    assert stage.said == predictions([0, 1])


async def test_a_shard_that_is_fenced_while_it_stops_ends_well():
    permits = asyncio.Semaphore(0)
    stage = Stage(ledger=MemoryLedger(Partition(), permits=permits))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: stage.ledger.begun)
        stage.partition.owner = None
        stage.shard.stop()
        permits.release()

    assert stage.said == []


async def test_a_shard_that_is_in_doubt_while_it_stops_does_not_end_well():
    stage = Stage(ledger=MemoryLedger(Partition(), permits=asyncio.Semaphore(0), faults=[DoubtError("lost")]))
    async with running(stage) as task:
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: stage.ledger.begun)
        stage.shard.stop()
        stage.ledger.permits.release()

        with pytest.raises(BrokerUnreachableError, match=r"partition 0 .* offset 0"):
            await asyncio.wait_for(task, 5)


async def test_a_refusal_is_not_taken_for_a_doubt():
    stage = Stage(ledger=MemoryLedger(Partition(), refusals=[BrokerRefusedError("no")]))
    async with running(stage) as task:
        with pytest.raises(BrokerRefusedError):
            await asyncio.wait_for(task, 5)


# -- the log that a snapshot knows ------------------------------------------------------------------------------------


async def test_after_a_restore_the_last_record_is_read_again_and_compared():
    stage = Stage()
    stage.partition.mark = Mark(5, 5, 0, ORIGIN, 1)
    stage.last = print_of(Row(4))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(4, 5, 6)
        await until(lambda: stage.shard.published == 7)

    assert stage.log.seeks == [4]
    assert stage.core.seen == [5, 6]
    assert stage.said == predictions([5, 6])


@pytest.mark.parametrize("row", [Row(4, b"[]"), Row(4, key=b"k"), Row(5)], ids=["value", "key", "compacted"])
async def test_another_record_where_the_snapshot_saw_its_last_is_refused(row: Row):
    stage = Stage()
    stage.partition.mark = Mark(5, 5, 0, ORIGIN, 1)
    stage.last = print_of(Row(4))
    async with running(stage) as task:
        await stage.taken_over()
        stage.shard.deliver(Chunk(0, 1, 4, [row, Row(6)]))

        with pytest.raises(LogRefusedError, match=rf"record at offset 4 is not the one.*found: offset {row.offset}"):
            await asyncio.wait_for(task, 5)

    assert stage.core.seen == []


async def test_what_was_not_compared_before_a_rebalance_is_compared_after_it():
    stage = Stage()
    stage.partition.mark = Mark(5, 5, 0, ORIGIN, 1)
    stage.last = print_of(Row(4))
    async with running(stage) as task:
        await stage.taken_over()
        stage.shard.assigned()
        await stage.taken_over(2)
        assert (stage.log.seeks, len(stage.cores)) == ([4, 4], 1)
        stage.shard.deliver(Chunk(0, 1, 4, [Row(4, b"another")]))

        with pytest.raises(LogRefusedError, match="is not the one"):
            await asyncio.wait_for(task, 5)


# -- snapshots --------------------------------------------------------------------------------------------------------


def often(events: int = 2, **more: object):
    return maker(f"[snapshots]\nevery_events = {events}\nevery_seconds = 1e9", **more)


async def test_snapshots_are_committed_as_s_and_never_above_e():
    stage = Stage(maker=often(1), clock=ticking(STRETCH_S))
    async with running(stage):
        await stage.taken_over()
        for offset in range(5):
            stage.deliver(offset)
            await until(lambda end=offset + 1: stage.partition.mark.snapshot == end)
        stage.deliver(*range(5, 20))
        await until(lambda: stage.shard.published == 20)

    marks = stage.partition.marks
    assert all(mark.snapshot <= mark.published for mark in marks)
    assert [mark.snapshot for mark in marks] == sorted(mark.snapshot for mark in marks)
    assert len({mark.snapshot for mark in marks}) > 2


async def test_a_snapshot_of_what_is_not_published_yet_waits():
    permits = asyncio.Semaphore(0)
    stage = Stage(maker=often(), ledger=MemoryLedger(Partition(), permits=permits), clock=ticking(STRETCH_S))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        await until(lambda: stage.shard.next_offset == 3)
        await some_turns()
        assert stage.maker.store.kept == {}

        for _ in range(20):
            permits.release()
        await until(lambda: stage.maker.store.kept)


class Watched:
    """A shard, and where its snapshots were taken."""

    def __init__(self, every_seconds: float, permits: asyncio.Semaphore | None = None) -> None:
        self.taken: list[int] = []
        self.stage = Stage(
            maker=maker(f"[snapshots]\nevery_events = 1000000\nevery_seconds = {every_seconds}", image=self.image),
            ledger=MemoryLedger(Partition(), permits=permits),
        )

    def image(self, learner: Any, seal: Any) -> Awaitable[bytes]:
        self.taken.append(learner.next_offset)
        return asyncio.sleep(0, seal(of(b"")))


async def test_a_snapshot_waits_until_the_outputs_are_out_and_holds_none_of_them_up():
    permits = asyncio.Semaphore(0)
    watched = Watched(10, permits)
    stage = watched.stage
    async with running(stage):
        await stage.taken_over()
        stage.now = 10.0
        stage.deliver(0)
        await until(lambda: stage.shard.next_offset == 1)
        await some_turns()
        assert watched.taken == []

        permits.release()
        await until(lambda: watched.taken)
        assert (watched.taken, stage.said) == ([1], predictions(range(1)))
        for _ in range(20):
            permits.release()


async def test_a_snapshot_of_a_shard_that_is_never_at_rest_is_taken_a_little_late():
    permits = asyncio.Semaphore(0)
    watched = Watched(10, permits)
    stage = watched.stage
    async with running(stage):
        await stage.taken_over()
        for now, offset in ((10.0, 0), (10.0 + MOST_BUSY_PATIENCE_S - 0.1, 1), (10.0 + MOST_BUSY_PATIENCE_S, 2)):
            assert watched.taken == []
            stage.now = now
            stage.deliver(offset)
            await until(lambda end=offset + 1: stage.shard.next_offset == end)
        assert watched.taken == [3]
        for _ in range(20):
            permits.release()


async def test_a_shard_to_which_nothing_comes_any_more_is_snapshotted_when_it_is_time():
    watched = Watched(0.05)
    stage = watched.stage
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        await until(lambda: stage.shard.published == 3)
        await some_turns()
        assert watched.taken == []

        stage.now = 0.05
        await until(lambda: stage.partition.mark.snapshot == 3)
    assert watched.taken == [3]


async def test_a_shard_that_stops_leaves_nothing_to_replay():
    stage = Stage()
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        await until(lambda: stage.shard.next_offset == 3)

    assert stage.partition.mark == Mark(3, 3, 0, ORIGIN, 1)
    assert [identity.position for identity in stage.maker.store.kept] == [3]
    assert stage.said == predictions(range(3))


async def test_a_shard_that_stops_where_its_snapshot_stands_makes_no_other():
    stage = Stage()
    stage.partition.mark = Mark(5, 5, 0, ORIGIN, 1)
    async with running(stage):
        await stage.taken_over()

    assert stage.maker.store.kept == {}
    assert stage.partition.marks == []


async def test_after_a_doubt_the_newest_committed_snapshot_is_where_it_goes_on():
    stage = Stage(maker=often(3))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        await until(lambda: stage.partition.mark is not None and stage.partition.mark.snapshot == 3)
        stage.ledger.faults = [Late(DoubtError("lost"))]
        stage.deliver(3, 4)
        await stage.taken_over(2)
        stage.deliver(3, 4, 5)
        await until(lambda: stage.shard.published == 6)

    assert stage.log.seeks == [0, 3]
    assert stage.core.seen == [3, 4, 5]
    assert stage.said == predictions(range(6))


async def test_a_state_that_cannot_be_written_ends_the_shard():
    class UnwritableError(Exception):
        pass

    async def image() -> bytes:
        raise UnwritableError

    stage = Stage(maker=often(image=lambda learner, seal: image()))
    async with running(stage) as task:
        await stage.taken_over()
        stage.deliver(0, 1, 2)

        with pytest.raises(UnwritableError):
            await asyncio.wait_for(task, 5)


async def test_a_fence_gives_up_the_snapshot_that_is_being_made():
    never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    stage = Stage(maker=often(image=lambda learner, seal: never))
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        await until(lambda: stage.shard.published == 3)
        stage.ledger.faults = [FencedError("gone")]
        stage.deliver(3)
        await until(never.cancelled)

    assert stage.maker.store.kept == {}
