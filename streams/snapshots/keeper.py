"""When a partition's state is written down, and which snapshots are kept.

Rules. The image is taken between two stretches of folding, without waiting; it is written to the store only when all
that the state has led to is published, so no snapshot is ever newer than the outputs. One is made at a time. A store
that fails, or a machine without room for an image, costs a snapshot, not the stream: it is said, and tried again when
the next is due. A promotion makes one due, which is archived for the version that leads now. What is old goes after a
commit of one's own, and never the one that the commit names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Final, NamedTuple

from models.core import Core
from schemas.gauge import Snapshots
from streams.delivery.ledger import Mark
from streams.engine.chunk import Fetched
from streams.here.logs import Log
from streams.snapshots.failures import SnapshotError, SnapshotKeyError, SnapshotStoreError
from streams.snapshots.fingerprint import fingerprint
from streams.snapshots.format import About, encode
from streams.snapshots.identity import Identity
from streams.snapshots.image import Image
from streams.snapshots.origin import Origin
from streams.snapshots.stores.archive import Archive
from streams.snapshots.stores.store import Blob, SnapshotStore, to_delete

BUSY_PATIENCE: Final = 0.1
MOST_BUSY_PATIENCE_S: Final = 1.0
"""By this share of `every_seconds`, and at most so much, a snapshot of a core that is never at rest is late."""

_log = Log("snapshots")


class Maker(NamedTuple):
    """What snapshots are made with, the same for all partitions of a worker."""

    origin: Origin
    store: SnapshotStore
    key: bytes
    image: Image
    partitions: int
    check_key: Callable[[], None] = lambda: None
    """Raises `SnapshotKeyError` when what ``key`` signs could not be read by a worker that starts now."""

    def about(self, core: Core, *, partition: int, epoch: int, last: Fetched | None) -> About:
        """The description of a state."""
        newest = None if last is None else fingerprint(last.offset, last.key, last.value)
        return self.origin.about(core, partition=partition, partitions=self.partitions, epoch=epoch, last=newest)


class Keeper:
    """Makes and prunes the snapshots of one partition.

    Parameters
    ----------
    maker
        What they are made with.
    partition
        Whose they are.
    news
        Called when a snapshot has become durable, or failed in a way that must end the shard; and when time makes the
        next one due.
    clock
        Monotonic seconds.
    at
        Told where in the protocol this is.
    """

    def __init__(
        self,
        maker: Maker,
        partition: int,
        *,
        news: Callable[[], None],
        at: Callable[[str], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._maker = maker
        self._settings: Snapshots = maker.origin.gauge.snapshots
        self._partition = partition
        self._news = news
        self._clock = clock
        self._at = at
        self._archive = Archive(maker.store, partition, self._settings.archive)
        self._leader: str | None = None
        self._published = 0
        self._moved = asyncio.Event()
        self._making: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._known: set[Identity] = set()
        self._given_up = False
        self.epoch = 0
        self.durable = 0
        """Position of the newest durable snapshot; the epoch's begin without one."""
        self.taken = 0
        self.lost: SnapshotError | None = None
        """Why the newest snapshot was not written; None if it was."""
        self.size: int | None = None
        """Bytes of the newest snapshot that was written or read; None before the first."""
        self._taken_at = clock()

    def begin(self, mark: Mark, *, known: Iterable[Identity], size: int | None = None) -> None:
        """A state was restored from the snapshot that ``mark`` names, of ``size``; ``known`` are those in the store."""
        self.drop()
        self.size = size
        self.epoch = mark.epoch
        self.durable = self.taken = mark.snapshot
        self._published = mark.published
        self._taken_at = self._clock()
        self._known = set(known)
        self._leader = None
        self._archive.forget()
        self._ring()

    def published(self, position: int) -> None:
        """Outputs up to here are published."""
        self._published = position
        self._moved.set()

    def due(self, position: int, *, at_rest: bool, leader: str | None = None) -> bool:
        """Whether it is time for a snapshot of a core that stands at ``position``, and that ``leader`` leads.

        To take one holds up what the partition has on its way, so time alone makes it due when that is nothing:
        ``at_rest``, or late.
        """
        new = position - self.taken
        if self._given_up or new <= 0 or (self._making is not None and not self._making.done()):
            return False
        if leader is not None and self._settings.archive:
            if leader != self._leader is not None:
                return True
            self._leader = leader
        patience_s = 0.0 if at_rest else min(self._settings.every_seconds * BUSY_PATIENCE, MOST_BUSY_PATIENCE_S)
        return new >= self._settings.every_events or self._until_due_s() <= -patience_s

    def take(self, core: Core, last: Fetched | None) -> None:
        """Begin a snapshot of the core as it is now; it becomes durable later."""
        if self._given_up:
            return
        about = self._maker.about(core, partition=self._partition, epoch=self.epoch, last=last)
        self.taken, self._taken_at = about.position, self._clock()
        self._leader = about.champion
        self._ring()
        self._at("before image")
        snapshot = asyncio.ensure_future(self._maker.image(core, partial(encode, about, key=self._maker.key)))
        self._at("after image")
        self._making = asyncio.ensure_future(self._make(about, snapshot))
        # A task that is cancelled before its first step waits for nothing, and so cancels nothing.
        self._making.add_done_callback(lambda _: snapshot.cancel())
        self._making.add_done_callback(lambda _: self._news())

    def failed(self) -> BaseException | None:
        """Why the last snapshot failed in a way that must end the shard; see `give_up`."""
        if self._making is None or not self._making.done() or self._making.cancelled():
            return None
        return self._making.exception()

    @property
    def where(self) -> str:
        """Where snapshots are, for a person."""
        return self._maker.store.where

    @property
    def waits_for(self) -> str | None:
        """What a snapshot whose outputs are all published is being written to; None if there is no such."""
        making = self._making is not None and not self._making.done()
        return self._maker.store.where if making and self._published >= self.taken else None

    async def finish(self) -> None:
        """Wait for the snapshot that is being made and for what is being pruned."""
        for task in (self._making, self._pruning):
            if task is not None:
                await asyncio.wait({task})

    def give_up(self) -> None:
        """Make no more snapshots: this state cannot be written, and it is told."""
        self._given_up = True
        self._making = None

    def drop(self) -> None:
        """Give up what is being made: the state it shows is in doubt, or no longer ours.

        One that had failed, and of which nobody was told, is logged.
        """
        if (failure := self.failed()) is not None:
            cause = None if isinstance(failure, SnapshotError) else failure
            _log.error(
                "snapshot not written", cause=cause, partition=self._partition, position=self.taken, reason=failure
            )
        for pending in (self._making, self._pruning, self._alarm):
            if pending is not None:
                pending.cancel()
        self._making = self._pruning = self._alarm = None

    def committed(self, position: int) -> None:
        """A commit of ours names the snapshot at ``position``: older ones may go."""
        old = to_delete(self._known, epoch=self.epoch, committed=position, keep=self._settings.keep)
        if old and (self._pruning is None or self._pruning.done()):
            self._pruning = asyncio.ensure_future(self._prune(old))

    def _until_due_s(self) -> float:
        """How long it is until time makes a snapshot due."""
        return self._settings.every_seconds - (self._clock() - self._taken_at)

    def _ring(self) -> None:
        """Tell the news when that time has come: there may be no record then to look at the clock for."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if (left_s := self._until_due_s()) > 0:
            self._alarm = asyncio.get_running_loop().call_later(left_s, self._ring)
        else:
            self._news()

    async def _make(self, about: About, snapshot: Awaitable[Blob]) -> None:
        begun = self._clock()
        try:
            blob = await snapshot
            while self._published < about.position:
                self._moved.clear()
                await self._moved.wait()
            self._at("before snapshot write")
            await asyncio.to_thread(self._maker.check_key)
            await self._maker.store.put(about.identity, blob)
            self._at("after snapshot write")
        except (SnapshotStoreError, SnapshotKeyError) as error:
            _log.error("snapshot not written", partition=self._partition, position=about.position, reason=error)
            self.lost = error
            return
        self._known.add(about.identity)
        self.durable = about.position
        self.size, self.lost = len(blob), None
        took = round(self._clock() - begun, 3)
        _log.info("snapshot written", partition=self._partition, position=about.position, bytes=len(blob), seconds=took)
        self._news()  # it may be committed while it is copied
        await self._archive.keep(about, blob)

    async def _prune(self, old: Iterable[Identity]) -> None:
        for identity in old:
            with suppress(SnapshotStoreError):  # it stays, and is tried again after the next commit
                self._at("before prune")
                await self._maker.store.delete(identity)
                self._known.discard(identity)
