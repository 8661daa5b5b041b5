"""One reading for all who ask at about the same time, and never one that had begun before they asked.

Eight partitions that are assigned together would read the whole control topic eight times. An order that was written
before a partition was fenced must be seen by who restores it: who asks after the fence, and is answered by a reading
that begins after the asking, sees it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Wave(Generic[T]):
    """Reads once for all who wait when a reading begins; who comes while it is under way waits for the next.

    Parameters
    ----------
    read
        Reads anew. What it raises is raised to all who waited for it. It is broken off when none is left.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._under_way: _Reading[T] | None = None
        self._next: _Reading[T] | None = None

    async def read(self) -> T:
        """What there is to read, as of now or later."""
        if self._next is None:
            self._next = _Reading()
            self._next.task = asyncio.ensure_future(self._begin(self._next, self._under_way))
        reading = self._next
        task = reading.task
        assert task is not None, "a reading has a task from its first moment on"
        reading.waiting += 1
        try:
            return await asyncio.shield(task)
        finally:
            reading.waiting -= 1
            if not reading.waiting and not task.done():
                if self._next is reading:
                    self._next = None
                task.cancel()
                await asyncio.wait({task})

    async def _begin(self, reading: _Reading[T], before: _Reading[T] | None) -> T:
        if before is not None and before.task is not None:
            await asyncio.wait({before.task})
        # From here on who asks comes too late: what is ordered now may be missing.
        self._under_way, self._next = reading, None
        return await self._read()


class _Reading(Generic[T]):
    """A reading that is to begin, or has begun, and how many wait for it."""

    def __init__(self) -> None:
        self.task: asyncio.Task[T] | None = None
        self.waiting = 0
