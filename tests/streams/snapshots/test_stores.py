"""The contract of every store: one suite for the fake, the directory, and the topic on both brokers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from mmap import mmap
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from streams.broker.inprocess import InProcessBroker
from streams.snapshots.failures import SnapshotMissingError
from streams.snapshots.identity import Identity
from streams.snapshots.stores.directory import DirectoryStore
from streams.snapshots.stores.store import SnapshotStore, to_delete
from streams.snapshots.stores.topic import TopicStore, ensure_topic
from tests.streams.snapshots.memory import MemoryStore

Make = Callable[[], SnapshotStore]


def at(position: int, epoch: int = 0, partition: int = 0, gauge: str = "pumps") -> Identity:
    return Identity(gauge=gauge, topic="readings", partition=partition, epoch=epoch, position=position)


@pytest.fixture(
    params=[
        "memory",
        "directory",
        pytest.param("topic", marks=pytest.mark.broker),
        pytest.param("kafka", marks=pytest.mark.kafka),
    ]
)
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes stores over the same place, as several workers would."""
    made: list[SnapshotStore] = []
    makers: dict[str, Callable[[pytest.FixtureRequest, Path], Awaitable[tuple[Make, Callable[[], None]]]]] = {
        "memory": _memory,
        "directory": _directory,
        "topic": _topic_in_process,
        "kafka": _topic_on_kafka,
    }
    maker, stop = await makers[request.param](request, tmp_path)

    def make() -> SnapshotStore:
        made.append(maker())
        return made[-1]

    yield make
    for store in made:
        await store.close()
    stop()


async def _memory(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    store = MemoryStore()
    return lambda: store, _nothing


async def _directory(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return lambda: DirectoryStore(tmp_path / "snapshots", gauge="pumps", topic="readings"), _nothing


async def _topic_in_process(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    broker = InProcessBroker()
    broker.create_topic("pumps.snapshots", partitions=2)
    return _topic_maker(broker.bootstrap_servers, "pumps.snapshots"), broker.stop


async def _topic_on_kafka(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    servers = request.getfixturevalue("kafka")
    name = f"snapshots-{tmp_path.name}"
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await ensure_topic(admin, name, partitions=2, replication_factor=1)
    finally:
        await admin.close()
    return _topic_maker(servers, name), _nothing


def _topic_maker(servers: str, name: str) -> Make:
    settings = {"bootstrap_servers": servers}
    return lambda: TopicStore(settings, name, gauge="pumps", topic="readings", chunk_bytes=100_000, patience_s=20)


def _nothing() -> None:
    pass


async def test_what_was_put_is_found_by_another_store_over_the_same_place(make):
    blob = random.Random(1).randbytes(350_001)

    await make().put(at(10), blob)

    other = make()
    assert await other.list(0) == [at(10)]
    assert await other.get(at(10)) == blob


@pytest.mark.parametrize("size", [0, 1, 100_000, 100_001, 200_000])
async def test_every_size_comes_back(make, size):
    store, blob = make(), random.Random(size).randbytes(size)

    await store.put(at(10), blob)

    assert await store.get(at(10)) == blob


async def test_the_list_is_newest_first_by_epoch_then_position(make):
    store = make()
    for identity in (at(9), at(100), at(20), at(5, epoch=1), at(7, partition=1)):
        await store.put(identity, b"state")

    assert await store.list(0) == [at(5, epoch=1), at(100), at(20), at(9)]
    assert await store.list(1) == [at(7, partition=1)]


async def test_what_is_kept_for_a_version_stands_apart(make):
    store = make()
    await store.put(at(10), b"state")
    for position, epoch, version in ((10, 0, "0-1"), (30, 0, "0-12"), (7, 2, "0.2-3")):
        await store.put(replace(at(position, epoch), version=version), version.encode())

    other = make()
    assert await other.list(0) == [at(10)]
    assert [(copy.version, copy.position) for copy in await other.archived(0)] == [
        ("0.2-3", 7),
        ("0-12", 30),
        ("0-1", 10),
    ]
    assert await other.get(replace(at(30), version="0-12")) == b"0-12"
    assert await other.archived(1) == []

    await other.delete(replace(at(10), version="0-1"))
    await other.clean(0)

    assert [copy.version for copy in await store.archived(0)] == ["0.2-3", "0-12"]
    assert await store.get(at(10)) == b"state"


async def test_nothing_is_listed_before_the_first(make):
    assert await make().list(1) == []


async def test_what_is_not_there_is_missing(make):
    store = make()
    await store.put(at(10), b"state")

    for other in (at(11), at(10, epoch=1), at(10, partition=1)):
        with pytest.raises(SnapshotMissingError, match="there is no snapshot pumps/readings/"):
            await store.get(other)


async def test_putting_again_replaces(make):
    store = make()
    await store.put(at(10), b"a" * 250_000)

    await store.put(at(10), b"b" * 120_000)

    assert await make().get(at(10)) == b"b" * 120_000
    assert await store.list(0) == [at(10)]


async def test_what_another_process_made_in_shared_memory_is_kept_too(make):
    bytes_of_it = random.Random(1).randbytes(250_000)
    with mmap(-1, len(bytes_of_it)) as blob:
        blob.write(bytes_of_it)
        await make().put(at(10), blob)

    assert await make().get(at(10)) == bytes_of_it


async def test_what_was_deleted_is_gone_and_the_others_stay(make):
    store = make()
    for position in (10, 20, 30):
        await store.put(at(position), b"%d" % position)

    await store.delete(at(20))

    other = make()
    assert await other.list(0) == [at(30), at(10)]
    with pytest.raises(SnapshotMissingError):
        await other.get(at(20))
    assert await other.get(at(30)) == b"30"


async def test_another_worker_may_delete_and_what_is_deleted_may_come_again(make):
    await make().put(at(10), b"first")
    other = make()

    await other.delete(at(10))
    assert await other.list(0) == []
    await other.put(at(10), b"second")

    assert await make().get(at(10)) == b"second"


async def test_deleting_what_is_not_there_is_no_error(make):
    store = make()

    await store.delete(at(10))

    assert await store.list(0) == []


async def test_cleaning_leaves_complete_snapshots_alone(make):
    store = make()
    await store.put(at(10), b"a" * 250_000)
    await store.put(at(20), b"b")

    await make().clean(0)

    assert await make().list(0) == [at(20), at(10)]
    assert await make().get(at(10)) == b"a" * 250_000


async def test_what_was_set_aside_is_out_of_the_way_and_stays(make):
    store = make()
    await store.put(at(10), b"before")
    await store.put(at(20), b"forged")

    kept = await store.set_aside(at(20))

    another = make()
    await another.clean(0)
    assert kept is not None
    assert await another.list(0) == [at(10)]
    with pytest.raises(SnapshotMissingError):
        await another.get(at(20))
    await another.put(at(20), b"anew")
    await another.delete(at(20))
    assert await another.list(0) == [at(10)]
    assert [await another.set_aside(at(10)) is None, await another.list(0)] == [False, []]


async def test_of_what_is_set_aside_a_bounded_number_is_kept(make):
    store = make()
    for position in range(9):
        await store.put(at(position), b"forged")

    kept = [await store.set_aside(at(position)) for position in range(9)]

    assert [place is None for place in kept] == [False] * 8 + [True]
    assert await store.list(0) == [at(8)]


async def test_partitions_may_be_written_at_once(make):
    one, two = make(), make()
    blobs = [random.Random(n).randbytes(230_000) for n in range(2)]

    await asyncio.gather(one.put(at(10), blobs[0]), two.put(at(10, partition=1), blobs[1]))

    assert await two.get(at(10)) == blobs[0]
    assert await one.get(at(10, partition=1)) == blobs[1]


async def test_two_writers_of_one_snapshot_do_not_mix(make):
    # One of them was replaced and does not know it yet.
    one, two = make(), make()
    blobs = [bytes([n]) * 230_000 for n in range(2)]

    await asyncio.gather(one.put(at(10), blobs[0]), two.put(at(10), blobs[1]))

    assert await make().get(at(10)) in blobs


async def test_a_put_that_is_cancelled_leaves_all_or_nothing(make):
    store = make()
    await store.put(at(10), b"before")
    blob = random.Random(3).randbytes(350_000)
    for turns in range(0, 40, 3):
        putting = asyncio.ensure_future(store.put(at(20), blob))
        for _ in range(turns):
            await asyncio.sleep(0)
        putting.cancel()
        await asyncio.gather(putting, return_exceptions=True)

        other = make()
        found = await other.list(0)
        assert found in ([at(10)], [at(20), at(10)])
        if found[0] == at(20):
            assert await other.get(at(20)) == blob
            await other.delete(at(20))

    await make().put(at(20), blob)
    assert await make().get(at(20)) == blob


async def test_a_store_can_be_used_again_after_it_was_closed(make):
    store = make()
    await store.put(at(10), b"one")

    await store.close()
    await store.put(at(20), b"two")

    assert await store.list(0) == [at(20), at(10)]


# -- which may go -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("positions", "committed", "keep", "gone"),
    [
        ((10, 20, 30, 40, 50), 50, 3, (10, 20)),
        ((10, 20, 30, 40, 50), 30, 3, ()),
        ((10, 20, 30, 40, 50), 40, 2, (10, 20)),
        ((10, 20, 30, 40, 50), 40, 1, (10, 20, 30)),
        ((10, 20, 30), None, 1, ()),
        ((10, 20, 30), 5, 1, ()),
        ((10, 20, 30), 25, 1, (10,)),  # the one at 25 is gone already: the newest below it stays
        ((), 10, 1, ()),
    ],
)
def test_the_oldest_below_the_committed_one_may_go(positions, committed, keep, gone):
    identities = [at(position) for position in positions]
    random.Random(1).shuffle(identities)

    assert to_delete(identities, epoch=0, committed=committed, keep=keep) == [at(position) for position in gone]


def test_an_earlier_epoch_is_older_whatever_its_positions():
    identities = [at(1_000), at(900), at(10, epoch=1), at(20, epoch=1), at(30, epoch=1)]

    assert to_delete(identities, epoch=1, committed=20, keep=2) == [at(900), at(1_000)]


def test_the_committed_one_and_all_newer_ones_stay_for_every_choice():
    identities = [at(position, epoch) for epoch in range(3) for position in range(0, 100, 10)]
    for epoch in range(3):
        for committed in range(0, 100, 10):
            for keep in range(1, 8):
                gone = to_delete(identities, epoch=epoch, committed=committed, keep=keep)
                assert all((i.epoch, i.position) < (epoch, committed) for i in gone)
                below = [i for i in identities if (i.epoch, i.position) <= (epoch, committed)]
                assert len(below) - len(gone) == min(keep, len(below))


def test_to_keep_none_is_refused():
    with pytest.raises(ValueError, match="keep must be at least 1 snapshot, got 0"):
        to_delete([], epoch=0, committed=1, keep=0)
