"""One partition's state in a replica: restored as a worker restores it, folded on in silence, never written.

A fold of the same log from the same snapshot is the same state, so what is answered here is what a worker answers at
the same offset. What would make the two differ ends the fold: other orders, another log, a snapshot that something else
than what runs here has made.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableSequence, Sequence
from datetime import UTC, datetime
from typing import Final

from models.door.decoder import Decoder
from models.learner import Learner
from schemas.gauge import Gauge
from schemas.status import Status
from streams.engine.chunk import Chunk, Fetched, UnreadBatch
from streams.here.failures import LogRefusedError, WorkerError
from streams.here.logs import Log
from streams.orders.orders import Order, Orders, orders_of
from streams.partition.continuity import Continuity
from streams.partition.core_kind import CoreKind
from streams.partition.fit import Fit
from streams.partition.fold import Fold
from streams.replica.kept import OF_THE_MOMENT, Found, Kept
from streams.replica.reach import Reach
from streams.replica.reader import Reader

SILENT: Final = 2**63
"""Nothing at or above this offset exists, so nothing is published."""

_log = Log("replica")


class Copy:
    """A partition's state, and how far it has come.

    Parameters
    ----------
    gauge, partition
        Whose.
    origin
        What runs here (`streams.snapshots.origin`).
    kept, fit, kind
        Its snapshots, whether the log fits them, and what makes and folds a state.
    at_work
        Told which record is being folded (`streams.worker.guard`).
    """

    def __init__(
        self,
        gauge: Gauge,
        partition: int,
        *,
        origin: str,
        kept: Kept,
        fit: Fit,
        kind: CoreKind,
        at_work: MutableSequence[int] | None = None,
    ) -> None:
        self.partition = partition
        self.reach = Reach(gauge.serve)
        self.durable = 0
        """Position of the snapshot that this began with."""
        self.size: int | None = None
        """Bytes of that snapshot."""
        self._serve = gauge.serve
        self._origin = origin
        self._kept = kept
        self._fit = fit
        self._kind = kind
        self._at_work = at_work
        self._decoder = Decoder(gauge)
        self._orders: Orders | None = None
        self._fold: Fold | None = None
        self._continuity = Continuity(partition)
        self._trouble: WorkerError | None = None
        self._read_to = 0
        self._reads_on = True
        self._failed_at = -1
        self._goal = 0
        self._newest: Fetched | None = None
        self._told: tuple[int, datetime | None] | None = None

    @property
    def core(self) -> Learner | None:
        """The state; None before one is restored."""
        core = None if self._fold is None else self._fold.core
        return core if isinstance(core, Learner) else None

    @property
    def position(self) -> int:
        """Everything below is folded, or markers of transactions; 0 before a state is restored."""
        return 0 if self._fold is None else max(self._fold.next_offset, self._read_to)

    @property
    def lag(self) -> int | None:
        """Offsets from there to the end of the log; None while that is not known."""
        return self.reach.lag(self.position)

    @property
    def newest_ms(self) -> int | None:
        """The timestamp of the newest folded record."""
        newest = self._newest_record()
        return None if newest is None or newest.timestamp < 0 else newest.timestamp

    @property
    def as_of(self) -> datetime | None:
        """The event time of the newest folded record, or the time that the log has for it if it has none itself."""
        newest = self._newest_record()
        if newest is None:
            return None
        if self._told is None or self._told[0] != newest.offset:
            time = (
                None if isinstance(newest.value, UnreadBatch) else getattr(self._decoder.decode(newest), "time", None)
            )
            if time is None and newest.timestamp >= 0:
                time = datetime.fromtimestamp(newest.timestamp / 1_000, UTC)
            self._told = newest.offset, time
        return self._told[1]

    def refusal(self) -> str | None:
        """Why it does not answer now; None if it does."""
        if self._fold is None:
            return "its state is being restored" if self._trouble is None else str(self._trouble)
        late = self.reach.refusal(self.position)
        return late if late is None or self._trouble is None else f"{late}: {self._trouble}"

    def missing(self) -> str | None:
        """What keeps it from being ready: that it does not answer, or has yet to come to the end that its log had."""
        why = self.refusal()
        if why is None and self._serve.follow == "log" and self.position < self._goal:
            return f"at {self.position} of {self._goal}"
        return why

    def status(self) -> Status | None:
        """Where the state stands; None before one is restored."""
        return None if self.core is None else self.core.status()

    async def look(self, given: Sequence[Order], reader: Reader, *, kept_to: int | None = None) -> None:
        """Restore the state where there is none, or orders have made it another; go to a newer snapshot if that helps.

        ``kept_to`` is where the snapshots' topic ends, if they are in one.
        What does not fit is told by `refusal`, and looked at again the next time.
        """
        orders = orders_of(given, self.partition, self._origin)
        if orders != self._orders:
            self._drop(reader)
            self._orders, self._failed_at = orders, -1
        try:
            found = await self._kept.newest(
                orders, lambda: reader.bounds(self.partition), beyond=self._beyond(), end=kept_to
            )
            if found is not None or (self._fold is None and self._failed_at < 0):
                await self._begin(found, orders, reader)
        except OF_THE_MOMENT as error:
            self._in_trouble(error)  # what is in memory is as good as before
        except WorkerError as error:
            reader.pause(self.partition)
            self._in_trouble(error)
        else:
            if self._fold is not None:
                self._trouble = None
                self.resume(reader)

    def resume(self, reader: Reader) -> None:
        """Read on where that has ended, or through a new reader."""
        if self._fold is not None and self._reads_on and self.partition not in reader.reading:
            self._read_to = 0
            reader.seek(self.partition, self._continuity.seek_of(self._fold.next_offset))

    async def take(self, chunk: Chunk, reader: Reader) -> None:
        """Fold what was read, or only see that there is more where snapshots alone are followed."""
        if self._fold is None:
            return
        try:
            self._continuity.check_chunk(self._fold.next_offset, chunk)
            seen = [record for record in chunk.records[:1] if record.offset < self._fold.next_offset]
            self._newest = seen[0] if seen else self._newest
            if self._serve.follow == "snapshots":
                self._reads_on = chunk.records[-1].offset < self._fold.next_offset
                if not self._reads_on:
                    reader.pause(self.partition)
                return
            for _ in self._fold.fold(chunk.records):
                await asyncio.sleep(0)
        except WorkerError as error:
            # The same records would end it again: only other orders help, or a snapshot from behind them.
            self._failed_at = self._fold.next_offset
            self._drop(reader)
            self._in_trouble(error)

    def lost(self, reader: Reader) -> None:
        """The log does not hold what is to be read next: the state goes on from a newer snapshot, if there is one."""
        position = self.position
        self._drop(reader)
        self._in_trouble(LogRefusedError(f"its log does not hold offset {position} any more, or not yet"))

    def read_to(self, offset: int) -> None:
        """Everything below that there is to read has been taken."""
        self._read_to = offset

    def _newest_record(self) -> Fetched | None:
        return self._newest if self._fold is None or self._fold.last is None else self._fold.last

    def _beyond(self) -> int:
        if self._fold is None:
            return self._failed_at
        # A fold that keeps up is as new as any snapshot. One that does not, and may not answer, goes on from a newer.
        return self.position + (self._serve.max_lag if self._serve.follow == "log" else 0)

    async def _begin(self, found: Found | None, orders: Orders, reader: Reader) -> None:
        bounds = await reader.bounds(self.partition)
        if found is None:
            self._fit.check_without_snapshot(orders, None)
        about = None if found is None else found.about
        position = orders.begin if about is None else about.position
        self._fit.check_log(position, bounds, restored=about is not None)
        core = self._kind.make(orders.epoch) if found is None else found.core
        self._fold = Fold(
            self.partition,
            core=core,
            way=self._kind.way(core, orders.epoch),
            begin=position,
            silent_below=SILENT,
            skips=orders.skips,
            at_work=self._at_work,
        )
        last = None if about is None else about.last
        self._continuity.expect(last if last is not None and last.offset >= bounds.begin else None)
        self.durable, self.size = position, None if found is None else found.size
        self._newest, self._reads_on, self._goal = None, True, bounds.end
        reader.pause(self.partition)
        _log.info("state restored", partition=self.partition, position=position, end=bounds.end, epoch=orders.epoch)

    def _drop(self, reader: Reader) -> None:
        reader.pause(self.partition)
        self._fold = None
        self._kept.forget()

    def _in_trouble(self, error: WorkerError) -> None:
        if str(error) != str(self._trouble):
            _log.error("state not followed", partition=self.partition, reason=error)
        self._trouble = error
