"""How far one partition has come, and what it waits for: all that a worker asks of a shard."""

from __future__ import annotations

from models.core import Core
from schemas.status import Status
from streams.partition.fold import Fold
from streams.partition.inbox import Inbox
from streams.partition.latency import Latency
from streams.partition.news import Oddities
from streams.partition.outbox import Outbox
from streams.snapshots.keeper import Keeper


class Standing:
    """Read from the parts of a shard; it changes none of them.

    Parameters
    ----------
    partition
        The input partition.
    inbox, outbox, keeper
        The shard's.
    """

    def __init__(self, partition: int, *, inbox: Inbox, outbox: Outbox, keeper: Keeper) -> None:
        self.partition = partition
        self.goal: int | None = None
        """End of the log when the partition was last taken over; None until then."""
        self.restoring = False
        self._fold: Fold | None = None
        self._inbox = inbox
        self._outbox = outbox
        self._keeper = keeper

    @property
    def core(self) -> Core | None:
        """What folds; None before the first restore and after a doubt."""
        return None if self._fold is None else self._fold.core

    @property
    def next_offset(self) -> int:
        """Everything below is folded."""
        return 0 if self._fold is None else self._fold.next_offset

    @property
    def newest_ms(self) -> int | None:
        """The timestamp of the newest record that was folded since the state was restored, if there is one."""
        last = None if self._fold is None else self._fold.last
        return None if last is None or last.timestamp < 0 else last.timestamp

    @property
    def published(self) -> int:
        """Everything below is published."""
        return self._outbox.published

    @property
    def latency(self) -> Latency:
        """From the records' timestamps to the acknowledgement of what they led to."""
        return self._outbox.latency

    @property
    def durable(self) -> int:
        """Position of the newest snapshot."""
        return self._keeper.durable

    @property
    def size(self) -> int | None:
        """Bytes of the newest snapshot that was written or read; None before the first."""
        return self._keeper.size

    @property
    def waits_for(self) -> str | None:
        """The store that a snapshot is being written to, when nothing else is left to do."""
        return self._keeper.waits_for if self.published >= self.next_offset else None

    @property
    def restores_from(self) -> str | None:
        """The store of the state that is being restored; None when there is a core, or nothing is restored."""
        return self._keeper.where if self.restoring and self._fold is None else None

    @property
    def has_room(self) -> bool:
        """Whether more should be fetched for this shard."""
        return self._inbox.has_room

    async def room(self) -> None:
        """Wait until the shard `has_room`."""
        await self._inbox.room()

    def status(self) -> Status | None:
        """Where the core stands; None while there is no core."""
        return None if self._fold is None else self._fold.core.status()

    def oddities(self) -> Oddities | None:
        """What is odd about its records and its core; None while there is no core."""
        return None if self._fold is None else self._fold.oddities()
