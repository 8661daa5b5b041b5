"""What is folded and not yet published: it grows into a draft, and leaves in commits, strictly one after the other.

While one commit is under way the next grows, and begins when that one is done: a slow broker makes commits larger, so
does being behind; an idle one leaves nothing waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from streams.delivery.ledger import Ledger, Mark
from streams.here.failures import DoubtError, FencedError
from streams.here.logs import Log
from streams.partition.inbox import Inbox
from streams.partition.latency import Latency
from streams.partition.news import News, Oddities
from streams.partition.pace import Pace
from streams.partition.report import Report, outputs_of
from streams.partition.stretch import Draft, Stretch
from streams.partition.tenure import Tenure
from streams.snapshots.failures import SnapshotUnpicklableError
from streams.snapshots.keeper import Keeper

_log = Log("shard")


class Outbox:
    """One partition's way out.

    Parameters
    ----------
    partition
        The input partition, for messages.
    ledger, keeper
        Where outputs go, and whose snapshots are committed with them.
    inbox, tenure
        How long the records at hand may wait, and whether there is anything to wait for.
    pace
        Bounds of a commit, and how long it may be put off.
    happened
        Called when a commit is done, or has failed.
    clock, wall
        Monotonic seconds; seconds since 1970, to measure latency.
    report
        Told of a commit that went well.
    oddities
        What is odd about the records and models, for the log.
    """

    def __init__(
        self,
        partition: int,
        *,
        ledger: Ledger,
        keeper: Keeper,
        inbox: Inbox,
        tenure: Tenure,
        pace: Pace,
        happened: Callable[[], None],
        clock: Callable[[], float],
        wall: Callable[[], float],
        report: Report,
        oddities: Callable[[], Oddities | None],
    ) -> None:
        self.mark: Mark | None = None
        """What was committed last, or restored; None before the first restore."""
        self.latency = Latency()
        self._partition = partition
        self._ledger = ledger
        self._keeper = keeper
        self._inbox = inbox
        self._tenure = tenure
        self._pace = pace
        self._happened = happened
        self._clock = clock
        self._wall = wall
        self._report = report
        self._oddities = oddities
        self._news = News(partition)
        self._draft = Draft(pace)
        self._room: asyncio.Future[None] | None = None
        self._commits: asyncio.Task[None] | None = None
        self._begun_at = -1e9
        self._sooner = asyncio.Event()

    @property
    def published(self) -> int:
        """Everything below is published."""
        return 0 if self.mark is None else self.mark.published

    @property
    def is_full(self) -> bool:
        """Whether folding waits until what has grown is on its way."""
        return self._draft.is_full

    @property
    def is_idle(self) -> bool:
        """Whether no commit is under way."""
        return self._commits is None

    def put(self, stretch: Stretch, record_bytes: float) -> None:
        """What was folded is to be published; it came from records of that mean size."""
        self._draft.add(stretch, record_bytes)

    def hurry(self) -> None:
        """Look again how long the next commit is to be put off: it may have become less."""
        self._sooner.set()

    def start(self) -> None:
        """Begin to commit, if there is anything to, and no commit is under way."""
        if self._commits is None and self._has_something():
            self._commits = asyncio.create_task(self._commit_all(), name=f"publish-{self._partition}")
            self._commits.add_done_callback(lambda _: self._happened())

    async def carry_on(self) -> None:
        """Begin the next commit if the one before is done, and raise what that one has met, or the keeper."""
        await self.look()
        self._raise_if_keeper_failed()
        self.start()

    async def look(self) -> None:
        """Raise what the commit has met that is done; wait for none."""
        if self._commits is not None and self._commits.done():
            await self.rest()

    async def room(self) -> None:
        """Wait until what has grown is on its way."""
        assert self._commits is not None, "a draft grows only while a commit is under way"
        self.hurry()
        self._room = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._room, self._commits}, return_when=asyncio.FIRST_COMPLETED)
        await self.look()

    async def rest(self) -> None:
        """Wait until nothing is under way; raise what the last commit has met."""
        if self._commits is not None:
            commits = self._commits
            if not commits.done():
                await asyncio.wait({commits})
            self._commits = None
            commits.result()

    async def finish(self) -> None:
        """Publish all that is folded, and commit the newest snapshot."""
        await self.rest()
        while self._has_something():
            self.start()
            await self.rest()

    async def settle_snapshot(self) -> None:
        """Wait for the snapshot that is being made, and commit it."""
        await self._keeper.finish()
        self._raise_if_keeper_failed()
        if self._has_something():
            self.start()
            await self.rest()
        await self._keeper.finish()

    async def before_defect(self) -> None:
        """Publish what was folded before the record that cannot be. No state is written down: it is not to be trusted.

        What does not get out in time, or is in doubt, the next start folds again.
        """
        self._inbox.done()
        self.hurry()
        try:
            async with asyncio.timeout(self._pace.defect_patience_s):
                await self.rest()
                while self._draft:
                    self.start()
                    await self.rest()
        except (FencedError, DoubtError, TimeoutError) as error:
            _log.warning("not published before the defect", partition=self._partition, reason=error)

    def drop(self) -> None:
        """Forget what has grown, and give up what is under way: what becomes of it is read after the next fence."""
        if self._commits is not None:
            self._commits.cancel()
            self._commits = None
        self._draft.take()

    def close(self) -> None:
        """The end."""
        if self._commits is not None:
            self._commits.cancel()
        self._news.close()

    def _has_something(self) -> bool:
        """Whether there is anything to commit: outputs, or a newer snapshot."""
        assert self.mark is not None, "only a restored shard publishes"
        return bool(self._draft) or (self._ledger.transactional and self._keeper.durable > self.mark.snapshot)

    async def _commit_all(self) -> None:
        while self._has_something():
            await self._until_due()
            await self._commit()

    async def _commit(self) -> None:
        before = self.mark
        assert before is not None, "only a restored shard publishes"
        # 1. The draft is taken. From here on the next one grows, and folding that waited for room goes on.
        self._begun_at = self._clock()
        stretch = self._draft.take() or Stretch([], before.published, [])
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        # 2. E is where it ends; S is the newest durable snapshot, and no snapshot is durable before it is published.
        published = max(before.published, stretch.next_offset)
        mark = before._replace(snapshot=self._keeper.durable, published=published)
        # 3. Outputs and mark, all or nothing. What is raised here leaves the mark as it was, and is raised by `rest`.
        await self._ledger.commit(stretch.outputs, mark)
        # 4. Published: it is remembered, and a snapshot that waited for these outputs is written.
        self._report.well(outputs_of(self._partition))
        self.mark = mark
        self._keeper.published(mark.published)
        # 5. It is told. Not earlier: what was rolled back never happened.
        self.latency.observe(stretch.stamps, self._wall() * 1_000)
        self._news.tell(stretch.news)
        if (oddities := self._oddities()) is not None:
            self._news.notice(oddities)
        # 6. Snapshots older than the committed one may go.
        self._keeper.committed(mark.snapshot)

    async def _until_due(self) -> None:
        """Wait until the next commit is to begin; looks again whenever that may have become sooner."""
        while (early := self._until_due_s()) > 0:
            self._sooner.clear()
            try:
                async with asyncio.timeout(early):
                    await self._sooner.wait()
            except TimeoutError:
                return

    def _until_due_s(self) -> float:
        if not self._tenure.reads_on:
            return 0.0
        patience_s = 0.0 if self.is_full else self._inbox.patience_s(self._pace.commit_patience)
        return self._begun_at + max(self._pace.commit_interval_s, patience_s) - self._clock()

    def _raise_if_keeper_failed(self) -> None:
        """A state that cannot be written ends the shard, or, without transactions, all further snapshots."""
        failure = self._keeper.failed()
        if failure is None:
            return
        self._keeper.give_up()
        if self._ledger.transactional or not isinstance(failure, SnapshotUnpicklableError):
            raise failure
        _log.warning("no snapshots: a restart folds from the beginning", partition=self._partition, reason=failure)
