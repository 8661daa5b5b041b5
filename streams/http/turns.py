"""Work of several milliseconds done a piece at a time, with the event loop for others in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

Item = TypeVar("Item")


async def in_turns(items: Iterable[Item]) -> AsyncIterator[Item]:
    """Each of them as it is made, in a turn of the event loop of its own."""
    for one in items:
        yield one
        await asyncio.sleep(0)
