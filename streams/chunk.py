"""What the engine hands to the shell: whole fetched chunks of one partition, with where and when they were fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Record(Protocol):
    """One record of the log, as any Kafka client shows it. ``timestamp`` is in milliseconds, -1 if there is none."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Bounds(NamedTuple):
    """A partition's readable offsets, ``begin`` to ``end`` (exclusive; the last stable offset)."""

    begin: int
    end: int


class Chunk(NamedTuple):
    """Records of one partition in the order of their offsets.

    ``seek`` numbers the seek after which they were fetched. ``start`` is where the reader stood: the seek's
    target, or one past the last record handed out after it. Everything readable from there on is in ``records``.
    """

    partition: int
    seek: int
    start: int
    records: Sequence[Record]
