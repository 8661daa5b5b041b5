"""Exactly once on a real Kafka: what a reader of committed records sees, and who may write."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from streams.delivery.exactly_once import ExactlyOnce, committed, transactional_id, transactional_producer
from streams.delivery.ledger import DoubtError, FencedError, Mark
from streams.envelope import Output
from streams.failures import MarkRefusedError

pytestmark = pytest.mark.kafka


class BoomError(Exception):
    """What happens at a named point."""


class Place:
    """A topic and a group of the test's own, and ledgers for it."""

    def __init__(self, servers: str) -> None:
        self.settings: dict[str, Any] = {"bootstrap_servers": servers}
        self.topic = f"t{uuid.uuid4().hex}"
        self.group = f"g-{self.topic}"
        self.tp = TopicPartition(self.topic, 0)
        self.made: list[ExactlyOnce] = []

    def ledger(self, at: Callable[[str], None] = lambda point: None) -> ExactlyOnce:
        name = transactional_id("g", self.topic, 0)
        ledger = ExactlyOnce(
            lambda: transactional_producer(self.settings, name),
            lambda: committed(self.settings, self.group, self.tp),
            group=self.group,
            place=self.tp,
            at=at,
        )
        self.made.append(ledger)
        return ledger

    def outputs(self, *values: bytes) -> list[Output]:
        return [Output(self.topic, None, value, [("ce_id", value)], 1_000) for value in values]

    async def read(self, isolation: str = "read_committed") -> list[bytes]:
        async with AIOKafkaConsumer(**self.settings, isolation_level=isolation) as consumer:
            consumer.assign([self.tp])
            await consumer.seek_to_beginning(self.tp)
            end = (await consumer.end_offsets([self.tp]))[self.tp]
            got: list[bytes] = []
            async with asyncio.timeout(20):
                while await consumer.position(self.tp) < end:
                    got += [r.value for rs in (await consumer.getmany(timeout_ms=100)).values() for r in rs]
            return got


@pytest.fixture
async def place(kafka: str):
    made = Place(kafka)
    admin = AIOKafkaAdminClient(**made.settings)
    await admin.start()
    await admin.create_topics([NewTopic(made.topic, 1, 1)])
    await admin.close()
    async with asyncio.timeout(30):
        while not await ready(made.ledger()):
            pass
    yield made
    for ledger in made.made:
        await ledger.close()


async def ready(ledger: ExactlyOnce) -> bool:
    """A new broker has no coordinators at first: that is a doubt, and the port says to try again."""
    try:
        await ledger.open()
    except DoubtError:
        return False
    return True


def mark(snapshot: int, published: int) -> Mark:
    return Mark(snapshot, published, 0, "0f.1e", 1)


async def test_outputs_and_mark_are_there_together_and_the_next_owner_reads_what_was_written(place: Place):
    first = place.ledger()
    assert await first.open() is None

    await first.commit(place.outputs(b"a", b"b"), mark(0, 2))
    await first.commit(place.outputs(b"c"), mark(1, 3))

    assert await place.ledger().open() == mark(1, 3)
    assert await place.read() == [b"a", b"b", b"c"]
    assert (await committed(place.settings, place.group, place.tp)).offset == 1


async def test_a_mark_without_outputs_is_a_commit_too(place: Place):
    ledger = place.ledger()
    await ledger.open()

    await ledger.commit([], mark(5, 7))

    assert await ledger.read() == mark(5, 7)
    assert await place.ledger().open() == mark(5, 7)
    assert await place.read() == []


@pytest.mark.parametrize("point", ["after begin", "after send", "after offsets"])
async def test_what_is_not_committed_is_never_seen_and_its_mark_is_not_either(place: Place, point: str):
    def at(reached: str) -> None:
        if reached == point:
            raise BoomError

    steady = place.ledger()
    await steady.open()
    await steady.commit(place.outputs(b"a"), mark(0, 1))
    broken = place.ledger(at)
    await broken.open()
    with pytest.raises(BoomError):
        await broken.commit(place.outputs(b"b"), mark(1, 2))

    again = place.ledger()
    assert await again.open() == mark(0, 1)
    await again.commit(place.outputs(b"c"), mark(1, 2))

    assert await place.read() == [b"a", b"c"]


async def test_a_zombie_is_fenced_and_nothing_of_it_is_seen(place: Place):
    zombie, owner = place.ledger(), place.ledger()
    await zombie.open()
    await zombie.commit(place.outputs(b"a"), mark(0, 1))
    assert await owner.open() == mark(0, 1)

    with pytest.raises(FencedError):
        await zombie.commit(place.outputs(b"zombie"), mark(1, 2))
    await owner.commit(place.outputs(b"b"), mark(1, 2))

    assert await place.read() == [b"a", b"b"]
    assert await owner.read() == mark(1, 2)


async def test_a_zombie_in_the_middle_of_a_transaction_is_fenced_too(place: Place):
    owner = place.ledger()

    class Fork:
        """Stops the zombie where it is, lets the owner begin, and lets it go on."""

        def __init__(self) -> None:
            self.reached, self.go = asyncio.Event(), asyncio.Event()

    fork = Fork()
    zombie = place.ledger()
    await zombie.open()
    producer = zombie._producer
    plain = producer.commit_transaction

    async def commit() -> None:
        fork.reached.set()
        await fork.go.wait()
        await plain()

    producer.commit_transaction = commit
    committing = asyncio.create_task(zombie.commit(place.outputs(b"zombie"), mark(0, 1)))
    await asyncio.wait_for(fork.reached.wait(), 20)
    assert await owner.open() is None
    fork.go.set()

    with pytest.raises(FencedError):
        await asyncio.wait_for(committing, 30)
    await owner.commit(place.outputs(b"a"), mark(0, 1))

    assert await place.read() == [b"a"]


async def test_the_commit_of_another_program_is_refused(place: Place):
    producer = AIOKafkaProducer(**place.settings, transactional_id=f"x-{place.topic}")
    async with producer, producer.transaction():
        await producer.send_offsets_to_transaction({place.tp: OffsetAndMetadata(3, "")}, place.group)

    with pytest.raises(MarkRefusedError, match=r"at 3 with metadata '', which no worker of this gauge wrote"):
        await place.ledger().open()
