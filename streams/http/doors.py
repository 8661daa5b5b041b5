"""How connections to the listener are bounded: in number, and in the time that each may take.

A client that connects and asks nothing costs a descriptor, of which snapshots need some too. So a connection is for one
request, which must be answered within seconds, and when there are too many the oldest goes: whoever really asks has its
answer long before it is the oldest. None is refused, so a probe gets through a crowd that only waits.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from typing import Final, cast

from streams.here import logs

MOST: Final = 64
"""Connections at once, or a share of the process's descriptors, if that is less."""

SHARE: Final = 8
"""One in this many of the descriptors that the process may have."""

PATIENCE_S: Final = 5.0
"""How long a connection may take, from its beginning to the end of its answer."""

_log = logs.Log("health")


def most() -> int:
    """How many connections there may be at once."""
    allowed, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if allowed == resource.RLIM_INFINITY else max(1, min(MOST, allowed // SHARE))


class Doors:
    """Makes the protocols of a listener's connections, and closes those that are too old or too many.

    Parameters
    ----------
    inside
        Makes what speaks to a client; it closes the connection when it has answered.
    most
        Connections at once.
    patience_s
        How long one may take.
    """

    def __init__(self, inside: Callable[[], asyncio.Protocol], *, most: int, patience_s: float = PATIENCE_S) -> None:
        self._inside = inside
        self._most = most
        self._patience_s = patience_s
        self._open: dict[_Door, asyncio.TimerHandle] = {}
        self._crowded = False

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        return _Door(self._inside(), self)

    def opened(self, door: _Door) -> None:
        """A connection has begun."""
        self._open[door] = asyncio.get_running_loop().call_later(self._patience_s, door.shut)
        if len(self._open) > self._most:
            if not self._crowded:
                _log.warning("too many connections: closing the oldest", most=self._most)
            self._crowded = True
            next(iter(self._open)).shut()
        elif len(self._open) == 1:
            self._crowded = False

    def closed(self, door: _Door) -> None:
        """A connection has ended."""
        timer = self._open.pop(door, None)
        if timer is not None:
            timer.cancel()


class _Door(asyncio.Protocol):
    def __init__(self, inside: asyncio.Protocol, doors: Doors) -> None:
        self._inside = inside
        self._doors = doors
        self._transport: asyncio.Transport | None = None

    def shut(self) -> None:
        self._doors.closed(self)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # of a stream; uvloop's own is registered nowhere
        self._inside.connection_made(transport)
        self._doors.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._doors.closed(self)
        self._inside.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inside.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inside.eof_received()

    def pause_writing(self) -> None:
        self._inside.pause_writing()

    def resume_writing(self) -> None:
        self._inside.resume_writing()
