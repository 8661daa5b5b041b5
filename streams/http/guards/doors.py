"""How connections to the listener are bounded: in number, and in the time that each may take.

A client that connects and asks nothing costs a descriptor, of which snapshots need some too. So whoever has not
finished a question within seconds is let go, as is who asks nothing more for half a minute, or does not read the
answer. When there are too many, one goes that only waits: the one that has been idle for the longest, else the one that
has been asking for the longest. None is refused, so a probe gets through a crowd.
"""

from __future__ import annotations

import asyncio
import resource
from enum import IntEnum
from typing import Final, Protocol

from streams.here import logs

MOST: Final = 64
"""Connections at once, or a share of the process's descriptors, if that is less."""

SHARE: Final = 8
"""One in this many of the descriptors that the process may have."""

PATIENCE_S: Final = 5.0
"""How long the head of a request may take, from the connection's or the request's first byte on."""

BODY_S: Final = 10.0
"""How long its body may take."""

IDLE_S: Final = 30.0
"""How long a connection may rest between two requests."""

UNREAD_S: Final = 10.0
"""How long an answer may wait for a client that does not read it."""

_log = logs.Log("http")


class Phase(IntEnum):
    """What a connection is doing, in the order in which connections go when there are too many."""

    IDLE = 0
    HEAD = 1
    BODY = 2
    UNREAD = 3
    ANSWER = 4


class Door(Protocol):
    """One connection."""

    def shut(self) -> None:
        """End it at once."""


def most() -> int:
    """How many connections there may be at once."""
    allowed, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if allowed == resource.RLIM_INFINITY else max(1, min(MOST, allowed // SHARE))


class Doors:
    """Closes connections that are too slow or too many.

    Parameters
    ----------
    most
        Connections at once.
    patience_s
        How long the head of a request may take.
    """

    def __init__(self, *, most: int, patience_s: float = PATIENCE_S) -> None:
        self._most = most
        self._limits = {
            Phase.IDLE: IDLE_S,
            Phase.HEAD: patience_s,
            Phase.BODY: BODY_S,
            Phase.UNREAD: UNREAD_S,
            Phase.ANSWER: None,
        }
        self._open: dict[Door, Phase] = {}
        self._timers: dict[Door, asyncio.TimerHandle] = {}
        self._crowded = False

    def opened(self, door: Door) -> None:
        """A connection has begun."""
        self.moved(door, Phase.HEAD)
        if len(self._open) > self._most:
            if not self._crowded:
                _log.warning("too many connections: closing the oldest", most=self._most)
            self._crowded = True
            # Of one phase the one that came into it first; the newcomer is the last of all.
            self._close(min(self._open, key=lambda one: self._open[one]))
        elif len(self._open) == 1:
            self._crowded = False

    def moved(self, door: Door, phase: Phase) -> None:
        """A connection is doing something else now."""
        self.closed(door)
        self._open[door] = phase
        limit_s = self._limits[phase]
        if limit_s is not None:
            self._timers[door] = asyncio.get_running_loop().call_later(limit_s, self._close, door)

    def closed(self, door: Door) -> None:
        """A connection has ended."""
        self._open.pop(door, None)
        timer = self._timers.pop(door, None)
        if timer is not None:
            timer.cancel()

    def shut(self) -> None:
        """End every connection at once."""
        for door in list(self._open):
            self._close(door)

    def _close(self, door: Door) -> None:
        self.closed(door)
        door.shut()
