"""Exactly once on a real Kafka: what a reader of committed records sees, and who may write."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.structs import OffsetAndMetadata

from streams.delivery.ledger import Mark
from streams.here.failures import FencedError, MarkRefusedError
from tests.streams.delivery.real import Place, opened

pytestmark = pytest.mark.kafka


class BoomError(Exception):
    """What happens at a named point."""


@pytest.fixture
async def place(kafka: str):
    async with opened(kafka) as made:
        yield made


def mark(snapshot: int, published: int) -> Mark:
    return Mark(snapshot, published, 0, "0f.1e", 1)


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


@pytest.mark.parametrize("outputs", [(), (b"zombie",)])
async def test_a_fence_leaves_no_exception_that_nobody_retrieves(place: Place, outputs: tuple[bytes, ...]):
    forgotten: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: forgotten.append(context))
    zombie, owner = place.ledger(), place.ledger()
    await zombie.open()
    await owner.open()

    with pytest.raises(FencedError):
        await zombie.commit(place.outputs(*outputs), mark(0, 1))

    await zombie.close()
    gc.collect()
    await asyncio.sleep(0)
    gc.collect()
    assert forgotten == []


async def test_the_commit_of_another_program_is_refused(place: Place):
    producer = AIOKafkaProducer(**place.settings, transactional_id=f"x-{place.topic}")
    async with producer, producer.transaction():
        await producer.send_offsets_to_transaction({place.tp: OffsetAndMetadata(3, "")}, place.group)

    with pytest.raises(MarkRefusedError, match=r"at 3 with metadata '', which no worker of this gauge wrote"):
        await place.ledger().open()
