"""One partition's log, as far as it is asked and read: the ports of its shard and of what restores it."""

from __future__ import annotations

from typing import Protocol

from streams.engine.chunk import Bounds
from streams.orders.orders import Orders


class Feed(Protocol):
    """Where chunks come from. Raises `MovedError` when the partition is not ours (any more)."""

    async def bounds(self) -> Bounds:
        """The readable offsets, asked of the broker."""

    async def seek(self, offset: int) -> None:
        """From now on chunks come, from ``offset`` on; none that was fetched before comes once this is called."""


class History(Protocol):
    """What is asked before a state is restored."""

    async def bounds(self) -> Bounds:
        """The readable offsets, asked of the broker."""

    async def has_outputs(self) -> bool:
        """Whether anything was ever published for the partition."""

    async def orders(self) -> Orders:
        """What operators have ordered until now, all of it."""

    async def begin(self, epoch: int, offset: int) -> None:
        """Keep for good that the epoch begins at ``offset``; `orders` says so from now on."""


class PartitionLog(Feed, History, Protocol):
    """Both."""
