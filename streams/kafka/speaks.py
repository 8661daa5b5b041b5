"""What a port speaks, asked of it directly, where a Kafka client was hung up on or got no answer.

A client that meets the wrong protocol sees a closed connection, or waits: it takes the first bytes for a length.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from enum import Enum
from typing import Final

WAIT_S: Final = 2.0

_QUESTION: Final = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""ApiVersions, version 0, correlation id 1, no client id: every Kafka answers it, before it asks for a password."""

_LONGEST_ANSWER: Final = 1 << 20


class Speaks(Enum):
    """How a port answers a plain question of Kafka's protocol."""

    KAFKA = "Kafka without TLS"
    TLS = "TLS"
    HTTP = "HTTP, not Kafka"
    OTHER = "something that is not Kafka"
    NOTHING = "nothing"


async def spoken_at(host: str, port: int) -> Speaks:
    """Ask, and look at the first bytes of the answer. `Speaks.NOTHING` if it is away, silent or hangs up."""
    first = b""
    with suppress(OSError, asyncio.IncompleteReadError):
        async with asyncio.timeout(WAIT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(_QUESTION)
                first = await reader.readexactly(4)
            finally:
                writer.close()
    if not first:
        return Speaks.NOTHING
    if first[0] in (0x15, 0x16) and first[1] == 3:  # RFC 8446, 5.1: a record of type alert or handshake, version 3.x
        return Speaks.TLS
    if first == b"HTTP":
        return Speaks.HTTP
    return Speaks.KAFKA if 0 < int.from_bytes(first) <= _LONGEST_ANSWER else Speaks.OTHER
