"""One input partition's life: restore, fold, publish; and again, after every doubt and every rebalance.

Rules. Records are folded in stretches of a few milliseconds, and the event loop is given back after each. Between
reading and changing the learner there is no ``await``. Of a worker's partitions one folds at a time, in turns. What
cannot be known (the outcome of a commit) or is no longer ours (a fence) drops the memory, and the shard goes through
`_settle` again: one path serves crash, fence and doubt. All else that raises ends the shard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic, time

from streams.delivery.ledger import Ledger, Mark
from streams.engine.chunk import Chunk
from streams.here.failures import BrokerUnreachableError, DoubtError, FencedError, MovedError, StateRefusedError
from streams.here.logs import Log
from streams.partition.continuity import Continuity
from streams.partition.fold import Fold
from streams.partition.follower import Follower
from streams.partition.inbox import Inbox
from streams.partition.log import Feed
from streams.partition.outbox import Outbox
from streams.partition.pace import Pace
from streams.partition.report import Nobody, Report, outputs_of, takeover_of
from streams.partition.restore import Restored
from streams.partition.standing import Standing
from streams.partition.tenure import Tenure
from streams.partition.turns import Turns
from streams.snapshots.failures import SnapshotStoreError
from streams.snapshots.keeper import Keeper

_log = Log("shard")


class Shard(Standing):
    """Folds one partition for as long as `run` runs and it is assigned.

    Parameters
    ----------
    partition
        The input partition, for messages.
    ledger, restore, feed
        Where outputs go; what makes a core of what was committed; where records come from.
    open_fold
        Makes the fold of what was restored.
    make_keeper
        Makes what makes snapshots, given whom to tell news.
    pace
        Bounds and patience.
    turns
        Shared with the worker's other partitions, if there are any.
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
        feed: Feed,
        open_fold: Callable[[Restored], Fold],
        make_keeper: Callable[[Callable[[], None]], Keeper],
        pace: Pace,
        turns: Turns | None = None,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], float] = time,
        at: Callable[[str], None] = lambda point: None,
        report: Report | None = None,
    ) -> None:
        self._ledger = ledger
        self._restore = restore
        self._feed = feed
        self._open_fold = open_fold
        self._pace = pace
        self._report = report if report is not None else Nobody()
        self._happened = asyncio.Event()
        """Something has: a chunk came, a commit is done, a snapshot is due or made, the partition has moved."""
        self._tenure = Tenure()
        self._continuity = Continuity(partition)
        inbox, keeper = Inbox(pace, clock), make_keeper(self._happened.set)
        outbox = Outbox(
            partition,
            ledger=ledger,
            keeper=keeper,
            inbox=inbox,
            tenure=self._tenure,
            pace=pace,
            happened=self._happened.set,
            clock=clock,
            wall=wall,
            report=self._report,
            oddities=self.oddities,
        )
        super().__init__(partition, inbox=inbox, outbox=outbox, keeper=keeper)
        self._follower = Follower(
            tenure=self._tenure,
            continuity=self._continuity,
            inbox=inbox,
            outbox=outbox,
            keeper=keeper,
            pace=pace,
            turns=Turns(clock) if turns is None else turns,
            happened=self._happened,
            at=at,
        )

    # -- what it is told ----------------------------------------------------------------------------------------------

    def deliver(self, chunk: Chunk) -> None:
        """Hand over a chunk; never refused, but see `has_room`. After `stop`, chunks are ignored."""
        if not self._tenure.is_stopping:
            self._inbox.put(chunk)
            self._happened.set()

    def assigned(self) -> None:
        """The partition is ours, from now on; what was fetched before is void."""
        self._tenure.assigned()
        self._moved()

    def revoked(self) -> None:
        """The partition is given away: fold nothing more. What is being published may still arrive, or be fenced."""
        self._report.well(takeover_of(self.partition), outputs_of(self.partition))
        self._tenure.given_away()
        self._moved()

    def _moved(self) -> None:
        self.goal = None
        self._inbox.forget()
        self._outbox.hurry()
        self._happened.set()

    def stop(self) -> None:
        """Let `run` end when the commit at work is done and the state is written down."""
        self._tenure.stop()
        self._inbox.forget()
        self._outbox.hurry()
        self._happened.set()

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
        pause_s = self._pace.first_pause_s
        try:
            while True:
                before = self.published
                trouble = takeover_of(self.partition)
                try:
                    if not await self._assigned():
                        return
                    await self._settle()
                    self._report.well(trouble)
                    trouble = outputs_of(self.partition)
                    await self._follow()
                    if self._tenure.finishes:
                        await self._finish()
                        return
                except MovedError:
                    continue
                except FencedError as error:
                    _log.warning("fenced: another worker has this partition", partition=self.partition, reason=error)
                    self._drop()
                    await self._tenure.change(self._pace.fenced_s)
                except (DoubtError, SnapshotStoreError) as error:
                    moved = self.published > before
                    pause_s = self._pace.first_pause_s if moved else self._pace.next_pause_s(pause_s)
                    self._in_doubt(trouble, error, before, pause_s)
                    await self._tenure.change(pause_s)
        finally:
            self._outbox.close()
            self._keeper.drop()
            await self._ledger.close()

    async def _assigned(self) -> bool:
        """Wait for an assignment; False to stop. What is folded is finished first, if the partition is still ours."""
        while not self._tenure.is_ours and not self._tenure.is_stopping:
            self._happened.clear()
            await self._outbox.look()
            await self._happened.wait()
        return self._tenure.is_ours and not (self._tenure.is_stopping and self._fold is None)

    def _in_doubt(self, trouble: str, error: Exception, before: int, pause_s: float) -> None:
        """Drop the memory; raises if there is no time to find out what became of the outputs."""
        _log.warning(
            "in doubt: restoring from what is committed", partition=self.partition, pause_s=pause_s, reason=error
        )
        if self._tenure.is_ours:  # what became of a partition that was given away troubles its next owner, if anyone
            self._report.tell(trouble, error)
        self._drop()
        if self._tenure.is_stopping:
            raise BrokerUnreachableError(
                f"partition {self.partition} was stopped, and it is not known whether its outputs from "
                f"offset {before} on are published; the next start finds out, and says the rest: {error}"
            ) from error

    def _drop(self) -> None:
        """Forget all that is in memory."""
        self._tenure.doubted()
        self._outbox.drop()
        self._keeper.drop()
        self._inbox.forget()
        self._fold = None

    async def _settle(self) -> None:
        """Take the partition over: fence, read, restore what memory cannot be trusted for, and have it read on."""
        number = self._tenure.number
        self.restoring = True
        try:
            try:
                await self._outbox.rest()
            except (FencedError, DoubtError) as error:
                # What became of an earlier assignment's outputs will be read, after the fence.
                _log.warning("earlier outputs not published", partition=self.partition, reason=error)
                self._drop()
            mark = await self._ledger.open()
            if self._memory_holds(mark):
                bounds = await self._feed.bounds()
            else:
                self._drop()
                restored = await self._restore(mark)
                self._begin(restored)
                bounds = restored.bounds
            self._raise_if_moved(number)
            self._continuity.check_bounds(self.next_offset, bounds)
            self._inbox.forget()  # of an earlier seek; from the call on none of those comes any more
            await self._feed.seek(self._continuity.seek_of(self.next_offset))
            self._raise_if_moved(number)
        finally:
            self.restoring = False
        self._tenure.taken_over()
        self.goal = bounds.end
        self._inbox.open()
        _log.info(
            "partition taken over",
            partition=self.partition, position=self.next_offset, published=self.published, end=bounds.end,
        )  # fmt: skip

    def _memory_holds(self, mark: Mark | None) -> bool:
        """Whether nobody else has written since we did. Without transactions nobody can tell; a fold stays right."""
        return self._fold is not None and (mark == self._outbox.mark or not self._ledger.transactional)

    def _begin(self, restored: Restored) -> None:
        """Go on from a restored state."""
        self._fold = self._open_fold(restored)
        self._outbox.mark = restored.mark
        self._continuity.expect(restored.last)
        self._keeper.begin(restored.mark, known=restored.known, size=restored.size)

    def _raise_if_moved(self, number: int) -> None:
        if self._tenure.number != number:
            raise MovedError

    async def _follow(self) -> None:
        """Fold and publish until revoked, assigned anew or stopped."""
        assert self._fold is not None, "only a restored shard follows"
        self._outbox.start()
        await self._follower.follow(self._fold)

    async def _finish(self) -> None:
        """Publish what is folded, write the state down, and commit that."""
        assert self._fold is not None, "only a restored shard follows"
        await self._outbox.finish()
        if self._keeper.durable < self.next_offset:
            await self._keeper.finish()
            self._keeper.take(self._fold.core, self._fold.last)
        await self._outbox.settle_snapshot()
        if self._keeper.lost is not None and self._keeper.durable < self.next_offset:
            raise StateRefusedError(
                f"partition {self.partition}: everything is published, but the state at {self.next_offset} was not "
                f"written down; the next start folds again from {self._keeper.durable}, silently: {self._keeper.lost}"
            )
