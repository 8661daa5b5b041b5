"""The chunks that wait to be folded: few, each with the time at which it came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from streams.engine.chunk import Chunk
from streams.partition.pace import Pace


class Inbox:
    """Closed at first: there is room from `open` on, until enough chunks wait.

    Parameters
    ----------
    pace
        How many may wait, and how patient the records at hand are.
    clock
        Monotonic seconds.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock
        self._waiting: deque[tuple[float, Chunk]] = deque()
        self._room = asyncio.Event()
        self._came: float | None = None

    def __bool__(self) -> bool:
        """Whether a chunk waits."""
        return bool(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether more should be fetched."""
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until it `has_room`."""
        await self._room.wait()

    def open(self) -> None:
        """Chunks are welcome."""
        self._room.set()

    def forget(self) -> None:
        """What waits is void, and no more is welcome until it is opened."""
        self._waiting.clear()
        self._room.clear()

    def put(self, chunk: Chunk) -> None:
        """Never refused."""
        self._waiting.append((self._clock(), chunk))
        if len(self._waiting) >= self._pace.waiting_chunks:
            self._room.clear()

    def take(self) -> Chunk:
        """The oldest chunk that waits: it is at hand now, and leaves room for another."""
        self._room.set()
        self._came, chunk = self._waiting.popleft()
        return chunk

    def done(self) -> None:
        """Nothing is at hand any more."""
        self._came = None

    def patience_s(self, share: float) -> float:
        """How much longer the records at hand may wait, for the good of the whole; 0 if there are none."""
        return 0.0 if self._came is None else self._pace.patience_s(self._clock() - self._came, share)
