"""Record batches decompressed within a bound: aiokafka's own ways let 0.7 MB of gzip grow to as many GB as it likes.

Rules. No more is ever made than `LIMIT_BYTES`, whatever a batch claims. What is above, or no stream of its codec, is
one error. `install` puts these ways into aiokafka, for all consumers of the process: there is no setting for it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import cramjam
from aiokafka import codec
from aiokafka.errors import KafkaError
from aiokafka.record import default_records, legacy_records
from aiokafka.record._crecords import default_records as compiled_default_records
from aiokafka.record._crecords import legacy_records as compiled_legacy_records

LIMIT_BYTES: Final = 64 * 1024 * 1024
"""Of one batch, decompressed. Producers close a batch at about a megabyte, compressed or not."""

FIRST_ROOM_BYTES: Final = 64 * 1024
ROOM_GROWTH: Final = 8
_GZIP: Final = 31  # zlib's word for the largest window and gzip's header
_XERIAL_HEADER: Final = 16


class UnreadableBatchError(KafkaError):  # type: ignore[misc]
    """A batch that cannot be decompressed within `LIMIT_BYTES`."""


def gunzip(payload: Any) -> bytes:
    """Decompress gzip, of one member or several."""
    left, parts, room = bytes(payload), [], LIMIT_BYTES
    while left:
        stream = zlib.decompressobj(wbits=_GZIP)
        try:
            part = stream.decompress(left, room + 1)
        except zlib.error as error:
            raise _no_stream("gzip", error) from error
        room -= len(part)
        if room < 0:
            raise _too_large("gzip")
        if not stream.eof:
            raise _no_stream("gzip", EOFError("it ends too early"))
        parts.append(part)
        left = stream.unused_data
    return b"".join(parts)


def unsnap(payload: Any) -> bytes:
    """Decompress snappy, framed as Java's clients do, or one bare block."""
    blocks = list(_xerial_blocks(payload)) if codec._detect_xerial_stream(payload) else [payload]
    try:
        if sum(cramjam.snappy.decompress_raw_len(block) for block in blocks) > LIMIT_BYTES:
            raise _too_large("snappy")
        return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)
    except (cramjam.DecompressionError, ValueError) as error:
        raise _no_stream("snappy", error) from error


def unlz4(payload: Any) -> bytes:
    """Decompress lz4 frames."""
    return _into_room("lz4", cramjam.lz4.decompress_into, payload)


def unzstd(payload: Any) -> bytes:
    """Decompress zstd frames."""
    return _into_room("zstd", cramjam.zstd.decompress_into, payload)


def install() -> None:
    """Have every consumer of this process decompress with these."""
    ways = {"gzip_decode": gunzip, "snappy_decode": unsnap, "lz4_decode": unlz4, "zstd_decode": unzstd}
    for module in (default_records, legacy_records, compiled_default_records, compiled_legacy_records):
        for name, way in ways.items():
            if hasattr(module, name):
                setattr(module, name, way)


def _xerial_blocks(payload: Any) -> list[memoryview]:
    view, at, blocks = memoryview(payload), _XERIAL_HEADER, []
    while at < len(view):
        try:
            (size,) = struct.unpack_from("!i", view, at)
        except struct.error as error:
            raise _no_stream("snappy", error) from error
        at += 4
        if not 0 < size <= len(view) - at:
            raise _no_stream("snappy", ValueError(f"a block of {size} bytes in {len(view) - at}"))
        blocks.append(view[at : at + size])
        at += size
    return blocks


def _into_room(name: str, decompress_into: Callable[[Any, bytearray], int], payload: Any) -> bytes:
    """Decompress into more and more room: neither codec says beforehand how much it needs."""
    size = FIRST_ROOM_BYTES
    while True:
        room = bytearray(min(size, LIMIT_BYTES))
        try:
            end = decompress_into(payload, room)
        except (cramjam.DecompressionError, ValueError) as error:
            if "whole buffer" not in str(error):
                raise _no_stream(name, error) from error
            if len(room) == LIMIT_BYTES:
                raise _too_large(name) from error
            size *= ROOM_GROWTH
        else:
            return bytes(memoryview(room)[:end])


def _too_large(name: str) -> UnreadableBatchError:
    return UnreadableBatchError(f"decompresses ({name}) to more than {LIMIT_BYTES // 2**20} MiB, which is the limit")


def _no_stream(name: str, error: Exception) -> UnreadableBatchError:
    return UnreadableBatchError(f"is no {name} that can be decompressed ({error})")
