"""Delivery of whole fetched chunks, one per partition, through Faust's ``ConsumerScheduler`` setting.

Faust's own scheduler yields record by record, at about 70 µs each. This one yields one carrier per fetched chunk that
has a record's attributes, as Faust's consumer reads them, and the chunk as its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, ClassVar

from faust.types.transports import SchedulingStrategyT

from streams.engine.chunk import Chunk

_numbers = count(1)


class ChunkCarrier:
    """A chunk in the shape of one consumer record. Its offset is its number in this process: Faust drops what does not
    rise, and the log's own offsets fall when a partition is read again."""

    __slots__ = ("offset", "partition", "topic", "value")

    timestamp: ClassVar[int] = 0
    timestamp_type: ClassVar[int] = 0
    headers: ClassVar[tuple[()]] = ()
    key: ClassVar[None] = None
    checksum: ClassVar[None] = None
    serialized_key_size: ClassVar[int] = 0
    serialized_value_size: ClassVar[int] = 0

    def __init__(self, topic: str, chunk: Chunk) -> None:
        self.topic = topic
        self.partition = chunk.partition
        self.offset = next(_numbers)
        self.value = chunk


class ChunkScheduler(SchedulingStrategyT):  # type: ignore[misc]  # Faust's classes are untyped here
    """Yields each partition's chunk once, in the order in which the broker's answers were read."""

    def iterate(self, records: Mapping[Any, Chunk]) -> Iterator[tuple[Any, ChunkCarrier]]:
        """Yield (topic and partition, carrier) for each chunk that has records."""
        for topic_partition, chunk in records.items():
            if chunk.records:
                yield topic_partition, ChunkCarrier(topic_partition.topic, chunk)
