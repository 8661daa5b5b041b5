"""Which partition a key belongs to, as producers of two families decide it.

``murmur2`` is the default of Kafka's Java clients, kafka-python and aiokafka; ``crc32`` that of librdkafka
(``consistent``, ``consistent_random``), and so of confluent-kafka and of the clients for Go, .NET and Rust on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import choice
from types import MappingProxyType
from typing import Final, Literal
from zlib import crc32

from aiokafka.partitioner import murmur2

Family = Literal["murmur2", "crc32"]

_HASHES: Final[Mapping[str, Callable[[bytes], int]]] = MappingProxyType(
    {"murmur2": lambda key: murmur2(key) & 0x7FFFFFFF, "crc32": crc32}
)


def partition_of(key: bytes, partitions: int, family: Family) -> int:
    """The partition of a key, of so many.

    >>> partition_of(b"pump-7", 6, "murmur2"), partition_of(b"pump-7", 6, "crc32")
    (0, 5)
    """
    return int(_HASHES[family](key) % partitions)


def partitioner(family: Family) -> Callable[[bytes | None, Sequence[int], Sequence[int]], int]:
    """The same for a producer: what has no key goes to any partition that has a leader."""

    def chosen(key: bytes | None, every: Sequence[int], available: Sequence[int]) -> int:
        if key is None:
            return choice(available or every)
        return every[partition_of(key, len(every), family)]

    return chosen
