"""A shard between fakes: a ledger, a log, snapshots of nothing in memory, a core that answers simply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

from streams.delivery.ledger import Mark
from streams.engine.chunk import Bounds, Chunk
from streams.partition.pace import Pace
from streams.partition.restore import Restored
from streams.partition.shard import Shard
from streams.snapshots.fingerprint import Fingerprint, fingerprint
from streams.snapshots.keeper import Keeper, Maker
from streams.snapshots.origin import Origin
from tests import builders
from tests.streams.delivery.memory import MemoryLedger, Partition
from tests.streams.folding import Core, Row, fold, ids
from tests.streams.snapshots.memory import MemoryStore
from tests.streams.snapshots.payloads import of

ORIGIN = "a1"
NO_PAUSES = Pace(first_pause_s=0.0, longest_pause_s=0.0)


def maker(text: str = "", **more: Any) -> Maker:
    """Snapshots without a state, in memory; by default so rarely that none is made before the shard stops."""
    gauge = builders.gauge(text or "[snapshots]\nevery_events = 1000000\nevery_seconds = 1e9")
    plain = Maker(
        origin=Origin(gauge, {}, "b", "c"),
        store=MemoryStore(),
        key=b"k" * 32,
        image=lambda learner, seal: asyncio.sleep(0, seal(of(b"%d" % learner.next_offset))),
        partitions=1,
    )
    return plain._replace(**more)


class Log:
    """The reader; its records are all alike, but for ``rows``."""

    def __init__(self, end: int = 1_000) -> None:
        self.at = Bounds(0, end)
        self.asked = 0
        self.seeks: list[int] = []
        self.rows: dict[int, Row] = {}
        self.gate: Callable[[], Any] | None = None

    async def bounds(self) -> Bounds:
        self.asked += 1
        if self.gate is not None:
            self.gate()
        await asyncio.sleep(0)
        return self.at

    async def seek(self, offset: int) -> None:
        await asyncio.sleep(0)
        self.seeks.append(offset)

    def chunk(self, *offsets: int, start: int | None = None) -> Chunk:
        rows = [self.rows.get(offset, Row(offset)) for offset in offsets]
        return Chunk(0, 1, offsets[0] if start is None else start, rows)


class Stage:
    """A shard and all that is around it. ``cores`` are those that were restored, oldest first; snapshots become due by
    the clock that shows ``now``. ``clock`` bounds stretches; the shard's own clock is ``life_clock``."""

    def __init__(
        self,
        *,
        ledger: MemoryLedger | None = None,
        maker: Maker | None = None,
        clock: Callable[[], float] = lambda: 0.0,
        make_core: Callable[[int], Core] = Core,
        pace: Pace = NO_PAUSES,
        life_clock: Callable[[], float] = monotonic,
        **more: Any,
    ) -> None:
        self.ledger = ledger if ledger is not None else MemoryLedger(Partition())
        self.partition = self.ledger.partition
        self.log = Log()
        self.maker = maker if maker is not None else globals()["maker"]()
        self.make_core = make_core
        self.cores: list[Core] = []
        self.last: Fingerprint | None = None
        self.now = 0.0
        self.shard = Shard(
            0,
            ledger=self.ledger,
            restore=self.restore,
            feed=self.log,
            open_fold=lambda restored: fold(
                restored.core, clock, begin=restored.mark.snapshot, silent_below=restored.mark.published
            ),
            make_keeper=lambda news: Keeper(self.maker, 0, news=news, at=lambda point: None, clock=lambda: self.now),
            pace=pace,
            clock=life_clock,
            wall=lambda: 2.0,
            **more,
        )

    @property
    def core(self) -> Core:
        return self.cores[-1]

    async def restore(self, mark: Mark | None) -> Restored:
        """As a restorer does whose newest snapshot is the committed one."""
        await asyncio.sleep(0)
        position, published = (0, 0) if mark is None else (mark.snapshot, mark.published)
        wanted = self.partition.mark = Mark(position, published, 0, ORIGIN, 1)
        self.cores.append(self.make_core(position))
        return Restored(self.core, wanted, await self.log.bounds(), self.last, [], frozenset())

    async def taken_over(self, times: int = 1) -> None:
        """Wait until the shard has had its partition read so many times."""
        await until(lambda: len(self.log.seeks) >= times and self.shard.goal is not None)

    def deliver(self, *offsets: int, start: int | None = None) -> None:
        self.shard.deliver(self.log.chunk(*offsets, start=start))

    @property
    def said(self) -> list[str]:
        """Ids of all the outputs that are committed."""
        return ids(self.partition.outputs)


def predictions(offsets: Iterable[int]) -> list[str]:
    return [f"pumps:0:{offset}:prediction:0" for offset in offsets]


def print_of(row: Row) -> Fingerprint:
    return fingerprint(row.offset, row.key, row.value)


@asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[asyncio.Task[None]]:
    """The shard's partition is assigned; at the end it is stopped, and must end well unless it has ended by itself."""
    task = asyncio.create_task(stage.shard.run())
    stage.shard.assigned()
    try:
        yield task
    except BaseException:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        raise
    if not task.done():
        stage.shard.stop()
        await asyncio.wait_for(task, 5)


async def until(condition: Callable[[], Any]) -> None:
    """Let other tasks run until it holds; a test that waits in vain ends with its timeout here."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def some_turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)
