"""One input partition's life: restore, fold, publish; and again, after every doubt and every rebalance.

Rules. Records are folded in stretches of a few milliseconds, and the event loop is given back after each. Between
reading and changing the learner there is no ``await``. Of a worker's partitions one folds at a time, in turns. Slices
are published strictly in order; while one is being published the next grows, and goes out when the first is done: a
slow broker makes slices longer, so does being behind; an idle one leaves none waiting. What cannot be known (the
outcome of a commit) or is no longer ours (a fence) drops the memory, and the shard goes through `_settle` again: one
path serves crash, fence and doubt. All else that raises ends the shard.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from time import monotonic, time
from typing import Any, Final, Protocol

from models.learner import Learner
from streams.delivery.ledger import Ledger, Mark
from streams.engine.chunk import Bounds, Chunk
from streams.here.failures import (
    BatchRefusedError,
    BrokerUnreachableError,
    DefectError,
    DoubtError,
    FencedError,
    LogRefusedError,
    MovedError,
    StateRefusedError,
)
from streams.here.logs import Log
from streams.partition.floor import Floor, Turn
from streams.partition.fold import Fold, Slice, joined
from streams.partition.latency import Latency
from streams.partition.news import News, Oddities
from streams.partition.restore import Restored
from streams.snapshots.failures import SnapshotStoreError, SnapshotUnpicklableError
from streams.snapshots.fingerprint import Fingerprint, fingerprint
from streams.snapshots.keeper import Keeper

LOOP_TURNS: Final = 4
"""Turns of the event loop between two stretches: fetching a chunk and publishing a slice take several each, and with
one turn per stretch they would take several stretches."""

COMMIT_PATIENCE: Final = 0.5
"""Fewer commits may have the outputs of records that are behind wait longer by this share of what the records have
waited here."""

TURN_PATIENCE: Final = 0.2
"""So may longer turns of other partitions, with a smaller share, for it comes back: who waits longer for a turn is more
patient then."""

LONGEST_PATIENCE_S: Final = 2.0
"""However far it is behind: a partition that has records commits, and folds, at least so often. When it has nothing
left to fold, or its slice is full, it commits at once."""

SLICE_RECORDS: Final = 5_000
"""Folding waits for the broker when the next slice has come from so many records."""

DEFECT_PATIENCE_S: Final = 5.0
"""So long the outputs of what was folded before a defect may take to be published."""

SLICE_BYTES: Final = 16 * 1024 * 1024
"""And when the records of the chunks that it has come from have so many: dead letters are as large as they are."""

WAITING_CHUNKS: Final = 2
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
FENCED_S: Final = 15.0
"""After a fence without a new assignment: the other owner may have been a passing one, or the broker timed us out."""

_log = Log("shard")


class Reader(Protocol):
    """The consumer, as far as one partition needs it. Raises `MovedError` when the partition is not ours (any more)."""

    async def bounds(self) -> Bounds:
        """The readable offsets, asked of the broker."""

    async def seek(self, offset: int) -> None:
        """From now on chunks come, from ``offset`` on; none that was fetched before comes once this is called."""


class Report(Protocol):
    """Who is told of troubles that the shard tries to get over; see `streams.kafka.troubles`."""

    def tell(self, source: str, error: BaseException) -> None:
        """``source`` meets this."""

    def well(self, *sources: str) -> None:
        """These have no trouble any more."""


class _Nobody:
    def tell(self, source: str, error: BaseException) -> None:
        """Nobody is told."""

    def well(self, *sources: str) -> None:
        """Nobody is told."""


class Shard:
    """Folds one partition for as long as `run` runs and it is assigned.

    Parameters
    ----------
    partition
        The input partition, for messages.
    ledger, restore, reader
        Where outputs go; what makes a learner of what was committed; where records come from.
    open_fold
        Makes the fold of what was restored.
    make_keeper
        Makes what makes snapshots, given whom to tell news.
    floor
        Shared with the worker's other partitions, if there are any.
    commit_interval_s
        The shortest time between the beginnings of two commits.
    oddities
        What is odd about the records and models of a fold, for the log; nothing by default.
    clock, wall
        Monotonic seconds; seconds since 1970, to measure latency.
    at
        Told where in the protocol this is.
    report
        Told of what the shard tries to get over.
    """

    def __init__(
        self,
        partition: int,
        *,
        ledger: Ledger,
        restore: Callable[[Mark | None], Awaitable[Restored]],
        reader: Reader,
        open_fold: Callable[[Restored], Fold],
        make_keeper: Callable[[Callable[[], None]], Keeper],
        floor: Floor | None = None,
        commit_interval_s: float = 0.0,
        oddities: Callable[[Fold], Oddities] | None = None,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], float] = time,
        at: Callable[[str], None] = lambda point: None,
        report: Report | None = None,
    ) -> None:
        self.partition = partition
        self._report = report if report is not None else _Nobody()
        self._taking_over = f"taking over partition {partition}"
        self._outputs = outputs_of(partition)
        self.latency = Latency()
        self.goal: int | None = None
        """End of the log when the partition was last taken over; None until then."""
        self.restoring = False
        self._ledger = ledger
        self._restore = restore
        self._reader = reader
        self._open_fold = open_fold
        self._floor = Floor(clock) if floor is None else floor
        self._commit_interval_s = commit_interval_s
        self._oddities = oddities
        self._clock = clock
        self._wall = wall
        self._at = at
        self._news = asyncio.Event()
        self._published_news = News(partition)
        self._keeper = make_keeper(self._news.set)
        self._room_for_chunks = asyncio.Event()
        self._chunks: deque[tuple[float, Chunk]] = deque()
        self._came: float | None = None
        self._ours = False
        self._revision = 0
        self._settled = -1
        self._stop = asyncio.Event()
        self._fold: Fold | None = None
        self._mark: Mark | None = None
        self._expected: Fingerprint | None = None
        self._growing: list[Slice] = []
        self._grown_records = 0
        self._grown_bytes = 0.0
        self._record_bytes = 0.0
        self._room: asyncio.Future[None] | None = None
        self._publishing: asyncio.Task[None] | None = None
        self._committed_at = -1e9
        self._sooner = asyncio.Event()

    # -- what is asked of it ------------------------------------------------------------------------------------------

    @property
    def core(self) -> Learner | None:
        """The learner; None before the first restore and after a doubt."""
        return None if self._fold is None else self._fold.core

    @property
    def next_offset(self) -> int:
        """Everything below is folded."""
        return 0 if self._fold is None else self._fold.next_offset

    @property
    def published(self) -> int:
        """Everything below is published."""
        return 0 if self._mark is None else self._mark.published

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
        """The store of the state that is being restored; None when there is a learner, or nothing is restored."""
        return self._keeper.where if self.restoring and self._fold is None else None

    @property
    def has_room(self) -> bool:
        """Whether the reader should fetch more for this shard."""
        return self._room_for_chunks.is_set()

    async def room(self) -> None:
        """Wait until the shard `has_room`."""
        await self._room_for_chunks.wait()

    def deliver(self, chunk: Chunk) -> None:
        """Hand over a chunk; never refused, but see `has_room`. After `stop`, chunks are ignored."""
        if not self._stopping:
            self._chunks.append((self._clock(), chunk))
            self._news.set()
            if len(self._chunks) >= WAITING_CHUNKS:
                self._room_for_chunks.clear()

    def assigned(self) -> None:
        """The partition is ours, from now on; what was fetched before is void."""
        self._forget_chunks()
        self._ours = True
        self.goal = None
        self._news.set()

    def revoked(self) -> None:
        """The partition is given away: fold nothing more. What is being published may still arrive, or be fenced."""
        self._report.well(self._taking_over, self._outputs)
        self._forget_chunks()
        self._ours = False
        self.goal = None
        self._news.set()

    def stop(self) -> None:
        """Let `run` end when the slice at work is published and its state is written down."""
        self._stop.set()
        self._sooner.set()
        self._chunks.clear()
        self._room_for_chunks.clear()
        self._news.set()

    def _forget_chunks(self) -> None:
        self._revision += 1
        self._sooner.set()
        self._chunks.clear()
        self._room_for_chunks.clear()

    # -- the life -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until stopped.

        Raises
        ------
        LogRefusedError, StateRefusedError
            If to go on would be a guess.
        DefectError
            If the core or the envelope raises.
        WorkerError
            If the broker refuses.
        """
        pause = FIRST_PAUSE_S
        try:
            while True:
                before = self.published
                trouble = self._taking_over
                try:
                    if not await self._assigned():
                        return
                    await self._settle()
                    self._report.well(trouble)
                    trouble = self._outputs
                    await self._follow()
                    if self._ends_here:
                        await self._finish()
                        return
                except MovedError:
                    continue
                except FencedError as error:
                    _log.warning("fenced: another worker has this partition", partition=self.partition, reason=error)
                    self._drop()
                    await self._wait_for_change(FENCED_S)
                except (DoubtError, SnapshotStoreError) as error:
                    moved = self.published > before
                    pause = FIRST_PAUSE_S if moved else min(pause * 2, LONGEST_PAUSE_S)
                    _log.warning(
                        "in doubt: restoring from what is committed",
                        partition=self.partition, pause_s=pause, reason=error,
                    )  # fmt: skip
                    if self._ours:  # what became of a partition that was given away troubles its next owner, if anyone
                        self._report.tell(trouble, error)
                    self._drop()
                    if self._stopping:
                        raise BrokerUnreachableError(
                            f"partition {self.partition} was stopped, and it is not known whether its outputs from "
                            f"offset {before} on are published; the next start finds out, and says the rest: {error}"
                        ) from error
                    await self._wait_for_change(pause)
        finally:
            if self._publishing is not None:
                self._publishing.cancel()
            self._published_news.close()
            self._keeper.drop()
            await self._ledger.close()

    async def _assigned(self) -> bool:
        """Wait for an assignment; False to stop. What is folded is finished first, if the partition is still ours."""
        while not self._ours and not self._stopping:
            self._news.clear()
            if self._publishing is not None and self._publishing.done():
                await self._published_all()
            await self._news.wait()
        return self._ours and not (self._stopping and self._fold is None)

    async def _wait_for_change(self, seconds: float) -> None:
        """Wait for the next assignment, revocation or stop, at most so long."""
        revision, until = self._revision, self._clock() + seconds
        while revision == self._revision and not self._stopping and (left := until - self._clock()) > 0:
            self._news.clear()
            waiting = asyncio.ensure_future(self._news.wait())
            await asyncio.wait({waiting}, timeout=left)
            waiting.cancel()

    async def _settle(self) -> None:
        """Take the partition over: fence, read, restore what memory cannot be trusted for, and have it read on."""
        revision = self._revision
        self.restoring = True
        try:
            try:
                await self._published_all()
            except (FencedError, DoubtError) as error:
                # What became of an earlier assignment's outputs will be read, after the fence.
                _log.warning("earlier outputs not published", partition=self.partition, reason=error)
                self._drop()
            mark = await self._ledger.open()
            if not self._memory_holds(mark):
                self._drop()
                restored = await self._restore(mark)
                self._fold = self._open_fold(restored)
                self._mark = restored.mark
                self._expected = restored.last
                self._keeper.begin(restored.mark, known=restored.known, size=restored.size)
                seek = restored.seek
            else:
                # What the snapshot saw last is not compared yet, if the partition was given away at once.
                seek = self.next_offset if self._expected is None else self._expected.offset
            if revision != self._revision:
                raise MovedError
            bounds = await self._reader.bounds()
            self._check(bounds)
            if revision != self._revision:
                raise MovedError
            self._chunks.clear()  # of an earlier seek; from the call on none of those comes any more
            await self._reader.seek(seek)
            if revision != self._revision:
                raise MovedError
        finally:
            self.restoring = False
        self._settled = revision
        self.goal = bounds.end
        self._room_for_chunks.set()
        _log.info(
            "partition taken over",
            partition=self.partition, position=self.next_offset, published=self.published, end=bounds.end,
        )  # fmt: skip

    def _memory_holds(self, mark: Mark | None) -> bool:
        """Whether nobody else has written since we did. Without transactions nobody can tell; a fold stays right."""
        return self._fold is not None and (mark == self._mark or not self._ledger.transactional)

    def _check(self, bounds: Bounds) -> None:
        if not bounds.begin <= self.next_offset <= bounds.end:
            raise LogRefusedError(
                f"partition {self.partition}: the learner stands at {self.next_offset}, the log holds {bounds.begin} "
                f"to {bounds.end}: it was truncated or made anew while it was read; restart the worker, which "
                "checks what can be done"
            )

    def _drop(self) -> None:
        """Forget all that is in memory."""
        if self._publishing is not None:
            self._publishing.cancel()
            self._publishing = None
        self._keeper.drop()
        self._fold = None
        self._growing = []
        self._grown_records, self._grown_bytes = 0, 0.0
        self._room_for_chunks.clear()
        self._chunks.clear()

    async def _follow(self) -> None:
        """Fold and publish until revoked, assigned anew or stopped."""
        self._publish_on()
        while (chunk := await self._next_chunk()) is not None:
            await self._take(chunk)

    async def _take(self, chunk: Chunk) -> None:
        fold = self._fold
        assert fold is not None, "only a restored shard gets chunks"
        if chunk.start > fold.next_offset:
            raise LogRefusedError(
                f"partition {self.partition}: the learner stands at {fold.next_offset}, the next chunk begins at "
                f"{chunk.start}: {chunk.start - fold.next_offset} records would never be learned"
            )
        self._compare(chunk)
        revision, last = self._revision, chunk.records[-1].offset
        self._record_bytes = chunk.size / len(chunk.records)
        stretches = fold.fold(chunk.records)
        while fold.next_offset <= last and revision == self._revision and not self._stopping:
            if self._slice_is_full:
                await self._room_again()
            try:
                async with self._floor.turn(self._patience_s(TURN_PATIENCE)) as turn:
                    await self._take_turn(turn, fold, stretches, last, revision)
            except (DefectError, BatchRefusedError):
                await self._publish_before_defect()
                raise

    async def _take_turn(self, turn: Turn, fold: Fold, stretches: Iterator[Slice], last: int, revision: int) -> None:
        """Fold until the chunk, the turn or the room is at its end, or the partition has moved."""
        while revision == self._revision and not self._stopping and not self._slice_is_full:
            stretch = next(stretches, None)
            if stretch is None:
                return
            if stretch.stamps and fold.next_offset - len(stretch.stamps) < self.published:
                self._at("during replay")
            self._growing.append(stretch)
            self._grown_records += len(stretch.stamps)
            self._grown_bytes += len(stretch.stamps) * self._record_bytes
            if stretch.defect is not None:
                raise stretch.defect
            self._snapshot_if_due(at_rest=False)
            await self._publish_on_or_raise()
            if self._chunks or fold.next_offset <= last:
                for _ in range(LOOP_TURNS):
                    await asyncio.sleep(0)
            if turn.is_over:
                return

    async def _publish_before_defect(self) -> None:
        """Publish what was folded before the record that cannot be. No state is written down: it is not to be trusted.

        What does not get out in time, or is in doubt, the next start folds again.
        """
        self._came = None
        self._sooner.set()
        try:
            async with asyncio.timeout(DEFECT_PATIENCE_S):
                await self._published_all()
                while self._growing:
                    self._publish_on()
                    await self._published_all()
        except (FencedError, DoubtError, TimeoutError) as error:
            _log.warning("not published before the defect", partition=self.partition, reason=error)

    def _compare(self, chunk: Chunk) -> None:
        """The first record after a restore is the one that the snapshot saw last: is this still its log?"""
        expected, self._expected = self._expected, None
        if expected is None:
            return
        record = chunk.records[0]
        if record.offset != expected.offset or fingerprint(record.offset, record.key, record.value) != expected:
            raise LogRefusedError(
                f"partition {self.partition}: the record at offset {expected.offset} is not the one that the snapshot "
                f"saw there (found: offset {record.offset}): the topic was made anew or compacted; give the gauge its "
                "log back, or start over with rivergauge reset"
            )

    async def _next_chunk(self) -> Chunk | None:
        """Wait for a chunk; None when revoked, assigned anew or stopping. Notices at once what fails meanwhile."""
        # The revision: the partition may be given away and back while this task waits for a slow broker.
        while not self._chunks and self._reads_on:
            self._came = None
            self._sooner.set()
            self._news.clear()
            await self._publish_on_or_raise()
            if self._publishing is None:
                self._snapshot_if_due(at_rest=True)
            await self._news.wait()
        if not self._reads_on:
            return None
        self._room_for_chunks.set()
        self._came, chunk = self._chunks.popleft()
        return chunk

    def _snapshot_if_due(self, *, at_rest: bool) -> None:
        assert self._fold is not None, "only a restored shard follows"
        if self._keeper.due(self.next_offset, at_rest=at_rest):
            self._keeper.take(self._fold.core, self._fold.last)

    @property
    def _stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def _reads_on(self) -> bool:
        return self._is_settled and not self._stopping

    @property
    def _ends_here(self) -> bool:
        return self._is_settled and self._stopping

    @property
    def _is_settled(self) -> bool:
        """Whether the partition is taken over under its newest assignment."""
        return self._ours and self._settled == self._revision

    async def _finish(self) -> None:
        """Publish what is folded, write the state down, and commit that."""
        await self._published_all()
        while self._pending():
            self._publish_on()
            await self._published_all()
        assert self._fold is not None
        if self._keeper.durable < self.next_offset:
            await self._keeper.finish()
            self._keeper.take(self._fold.core, self._fold.last)
        await self._keeper.finish()
        self._raise_if_failed()
        if self._pending():
            self._publish_on()
            await self._published_all()
        await self._keeper.finish()
        if self._keeper.lost is not None and self._keeper.durable < self.next_offset:
            raise StateRefusedError(
                f"partition {self.partition}: everything is published, but the state at {self.next_offset} was not "
                f"written down; the next start folds again from {self.durable}, silently: {self._keeper.lost}"
            )

    # -- publishing ---------------------------------------------------------------------------------------------------

    def _pending(self) -> bool:
        """Whether there is anything to commit: outputs, or a newer snapshot."""
        assert self._mark is not None
        return bool(self._growing) or (self._ledger.transactional and self._keeper.durable > self._mark.snapshot)

    def _patience_s(self, share: float) -> float:
        """How much longer the records at hand may wait, for the good of the whole; 0 if there are none."""
        return 0.0 if self._came is None else min((self._clock() - self._came) * share, LONGEST_PATIENCE_S)

    def _until_commit_s(self) -> float:
        """How long the next commit is not to begin."""
        if not self._reads_on:
            return 0.0
        pace = 0.0 if self._slice_is_full else self._patience_s(COMMIT_PATIENCE)
        return self._committed_at + max(self._commit_interval_s, pace) - self._clock()

    def _publish_on(self) -> None:
        if self._publishing is None and self._pending():
            self._publishing = asyncio.create_task(self._publish(), name=f"publish-{self.partition}")
            self._publishing.add_done_callback(lambda _: self._news.set())

    async def _publish_on_or_raise(self) -> None:
        if self._publishing is not None and self._publishing.done():
            await self._published_all()
        self._raise_if_failed()
        self._publish_on()

    def _raise_if_failed(self) -> None:
        failure = self._keeper.failed()
        if isinstance(failure, SnapshotUnpicklableError) and not self._ledger.transactional:
            _log.warning("no snapshots: a restart folds from the beginning", partition=self.partition, reason=failure)
            self._keeper.give_up()
        elif failure is not None:
            raise failure

    async def _publish(self) -> None:
        while self._pending():
            await self._until_due()
            self._committed_at = self._clock()
            piece = joined(self._growing) if self._growing else Slice([], self.published, [])
            self._growing = []
            self._grown_records, self._grown_bytes = 0, 0.0
            if self._room is not None and not self._room.done():
                self._room.set_result(None)
            assert self._mark is not None
            before = self._mark
            mark = before._replace(snapshot=self._keeper.durable, published=max(before.published, piece.next_offset))
            await self._ledger.commit(piece.outputs, mark)
            self._report.well(self._outputs)
            self._mark = mark
            self._keeper.published(mark.published)
            self.latency.observe(piece.stamps, self._wall() * 1_000)
            self._published_news.tell(piece.news)
            if (oddities := self.oddities()) is not None:
                self._published_news.notice(oddities)
            self._keeper.committed(mark.snapshot)

    async def _until_due(self) -> None:
        """Wait until the next commit is to begin; looks again whenever that may have become sooner."""
        while (early := self._until_commit_s()) > 0:
            self._sooner.clear()
            try:
                async with asyncio.timeout(early):
                    await self._sooner.wait()
            except TimeoutError:
                return

    @property
    def _slice_is_full(self) -> bool:
        """Whether folding waits until what has grown is on its way."""
        return self._grown_records >= SLICE_RECORDS or self._grown_bytes >= SLICE_BYTES

    async def _room_again(self) -> None:
        """Wait until the grown slice is on its way."""
        assert self._publishing is not None, "a slice grows only while another is published"
        self._sooner.set()
        self._room = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._room, self._publishing}, return_when=asyncio.FIRST_COMPLETED)
        if self._publishing.done():
            await self._published_all()

    async def _published_all(self) -> None:
        if self._publishing is not None:
            publishing = self._publishing
            if not publishing.done():
                await asyncio.wait({publishing})
            self._publishing = None
            publishing.result()

    def summary(self) -> dict[str, Any] | None:
        """The learner's figures; None while there is no learner."""
        return None if self._fold is None else self._fold.core.summary()

    def oddities(self) -> Oddities | None:
        """What is odd about its records and models; None while there is no learner."""
        return None if self._fold is None or self._oddities is None else self._oddities(self._fold)


def outputs_of(partition: int) -> str:
    """Under which name the troubles of a partition's outputs are told."""
    return f"outputs of partition {partition}"
