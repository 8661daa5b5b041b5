"""Which chunks reach the shards: none that was fetched before the partition's newest seek.

Faust may hand over a chunk that it has held across a rebalance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set
from typing import Any

import pytest

from streams.engine.chunk import Chunk
from streams.engine.engine import Engine
from streams.here.failures import MovedError
from tests import builders
from tests.streams.folding import Row


class Delivered:
    """An intake that keeps what it is given."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def assigned(self, partitions: Set[int]) -> None:
        """Nothing to do."""

    def revoked(self, partitions: Set[int]) -> None:
        """Nothing to do."""

    def deliver(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)

    def with_room(self, partitions: Set[int]) -> set[int]:
        return set(partitions)

    async def room(self, partitions: Set[int], timeout_s: float) -> None:
        """There always is."""


class Placed:
    """Faust's consumer, as far as a seek needs it."""

    _thread = None

    def __init__(self) -> None:
        self.number = 0

    def seek_chunks(self, tp: Any, offset: int, number: int) -> None:
        self.number = number

    def chunk(self) -> Chunk:
        """What would be fetched now."""
        return Chunk(0, self.number, 5, [Row(5)])


@pytest.fixture
async def engine() -> Engine:
    engine = Engine(builders.gauge(), {"bootstrap_servers": ["127.0.0.1:9"]}, Delivered(), pytest.fail, partitions=1)
    engine._app._consumer = Placed()
    engine.assigned({0})
    return engine


def delivered(engine: Engine, chunk: Chunk) -> bool:
    assert isinstance(engine._intake, Delivered)
    engine._intake.chunks.clear()
    engine.take(chunk)
    return engine._intake.chunks == [chunk]


async def test_a_chunk_fetched_before_the_newest_seek_is_dropped(engine: Engine):
    engine.seek(0, 5)
    before = engine._app._consumer.chunk()
    assert delivered(engine, before)

    engine.seek(0, 5)

    assert not delivered(engine, before)
    assert delivered(engine, engine._app._consumer.chunk())


@pytest.mark.parametrize("change", ["revoked", "assigned"])
async def test_a_chunk_fetched_before_a_rebalance_is_dropped(engine: Engine, change: str):
    engine.seek(0, 5)
    before = engine._app._consumer.chunk()

    getattr(engine, change)({0})

    assert not delivered(engine, before)


async def test_what_is_not_ours_cannot_be_read(engine: Engine):
    with pytest.raises(MovedError):
        engine.seek(1, 5)
    engine.revoked({0})
    with pytest.raises(MovedError):
        engine.seek(0, 5)


async def waits(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("given up")


async def test_a_chunk_is_handed_on_without_a_wait_while_the_flow_is_on(engine: Engine):
    consumer = engine._app._new_consumer()
    engine._app.flow_control.resume()
    handed: list[str] = []

    async def hand_on() -> None:
        handed.append("on")

    await consumer.wait_first(hand_on(), asyncio.Event().wait())

    assert handed == ["on"]
    assert len(asyncio.all_tasks()) == 1


async def test_a_chunk_that_cannot_be_handed_on_is_given_up_when_a_rebalance_begins(engine: Engine):
    consumer = engine._app._new_consumer()
    engine._app.flow_control.suspend()
    given_up: list[str] = []
    suspended = asyncio.Event()
    suspended.set()

    async with asyncio.timeout(5):
        await consumer.wait_first(waits(given_up), suspended.wait())
        await asyncio.sleep(0.01)

    assert given_up == ["given up"]
