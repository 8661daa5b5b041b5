"""The newest records of a topic, as lines of JSON: a bounded sample, to be looked at as a data file is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from schemas.hints import nearest
from streams.data.unpacking import DataFileError
from streams.here.failures import TopicsError
from streams.kafka.admin import administering
from streams.kafka.client_errors import as_worker_error
from streams.kafka.reading import is_left, reading
from streams.kafka.refusal import refusal
from streams.kafka.topics import partition_counts

MOST_BYTES: Final = 100_000_000
"""Of values that are held at once; of larger records fewer are read."""
PATIENCE_S: Final = 20.0
"""How long it may take until the next record comes, of those that are there."""
_POLL_MS: Final = 500
_CLIENT: Final = "rivergauge-init"


class _Record(NamedTuple):
    timestamp: int
    partition: int
    offset: int
    value: bytes


async def sample(settings: Mapping[str, Any], topic: str, limit: int, file: IO[bytes]) -> int:
    """Write the newest ``limit`` committed records of a topic, about as many of each partition, in Kafka's order of
    time; and say how many they are. Records without a value are left out.

    Parameters
    ----------
    settings
        Client settings, from `streams.kafka.connection`.

    Raises
    ------
    TopicsError
        If there is no such topic.
    DataFileError
        If its records are in a binary form.
    WorkerError
        If the broker cannot be reached, refuses us, or sends nothing for `PATIENCE_S`.
    """
    try:
        async with administering(settings, _CLIENT) as admin:
            counts = await partition_counts(admin)
        if topic not in counts:
            raise TopicsError(f"there is no topic '{topic}', or it may not be seen{nearest(topic, sorted(counts))}")
        async with reading(settings, _CLIENT) as consumer:
            found = await _newest(consumer, topic, [*range(counts[topic])], limit)
    except (KafkaError, TimeoutError) as error:
        raise await refusal(settings) or as_worker_error(error) from error
    found.sort()
    for record in found:
        # Between the tokens of JSON a line end is a blank, and within its strings there is none.
        file.write(record.value.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n")
    return len(found)


async def _newest(consumer: AIOKafkaConsumer, topic: str, partitions: Sequence[int], limit: int) -> list[_Record]:
    places = [TopicPartition(topic, number) for number in partitions]
    consumer.assign(places)
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    share, size = -(-limit // len(places)), 0
    for place in places:
        consumer.seek(place, max(begins[place], ends[place] - share))
    found: list[_Record] = []
    left = {place for place in places if begins[place] < ends[place]}
    while left and size < MOST_BYTES:
        async with asyncio.timeout(PATIENCE_S):
            batches: dict[TopicPartition, list[Any]] = {}
            while not batches and left:
                batches = await consumer.getmany(*left, timeout_ms=_POLL_MS)
                left = {place for place in left if await is_left(consumer, place, ends[place])}
        for place, records in batches.items():
            for record in records:
                if record.value and record.offset < ends[place]:
                    _refuse_binary(topic, record.value)
                    found.append(_Record(record.timestamp, place.partition, record.offset, record.value))
                    size += len(record.value)
    return found


def _refuse_binary(topic: str, value: bytes) -> None:
    if value.startswith(b"\x00"):
        raise DataFileError(
            f"topic {topic}: expected JSON, got records that begin with a zero byte, as those of a schema registry do "
            "(Avro, Protobuf, or JSON behind the number of its schema): write them to a topic as plain JSON"
        )
