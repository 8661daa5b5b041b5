"""Dead letters as they stand in their topic: which there are, and those that are wanted, whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from schemas.events import Reason
from schemas.gauge import Gauge
from schemas.records import DeadLetter
from streams.kafka.admin import administering
from streams.kafka.client_errors import as_worker_error
from streams.kafka.reading import reading
from streams.kafka.topics import partition_counts
from streams.view.follower import PATIENCE_S
from streams.view.published import Foreign, KafkaRecord, Published, read_back

_POLL_MS: Final = 500
_CLIENT: Final = "rivergauge-letters"
_CUT: Final = frozenset({"rivergauge_value_length", "rivergauge_key_length"})


class Letter(NamedTuple):
    """Which dead letter; ``offset`` is in the dead letters' topic, ``source`` in the input."""

    id: str
    partition: int
    offset: int
    source: int
    reason: Reason


class Whole(NamedTuple):
    """A dead letter with all that was published of the refused record."""

    published: Published
    letter: DeadLetter
    is_cut: bool
    """Whether the record was too large for the dead letters' topic: the rest of its bytes is nowhere but in the input,
    as long as that keeps it."""


def whole(record: KafkaRecord) -> Whole | None:
    """The dead letter that a record is; None if it is somebody else's."""
    read = read_back(record)
    if isinstance(read, Foreign) or not isinstance(read.effect, DeadLetter):
        return None
    return Whole(read, read.effect, any(name in _CUT for name, _ in record.headers))


def which(one: Whole) -> Letter:
    """The same without its bytes."""
    published, letter = one.published, one.letter
    return Letter(published.id, published.partition, published.offset, letter.source, letter.reason)


async def fetched(
    gauge: Gauge, settings: Mapping[str, Any], places: Sequence[tuple[int, int]]
) -> AsyncGenerator[Whole, None]:
    """The letters at these (partition, offset), by partition and offset; those that are gone are left out.

    Raises
    ------
    WorkerError
        If the broker cannot be reached, or nothing comes for `PATIENCE_S`.
    """
    try:
        count = await _partitions(gauge, settings)
        there = sorted(place for place in places if place[0] < count)
        async with reading(settings, _CLIENT) as consumer:
            for partition, group in groupby(there, key=lambda place: place[0]):
                wanted = [offset for _, offset in group]
                async for record in _records(consumer, TopicPartition(gauge.topics.dead_letters, partition), wanted):
                    if (one := whole(record)) is not None:
                        yield one
    except (KafkaError, OSError, TimeoutError) as error:
        raise as_worker_error(error) from error


async def _partitions(gauge: Gauge, settings: Mapping[str, Any]) -> int:
    async with administering(settings, _CLIENT) as admin:
        return (await partition_counts(admin)).get(gauge.topics.dead_letters, 0)


async def _records(consumer: AIOKafkaConsumer, place: TopicPartition, wanted: list[int]) -> AsyncIterator[Any]:
    consumer.assign([place])
    end = (await consumer.end_offsets([place]))[place]
    left = {offset for offset in wanted if offset < end}
    if not left:
        return
    consumer.seek(place, min(left))
    last = max(left)
    while await consumer.position(place) <= last:
        async with asyncio.timeout(PATIENCE_S):
            batch: list[Any] = []
            while not batch and await consumer.position(place) <= last:
                batch = (await consumer.getmany(place, timeout_ms=_POLL_MS)).get(place, [])
        for record in batch:
            if record.offset in left:
                yield record
