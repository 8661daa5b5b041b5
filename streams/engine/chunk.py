"""What the engine hands to the shell: whole fetched chunks of one partition, with where and when they were fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

from schemas.log import Record


class Fetched(Record, Protocol):
    """A record of the log with its place in it. ``timestamp`` is in milliseconds, -1 if there is none."""

    @property
    def offset(self) -> int:
        """Its offset in the partition."""

    @property
    def timestamp(self) -> int:
        """The producer's time, or the broker's, as the topic is set."""


class UnreadBatch(bytes):
    """The value of a record that stands for a whole batch that cannot be read: none, but for the reason.

    Parameters
    ----------
    first, last
        The batch's offsets; it stands at the last.
    reason
        What is wrong with it, to follow "the batch".
    """

    first: int
    last: int
    reason: str

    def __new__(cls, first: int, last: int, reason: str) -> Self:
        """An empty value."""
        made = super().__new__(cls)
        made.first, made.last, made.reason = first, last, reason
        return made


class Bounds(NamedTuple):
    """A partition's readable offsets, ``begin`` to ``end`` (exclusive; the last stable offset)."""

    begin: int
    end: int


class Chunk(NamedTuple):
    """Records of one partition in the order of their offsets.

    ``seek`` numbers the seek after which they were fetched. ``start`` is where the reader stood: the seek's
    target, or one past the last record handed out after it. Everything readable from there on is in ``records``.
    An `UnreadBatch` is the value of the last of them only. ``size`` is the bytes of keys, values and headers.
    """

    partition: int
    seek: int
    start: int
    records: Sequence[Fetched]
    size: int = 0
