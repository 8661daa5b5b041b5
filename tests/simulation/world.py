"""A world without a broker: a log, its transactions, its group's mark, a store, and time that only its own events move.

Everything happens on one event loop in an order that a seed decides. Whatever a process does to the world goes through
`Process.step`, the place at which it may die: before the effect, or after it. What a dead process still tries has no
effect. The fakes keep to the ports' contracts: tests/streams/delivery/test_contract.py holds the ledger to the words of
`Ledger` beside the real one, tests/streams/snapshots/test_stores.py the store.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from schemas.log import Headers
from streams.delivery.envelope import Output
from streams.delivery.ledger import Mark
from streams.engine.chunk import Bounds, Chunk
from streams.here.failures import DoubtError, FencedError, MovedError
from streams.orders.orders import Orders
from streams.partition.shard import Shard
from streams.snapshots.failures import SnapshotStoreError
from streams.snapshots.identity import Identity
from streams.snapshots.stores.store import Blob
from tests.streams.snapshots.memory import MemoryStore


class Loop(asyncio.SelectorEventLoop):
    """Time stands still while anything is to be done, and then jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            # A little beyond: who waits for what is left of a time would wait for ever for a last bit.
            self.now = max(self.now, self._scheduled[0]._when + 1e-9)
        super()._run_once()


def run(main: Coroutine[Any, Any, Any], patience_s: float = 10_000) -> Any:
    """Run on a loop of its own; a world that stands still for ever ends with a TimeoutError."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(asyncio.wait_for(main, patience_s))


class Row(NamedTuple):
    """A record of the log."""

    offset: int
    value: bytes
    key: bytes | None = None
    timestamp: int = 1_000
    headers: Headers = ()
    topic: str = "pumps"
    partition: int = 0


class Faults(NamedTuple):
    """Chances, per step of a process, of what may go wrong."""

    crash: float = 0.0
    doubt: float = 0.0
    store: float = 0.0


NO_FAULTS = Faults()


class Crash(BaseException):
    """The process is dead."""


class World:
    """What outlives every process."""

    def __init__(self, rows: Sequence[Row], rng: random.Random, faults: Faults = NO_FAULTS, cast: Any = None) -> None:
        self.cast = cast
        self.rows = rows
        self.rng = rng
        self.faults = faults
        self.store = MemoryStore()
        self.outputs: list[Output] = []
        self.mark: Mark | None = None
        self.orders = Orders()
        self.fences = 0
        self.crashes: list[str] = []

    @property
    def bounds(self) -> Bounds:
        # Behind the last record lies a transaction marker.
        return Bounds(0, self.rows[-1].offset + 2 if self.rows else 0)

    def damage(self, count: int) -> None:
        """Change a bit of the newest snapshots."""
        for identity in sorted(self.store.kept, reverse=True)[:count]:
            blob = bytearray(self.store.kept[identity])
            blob[self.rng.randrange(len(blob))] ^= 1 << self.rng.randrange(8)
            self.store.kept[identity] = bytes(blob)


class Process:
    """A worker's process: it dies once, and then nothing it does has an effect."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alive = True
        self.died = asyncio.Event()
        self.on_point: Callable[[str], None] = lambda _: None

    async def step(self, name: str, effect: Callable[[], Any] = lambda: None) -> Any:
        """Do something to the world, with time passing before and after."""
        rng = self.world.rng
        for _ in range(rng.randrange(3)):
            await asyncio.sleep(0)
        if rng.random() < 0.3:
            await asyncio.sleep(rng.random() * 0.05)
        self.point(f"before {name}")
        result = effect()
        self.point(f"after {name}")
        return result

    def point(self, name: str) -> None:
        """A place at which it may die."""
        if not self.alive:
            raise Crash
        self.on_point(name)
        if self.world.rng.random() < self.world.faults.crash:
            self.die(name)

    def die(self, name: str) -> None:
        self.alive = False
        self.world.crashes.append(name)
        self.died.set()
        raise Crash

    def chance(self, share: float) -> bool:
        return self.world.rng.random() < share


class FakeLedger:
    """Transactions with fences, as `Ledger` says; an outcome may be unknown, whichever it was."""

    transactional = True

    def __init__(self, process: Process) -> None:
        self._process = process
        self._world = process.world
        self._token: int | None = None

    async def open(self) -> Mark | None:
        self._token = None

        def fence() -> int:
            self._world.fences += 1
            return self._world.fences

        token = await self._process.step("fence", fence)
        if self._process.chance(self._world.faults.doubt):
            raise DoubtError("the broker does not answer")
        mark: Mark | None = await self._process.step("read", lambda: self._world.mark)
        self._token = token
        return mark

    async def read(self) -> Mark | None:
        mark: Mark | None = await self._process.step("read again", lambda: self._world.mark)
        return mark

    async def commit(self, outputs: Sequence[Output], mark: Mark) -> None:
        assert self._token is not None, "a ledger is opened before anything is committed"
        mark.checked()
        await self._process.step("begin")
        await self._process.step("send")
        await self._process.step("offsets")
        if self._process.chance(self._world.faults.doubt):
            self._token = None
            raise DoubtError("it was not committed")

        def commit() -> bool:
            if self._token != self._world.fences:
                return False
            self._world.outputs += outputs
            self._world.mark = mark
            return True

        done = await self._process.step("commit", commit)
        if not done:
            self._token = None
            raise FencedError("another owner")
        if self._process.chance(self._world.faults.doubt):
            self._token = None
            raise DoubtError("it was committed, and nobody heard")

    async def close(self) -> None:
        self._token = None


class FakeStore:
    """A store that a process may die at, and that may fail."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._kept = process.world.store

    def _fail(self) -> None:
        if self._process.chance(self._process.world.faults.store):
            raise SnapshotStoreError("the disc is full")

    async def put(self, identity: Identity, blob: Blob) -> None:
        self._fail()
        place = self._kept.archive if identity.version else self._kept.kept
        await self._process.step("put", lambda: place.__setitem__(identity, bytes(blob)))

    async def list(self, partition: int) -> list[Identity]:
        await self._process.step("list")
        return await self._kept.list(partition)

    async def archived(self, partition: int) -> list[Identity]:
        await self._process.step("list")
        return await self._kept.archived(partition)

    async def get(self, identity: Identity) -> bytes:
        await self._process.step("get")
        return await self._kept.get(identity)

    async def set_aside(self, identity: Identity) -> str | None:
        self._fail()
        kept: bytes | None = await self._process.step("set aside", lambda: self._kept.kept.pop(identity, None))
        return None if kept is None else "out of reach"

    async def delete(self, identity: Identity) -> None:
        self._fail()
        place = self._kept.archive if identity.version else self._kept.kept
        await self._process.step("delete", lambda: place.pop(identity, None))

    async def clean(self, partition: int) -> None:
        await self._process.step("clean")

    async def close(self) -> None:
        pass

    @property
    def where(self) -> str:
        return "the world's store"


class FakeLog:
    """The consumer of one partition: hands chunks of any size to its shard, as long as it has room."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._world = process.world
        self._reading: asyncio.Task[None] | None = None
        self.shard: Shard | None = None
        self.ours = True

    async def bounds(self) -> Bounds:
        bounds: Bounds = await self._process.step("bounds", lambda: self._world.bounds)
        if not self.ours:
            raise MovedError
        return bounds

    async def has_outputs(self) -> bool:
        return bool(self._world.outputs)

    async def orders(self) -> Orders:
        await self._process.step("orders")
        return self._world.orders

    async def begin(self, epoch: int, offset: int) -> None:
        raise AssertionError("the world's log begins where its epoch does")

    async def seek(self, offset: int) -> None:
        self.stop()
        await self._process.step("seek")
        if not self.ours:
            raise MovedError
        self._reading = asyncio.ensure_future(self._read(offset))

    def stop(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    async def _read(self, start: int) -> None:
        assert self.shard is not None
        rng = self._world.rng
        try:
            while waiting := [row for row in self._world.rows if row.offset >= start]:
                while not self.shard.has_room:
                    await asyncio.sleep(0.01)
                await self._process.step("fetch")
                records = waiting[: rng.randint(1, 12)]
                self.shard.deliver(Chunk(0, 0, start, records))
                start = records[-1].offset + 1
        except Crash:
            pass
