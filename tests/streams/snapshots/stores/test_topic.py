"""What is a topic's own: chunks, the manifest that comes last, and what unfinished puts leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.structs import TopicPartition

from streams.broker.inprocess import InProcessBroker
from streams.kafka.topic_table import ROWS
from streams.snapshots.failures import SnapshotMissingError, SnapshotStoreError
from streams.snapshots.identity import Identity
from streams.snapshots.stores.topic import FollowedTopicStore, TopicStore, ensure_topic
from streams.snapshots.stores.topic_scan import Scan

TOPIC = "pumps.snapshots"


def at(position: int, gauge: str = "pumps") -> Identity:
    return Identity(gauge=gauge, topic="readings", partition=0, epoch=0, position=position)


@pytest.fixture
async def servers() -> AsyncIterator[str]:
    with InProcessBroker() as broker:
        broker.create_topic(TOPIC)
        yield broker.bootstrap_servers


def store_of(servers: str, gauge: str = "pumps", **settings: Any) -> TopicStore:
    settings = {"chunk_bytes": 1_000, "patience_s": 20, **settings}
    return TopicStore({"bootstrap_servers": servers}, TOPIC, gauge=gauge, topic="readings", **settings)


@pytest.fixture
async def store(servers: str) -> AsyncIterator[TopicStore]:
    store = store_of(servers)
    yield store
    await store.close()


async def log(servers: str, n: int) -> list[tuple[str, bytes | None]]:
    """The first ``n`` records of the topic."""
    place = TopicPartition(TOPIC, 0)
    got: list[tuple[str, bytes | None]] = []
    async with AIOKafkaConsumer(bootstrap_servers=servers) as consumer:
        consumer.assign([place])
        consumer.seek(place, 0)
        while len(got) < n:
            got += [(r.key.decode(), r.value) for r in (await consumer.getmany(place, timeout_ms=20_000))[place]]
    return got


async def append(servers: str, *records: tuple[str, bytes | None]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        for key, value in records:
            await producer.send_and_wait(TOPIC, value, key=key.encode(), partition=0)


@pytest.mark.broker
async def test_the_manifest_comes_after_every_chunk(servers, store):
    await store.put(at(4_182), bytes(2_500))

    records = await log(servers, 4)
    keys = [key.split("/") for key, _ in records]
    assert [key[:4] for key in keys] == [["pumps", "readings", "0", "4182"]] * 4
    assert [key[5:] for key in keys] == [["000000"], ["000001"], ["000002"], []]
    assert [len(value or b"") for _, value in records[:3]] == [1_000, 1_000, 500]
    assert keys[3][4] == "manifest"


@pytest.mark.broker
async def test_chunks_without_a_manifest_are_no_snapshot_and_are_cleaned(servers, store):
    await store.put(at(10), b"whole")
    await append(servers, ("pumps/readings/0/20/0123456789abcdef/000000", b"half"))

    assert await store.list(0) == [at(10)]
    await store.clean(0)

    assert (await log(servers, 4))[3] == ("pumps/readings/0/20/0123456789abcdef/000000", None)
    assert await store.get(at(10)) == b"whole"


@pytest.mark.broker
async def test_a_snapshot_that_lost_a_chunk_is_missing_and_says_so(servers, store):
    await store.put(at(10), bytes(2_500))
    chunk = (await log(servers, 4))[1][0]
    manifest = (await log(servers, 4))[3]
    key, value = manifest
    assert value is not None
    offsets = value.replace(b"[0,1,2]", b"[1,2]").replace(b'"sizes":[1000,1000,500]', b'"sizes":[1000,1000,500]')
    await append(servers, (key, offsets))

    assert chunk.endswith("/000001")
    with pytest.raises(
        SnapshotMissingError, match="expected 3 chunks of 2500 bytes, got 2 of 1500; use the one before"
    ):
        await store_of(servers).get(at(10))


@pytest.mark.broker
async def test_deleting_and_replacing_leave_no_chunk_without_an_end(servers, store):
    await store.put(at(10), bytes(1_500))
    await store.put(at(10), bytes(500))
    await store.delete(at(10))

    newest = dict(await log(servers, 9))
    assert len(newest) == 4
    assert set(newest.values()) == {None}


@pytest.mark.broker
async def test_foreign_records_are_passed_over(servers, store):
    await store.put(at(10), b"state")
    await append(
        servers,
        ("something else", b"x"),
        ("pumps/readings/zero/10/manifest", b"{}"),
        ("pumps/readings/0/20/manifest", b"no manifest"),
        ("pumps/readings/0/30/manifest", b'{"format":2}'),
        ("pumps/other/0/40/manifest", b"{}"),
        ("pumpsreadings/0/50/manifest", b"{}"),
    )

    assert await store.list(0) == [at(10)]
    await store.clean(0)
    assert await store.get(at(10)) == b"state"


@pytest.mark.broker
async def test_gauges_on_one_topic_do_not_see_each_other(servers, store):
    other = store_of(servers, gauge="fans")
    await store.put(at(10), b"state")
    await other.put(at(20, "fans"), b"fans")

    await other.clean(0)

    assert await store.list(0) == [at(10)]
    assert await other.list(0) == [at(20, "fans")]
    await other.close()


@pytest.mark.broker
async def test_a_broker_that_is_away_is_told_and_the_next_put_goes_through():
    with InProcessBroker() as broker:
        broker.create_topic(TOPIC)
        store = store_of(broker.bootstrap_servers, patience_s=0.3)
        await store.put(at(10), b"before")
        broker.set_down()

        with pytest.raises(SnapshotStoreError, match=r"could not be written: no answer within 0\.3 s"):
            await store.put(at(20), b"lost")
        with pytest.raises(SnapshotStoreError, match="could not be read"):
            await store.list(0)
        broker.set_up()
        store._kafka._patience_s = 20
        await store.put(at(30), b"after")

        assert {at(30), at(10)} <= set(await store.list(0))
        await store.close()


# -- making the topic -------------------------------------------------------------------------------------------------


class Admin:
    def __init__(self, counts: dict[str, int], code: int = 0) -> None:
        self.counts = counts
        self.code = code
        self.created: list[Any] = []

    async def describe_topics(self, topics: list[str] | None = None) -> list[dict[str, Any]]:
        return [{"error_code": 0, "topic": name, "partitions": [0] * count} for name, count in self.counts.items()]

    async def create_topics(self, new_topics: list[Any]) -> Any:
        self.created += new_topics
        return SimpleNamespace(topic_errors=[(topic.name, self.code, "why") for topic in new_topics])

    async def describe_configs(self, config_resources: list[Any]) -> list[Any]:
        return []


async def test_a_missing_topic_is_made_compacted_with_the_inputs_partitions():
    admin = Admin({"pumps": 4})

    await ensure_topic(admin, TOPIC, partitions=4, replication_factor=3)

    [topic] = admin.created
    assert (topic.name, topic.num_partitions, topic.replication_factor) == (TOPIC, 4, 3)
    assert topic.topic_configs == ROWS["snapshots"].fixed
    assert topic.topic_configs["cleanup.policy"] == "compact"


async def test_a_topic_that_another_worker_makes_first_is_no_error():
    await ensure_topic(Admin({}, code=36), TOPIC, partitions=4, replication_factor=1)


async def test_a_topic_that_may_not_be_made_is_told():
    with pytest.raises(SnapshotStoreError, match="could not be made"):
        await ensure_topic(
            Admin({}, code=TopicAuthorizationFailedError.errno), TOPIC, partitions=4, replication_factor=1
        )


async def test_another_number_of_partitions_is_refused():
    with pytest.raises(SnapshotStoreError, match=r"must have the input's 4 partition\(s\), got 2"):
        await ensure_topic(Admin({TOPIC: 2}), TOPIC, partitions=4, replication_factor=1)


@pytest.mark.broker
async def test_who_follows_reads_what_has_come_since_and_sees_the_same(servers, store):
    read: list[int] = []

    class Counting(FollowedTopicStore):
        def _scan(self, partition: int) -> Scan:
            scan = super()._scan(partition)
            read.append(scan.next_offset or 0)
            return scan

    following = Counting({"bootstrap_servers": servers}, TOPIC, gauge="pumps", topic="readings", chunk_bytes=1_000)
    for position in (10, 20, 30):
        await store.put(at(position), bytes(2_500))
        assert await following.list(0) == await store.list(0)
        assert await following.get(at(position)) == bytes(2_500)
    await store.delete(at(10))
    assert await following.list(0) == await store.list(0) == [at(30), at(20)]

    assert read == [0, 4, 4, 8, 8, 12, 12]
