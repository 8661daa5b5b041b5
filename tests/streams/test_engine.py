"""Which chunks reach the shards: none that was fetched before the partition's newest seek.

Faust may hand over a chunk that it has held across a rebalance.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import pytest

from streams.app import Engine
from streams.chunk import Chunk
from streams.failures import MovedError
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

    def __init__(self) -> None:
        self.number = 0

    def place(self, tp: Any, offset: int, number: int) -> None:
        self.number = number

    def chunk(self) -> Chunk:
        """What would be fetched now."""
        return Chunk(0, self.number, 5, [Row(5)])


@pytest.fixture
async def engine() -> Engine:
    engine = Engine(builders.gauge(), {"bootstrap_servers": ["127.0.0.1:9"]}, Delivered(), pytest.fail)
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
