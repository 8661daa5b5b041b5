"""When a snapshot is made, when it counts, and what goes: with a store in memory and a clock that is an argument."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from schemas.gauge import Gauge
from streams.delivery.ledger import Mark
from streams.snapshots.failures import SnapshotStoreError, SnapshotUnpicklableError
from streams.snapshots.fingerprint import fingerprint
from streams.snapshots.format import verify
from streams.snapshots.identity import Identity
from streams.snapshots.keeper import BUSY_PATIENCE, MOST_BUSY_PATIENCE_S, Keeper
from streams.snapshots.origin import Origin
from streams.snapshots.stores.store import Blob
from tests import builders
from tests.streams.folding import Core, Row
from tests.streams.snapshots.memory import MemoryStore
from tests.streams.stage import ORIGIN, maker, some_turns, until


class Kept:
    """A keeper, its clock, and what it has said."""

    def __init__(self, text: str = "every_events = 10\nevery_seconds = 60", **more: Any) -> None:
        self.maker = maker(f"[snapshots]\n{text}", **more)
        self.store: Any = self.maker.store
        self.now = 0.0
        self.news = 0
        self.points: list[str] = []
        self.keeper = Keeper(self.maker, 0, news=self._news, at=self.points.append, clock=lambda: self.now)

    def _news(self) -> None:
        self.news += 1

    def begin(self, position: int = 0, published: int = 0, epoch: int = 0, known: tuple[int, ...] = ()) -> Keeper:
        mark = Mark(position, max(position, published), epoch, ORIGIN, 1)
        self.keeper.begin(mark, known=[identity(at, epoch) for at in known])
        return self.keeper

    async def made(self, position: int) -> None:
        self.keeper.take(core(position), Row(position - 1))
        self.keeper.published(position)
        await self.keeper.finish()


def identity(position: int, epoch: int = 0) -> Identity:
    return Identity(gauge="pumps", topic="pumps", partition=0, epoch=epoch, position=position)


def core(position: int) -> Any:
    return Core(position)


def positions(store: MemoryStore) -> list[int]:
    return sorted(identity.position for identity in store.kept)


# -- when -------------------------------------------------------------------------------------------------------------


async def test_one_is_due_after_so_many_events():
    keeper = Kept().begin(position=100, published=100)

    for at_rest in (True, False):
        assert [keeper.due(position, at_rest=at_rest) for position in (100, 109, 110)] == [False, False, True]


async def test_one_is_due_after_so_long_if_there_is_anything_new():
    kept = Kept()
    keeper = kept.begin(position=100)
    kept.now = 59.9
    assert not keeper.due(101, at_rest=True)

    kept.now = 60.0
    assert keeper.due(101, at_rest=True)
    assert not keeper.due(100, at_rest=True)


async def test_one_that_is_due_for_time_alone_waits_a_little_for_rest():
    kept = Kept()
    keeper = kept.begin(position=100)

    kept.now = 60.0 + MOST_BUSY_PATIENCE_S - 0.1
    assert not keeper.due(101, at_rest=False)
    assert keeper.due(101, at_rest=True)
    assert keeper.due(110, at_rest=False)

    kept.now = 60.0 + MOST_BUSY_PATIENCE_S
    assert keeper.due(101, at_rest=False)


async def test_frequent_ones_wait_less_for_rest():
    kept = Kept("every_events = 10\nevery_seconds = 2")
    kept.begin(position=100)

    kept.now = 2.0 * (1 + BUSY_PATIENCE) + 1e-9
    assert kept.keeper.due(101, at_rest=False)


async def test_that_time_has_come_is_news():
    kept = Kept("every_events = 10\nevery_seconds = 0.01")
    kept.begin(position=100)
    await asyncio.sleep(0.02)
    assert kept.news == 0  # not by the keeper's own clock

    kept.now = 0.01
    await asyncio.sleep(0.02)
    assert kept.news == 1
    assert kept.keeper.due(101, at_rest=True)


async def test_it_is_no_news_to_who_gave_up_the_partition():
    kept = Kept("every_events = 10\nevery_seconds = 0.01")
    kept.begin(position=100).drop()
    kept.now = 0.01

    await asyncio.sleep(0.02)

    assert kept.news == 0


async def test_events_and_time_are_counted_from_the_last_one_taken():
    kept = Kept()
    kept.begin()
    kept.now = 50.0
    await kept.made(10)

    kept.now = 100.0
    assert [kept.keeper.due(position, at_rest=True) for position in (10, 11, 19, 20)] == [False, False, False, True]
    kept.now = 110.0
    assert kept.keeper.due(11, at_rest=True)


async def test_one_is_made_at_a_time():
    kept = Kept()
    keeper = kept.begin()
    keeper.take(core(10), Row(9))
    await some_turns()
    assert not keeper.due(500, at_rest=True)

    keeper.published(10)
    await keeper.finish()

    assert keeper.due(500, at_rest=True)


# -- what it is, and when it counts -----------------------------------------------------------------------------------


async def test_it_says_what_it_is_of():
    origin = Origin(builders.gauge(), {"river": "1"}, "b", "c")
    kept = Kept(origin=origin)
    kept.begin(epoch=2)
    kept.keeper.take(core(10), Row(9, b"{}", b"k"))
    kept.keeper.published(10)
    await kept.keeper.finish()

    verified = verify(kept.store.kept[identity(10, 2)], kept.maker.key)

    header = verified.header
    assert (header.partition, header.partitions, header.epoch, header.position, header.champion) == (0, 1, 2, 10, "0-1")
    assert header.last == fingerprint(9, b"k", b"{}")
    assert (header.gauge_digest, header.libraries) == (origin.gauge.digest, {"river": "1"})
    assert Gauge.model_validate_json(header.gauge_file) == origin.gauge
    assert bytes(verified.parts["learner"]) == b"10"


async def test_it_is_put_only_when_all_that_it_has_led_to_is_published():
    kept = Kept()
    keeper = kept.begin()
    keeper.take(core(10), Row(9))
    keeper.published(9)
    await until(lambda: kept.points == ["before image", "after image"])
    await some_turns()
    assert (kept.store.kept, keeper.durable, kept.news) == ({}, 0, 0)

    keeper.published(10)
    await until(lambda: kept.news)

    assert (positions(kept.store), keeper.durable) == ([10], 10)
    assert kept.points[2:] == ["before snapshot write", "after snapshot write"]


async def test_it_does_not_count_before_the_store_has_it():
    class Slow(MemoryStore):
        async def put(self, identity: Identity, blob: Blob) -> None:
            await gate.wait()
            await super().put(identity, blob)

    gate = asyncio.Event()
    kept = Kept(store=Slow())
    keeper = kept.begin()
    keeper.take(core(10), Row(9))
    keeper.published(10)
    await until(lambda: kept.points[-1] == "before snapshot write")
    await some_turns()
    assert keeper.durable == 0

    gate.set()
    await keeper.finish()
    assert keeper.durable == 10


async def test_a_store_that_fails_costs_a_snapshot_and_it_is_tried_again_when_the_next_is_due(caplog):
    class Failing(MemoryStore):
        failures = 1

        async def put(self, identity: Identity, blob: Blob) -> None:
            self.failures -= 1
            if self.failures >= 0:
                raise SnapshotStoreError("disc full")
            await super().put(identity, blob)

    kept = Kept(store=Failing())
    kept.begin()
    await kept.made(10)
    assert (kept.keeper.failed(), kept.keeper.durable, kept.news) == (None, 0, 1)
    assert "disc full" in caplog.text
    assert not kept.keeper.due(19, at_rest=True)

    await kept.made(20)
    assert (kept.keeper.durable, positions(kept.store)) == (20, [20])


async def test_no_room_for_an_image_costs_a_snapshot_and_it_is_tried_again_when_the_next_is_due(caplog):
    rooms = iter([False, True])

    async def image() -> bytes:
        if not next(rooms):
            raise SnapshotStoreError("no room for a process")
        return b"state"

    kept = Kept(image=lambda learner, seal: image())
    kept.begin()
    await kept.made(10)
    assert (kept.keeper.failed(), kept.keeper.durable, kept.news) == (None, 0, 1)
    assert "no room for a process" in caplog.text

    await kept.made(20)
    assert (kept.keeper.durable, positions(kept.store)) == (20, [20])


@pytest.mark.parametrize("error", [SnapshotUnpicklableError("a lambda"), MemoryError()])
async def test_a_state_that_cannot_be_written_is_told(error: Exception):
    async def image() -> bytes:
        raise error

    kept = Kept(image=lambda learner, seal: image())
    kept.begin()
    await kept.made(10)

    assert kept.keeper.failed() is error
    assert (kept.news, kept.keeper.durable) == (1, 0)


async def test_what_is_dropped_is_never_put():
    kept = Kept()
    keeper = kept.begin()
    keeper.take(core(10), Row(9))
    await some_turns()

    keeper.drop()
    keeper.published(10)
    await some_turns()
    await keeper.finish()

    assert (kept.store.kept, keeper.durable, keeper.failed()) == ({}, 0, None)


async def test_an_image_is_given_up_though_nobody_has_begun_to_wait_for_it():
    taken: asyncio.Future[Blob] = asyncio.get_running_loop().create_future()
    keeper = Kept(image=lambda learner, seal: taken).begin()
    keeper.take(core(10), Row(9))

    keeper.drop()
    await some_turns()

    assert taken.cancelled()


@pytest.mark.parametrize("told", [True, False])
async def test_a_state_that_cannot_be_written_is_told_once_also_when_it_is_dropped(told: bool, caplog):
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))

    async def image() -> bytes:
        raise SnapshotUnpicklableError("a lambda")

    kept = Kept(image=lambda learner, seal: image())
    kept.begin()
    await kept.made(10)
    if told:
        assert kept.keeper.failed() is not None
        kept.keeper.give_up()

    kept.keeper.drop()
    kept.keeper.drop()
    await some_turns()
    gc.collect()

    assert caplog.text.count("a lambda") == (0 if told else 1)
    assert not complaints


async def test_after_a_restore_it_begins_anew():
    kept = Kept()
    await kept.made(10)
    kept.now = 30.0

    keeper = kept.begin(position=4, published=7, epoch=1)

    assert (keeper.durable, keeper.taken, keeper.epoch) == (4, 4, 1)
    kept.now = 89.0
    assert [keeper.due(position, at_rest=True) for position in (5, 14)] == [False, True]


# -- what goes --------------------------------------------------------------------------------------------------------


async def filled(*at: int, keep: int = 2) -> Kept:
    kept = Kept(f"keep = {keep}")
    for position in at:
        kept.store.kept[identity(position)] = b""
    kept.begin(position=at[-1], published=at[-1], known=at)
    return kept


async def test_nothing_goes_before_a_commit_of_its_own():
    kept = await filled(10, 20, 30, 40)

    await kept.made(50)
    await some_turns()

    assert positions(kept.store) == [10, 20, 30, 40, 50]


async def test_after_a_commit_the_oldest_go_and_never_the_committed_or_a_newer_one():
    kept = await filled(10, 20, 30, 40)

    kept.keeper.committed(30)
    await kept.keeper.finish()
    assert positions(kept.store) == [20, 30, 40]

    kept.keeper.committed(40)
    await kept.keeper.finish()
    assert positions(kept.store) == [30, 40]


@pytest.mark.parametrize("committed", [10, 20, 30, 40])
async def test_the_committed_one_stays_though_one_only_is_kept(committed: int):
    kept = await filled(10, 20, 30, 40, keep=1)

    kept.keeper.committed(committed)
    await kept.keeper.finish()

    assert positions(kept.store) == [at for at in (10, 20, 30, 40) if at >= committed]


async def test_what_could_not_be_deleted_is_tried_again_after_the_next_commit():
    class Sticky(MemoryStore):
        failures = 1

        async def delete(self, identity: Identity) -> None:
            self.failures -= 1
            if self.failures >= 0:
                raise SnapshotStoreError("no")
            await super().delete(identity)

    kept = Kept("keep = 1", store=Sticky())
    for position in (10, 20):
        kept.store.kept[identity(position)] = b""
    kept.begin(position=20, published=20, known=(10, 20))

    kept.keeper.committed(20)
    await kept.keeper.finish()
    assert positions(kept.store) == [10, 20]

    kept.keeper.committed(20)
    await kept.keeper.finish()
    assert positions(kept.store) == [20]
