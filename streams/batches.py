"""Delivery of whole fetched chunks, one per partition, through Faust's ``ConsumerScheduler`` setting.

Faust's own scheduler yields record by record, at about 70 µs each. This one yields one carrier per fetched chunk that
has a record's attributes, as Faust's consumer reads them, and the chunk as its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from faust.types.transports import SchedulingStrategyT

from streams.chunk import Chunk


class ChunkCarrier:
    """A chunk in the shape of one consumer record. Its offset is the chunk's last, so that Faust sees offsets rise."""

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
        self.offset = chunk.records[-1].offset
        self.value = chunk


class ChunkScheduler(SchedulingStrategyT):  # type: ignore[misc]  # Faust's classes are untyped here
    """Yields each partition's chunk once, in the order in which the broker's answers were read."""

    def iterate(self, records: Mapping[Any, Chunk]) -> Iterator[tuple[Any, ChunkCarrier]]:
        """Yield (topic and partition, carrier) for each chunk that has records."""
        for topic_partition, chunk in records.items():
            if chunk.records:
                yield topic_partition, ChunkCarrier(topic_partition.topic, chunk)
