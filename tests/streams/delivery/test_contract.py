"""The words of `Ledger`, held to by the fakes of tests and simulation and by Kafka's transactions alike."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest

from streams.delivery.envelope import Output
from streams.delivery.ledger import Ledger, Mark
from streams.here.failures import FencedError
from tests.simulation.world import FakeLedger, Process, World
from tests.streams.delivery.memory import MemoryLedger, Partition
from tests.streams.delivery.real import opened


class Stage(NamedTuple):
    """Ledgers of one partition, and what a reader of committed records sees of it."""

    ledger: Callable[[], Ledger]
    seen: Callable[[], Awaitable[list[bytes | None]]]
    topic: str = "out"

    def outputs(self, *values: bytes) -> list[Output]:
        return [Output(self.topic, None, value, [("ce_id", value)], 1_000) for value in values]


@pytest.fixture(params=["memory", "simulation", pytest.param("kafka", marks=pytest.mark.kafka)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "memory":
        partition = Partition()

        async def kept() -> list[bytes | None]:
            return [output.value for output in partition.outputs]

        yield Stage(lambda: MemoryLedger(partition), kept)
    elif request.param == "simulation":
        world = World([], random.Random(1))

        async def said() -> list[bytes | None]:
            return [output.value for output in world.outputs]

        yield Stage(lambda: FakeLedger(Process(world)), said)
    else:
        async with opened(request.getfixturevalue("kafka")) as place:
            yield Stage(place.ledger, place.read, place.topic)


def mark(snapshot: int, published: int) -> Mark:
    return Mark(snapshot, published, 0, "0f.1e", 1)


async def test_outputs_and_mark_are_there_together_and_the_next_owner_reads_what_was_written(stage: Stage):
    first = stage.ledger()
    assert first.transactional
    assert await first.open() is None

    await first.commit(stage.outputs(b"a", b"b"), mark(0, 2))
    await first.commit(stage.outputs(b"c"), mark(1, 3))

    assert await stage.ledger().open() == mark(1, 3)
    assert await stage.seen() == [b"a", b"b", b"c"]


async def test_a_mark_without_outputs_is_a_commit_too(stage: Stage):
    ledger = stage.ledger()
    await ledger.open()

    await ledger.commit([], mark(5, 7))

    assert await ledger.read() == mark(5, 7)
    assert await stage.ledger().open() == mark(5, 7)
    assert await stage.seen() == []


async def test_to_read_shuts_nobody_out(stage: Stage):
    owner = stage.ledger()
    await owner.open()
    await owner.commit([], mark(0, 1))

    assert await stage.ledger().read() == mark(0, 1)
    await owner.commit(stage.outputs(b"a"), mark(0, 2))

    assert await stage.seen() == [b"a"]


async def test_a_zombie_is_fenced_and_nothing_of_it_is_seen(stage: Stage):
    zombie, owner = stage.ledger(), stage.ledger()
    await zombie.open()
    await zombie.commit(stage.outputs(b"a"), mark(0, 1))
    assert await owner.open() == mark(0, 1)

    with pytest.raises(FencedError):
        await zombie.commit(stage.outputs(b"zombie"), mark(1, 2))
    await owner.commit(stage.outputs(b"b"), mark(1, 2))

    assert await stage.seen() == [b"a", b"b"]
    assert await owner.read() == mark(1, 2)


async def test_who_was_fenced_may_open_again_and_is_the_owner_then(stage: Stage):
    first, second = stage.ledger(), stage.ledger()
    await first.open()
    await second.open()
    with pytest.raises(FencedError):
        await first.commit(stage.outputs(b"x"), mark(0, 1))

    assert await first.open() is None
    await first.commit(stage.outputs(b"a"), mark(0, 1))

    with pytest.raises(FencedError):
        await second.commit(stage.outputs(b"y"), mark(0, 2))
    assert await stage.seen() == [b"a"]


async def test_a_state_beyond_its_outputs_is_never_committed(stage: Stage):
    ledger = stage.ledger()
    await ledger.open()

    with pytest.raises(ValueError, match="0 <= since <= snapshot <= published"):
        await ledger.commit(stage.outputs(b"a"), mark(2, 1))

    assert await stage.ledger().open() is None
    assert await stage.seen() == []
