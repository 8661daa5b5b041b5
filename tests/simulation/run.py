"""One seed: a log, workers that die, doubt, are fenced and replaced, and what a reader of committed records sees.

Oracle: the same log folded once by a core that nothing ever happened to. Which kind of core is the seed's `Cast`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from models.core import Core
from models.learner import Learner
from schemas.gauge import Gauge
from streams.delivery.envelope import Output
from streams.orders.orders import Orders
from streams.partition.core_kind import CoreKind
from streams.partition.fold import Fold
from streams.partition.learning import learning
from streams.partition.shard import Shard
from streams.partition.wiring import make_shard
from streams.snapshots.image import Image, in_place
from streams.snapshots.keeper import Maker
from streams.snapshots.origin import Origin
from tests import builders
from tests.simulation import forwarding
from tests.simulation.world import FakeLedger, FakeLog, FakeStore, Faults, Process, Row, World

KEY = b"k" * 32
MAX_MESSAGE_BYTES = 1_000_000


@cache
def gauge() -> Gauge:
    return builders.gauge(
        "[snapshots]\nevery_events = 7\nevery_seconds = 0.5\nkeep = 2\n"
        '[label]\narrival = "later"\n[evaluation]\nholdout = 0.2\nholdout_window = 10\nwindow_events = 10\n'
        "[retraining]\nevery_labels = 12\nwarm_up_labels = 2\npatience_labels = 10\n"
    )


@cache
def origin() -> Origin:
    return Origin(gauge(), {"river": "1"}, "build", "cpu")


def log(rng: random.Random) -> list[Row]:
    """Events, labels that come later or never, broken records; offsets with gaps, as transaction markers leave them."""
    rows: list[Row] = []
    offset = rng.randrange(3)
    open_ids: list[int] = []
    for n in range(rng.randint(15, 60)):
        kind = rng.random()
        if kind < 0.06:
            value = b"{broken"
        elif kind < 0.4 and open_ids:
            id = open_ids.pop(rng.randrange(len(open_ids)))
            value = builders.label(id, "bad" if id % 3 else "good")
        else:
            value = builders.record(n, a=n % 7, site="xyz"[n % 3])
            open_ids.append(n)
        rows.append(Row(offset, value))
        offset += 1 + (rng.random() < 0.15)
    # The first record has offset 0, or the log would not begin where a learner does.
    return [rows[0]._replace(offset=0), *rows[1:]]


class Cast(NamedTuple):
    """What folds the log, what takes its image, what the image says it is of, and the log that it folds."""

    kind: CoreKind
    image: Image
    origin: Callable[[], Origin] = origin
    log: Callable[[random.Random], list[Row]] = log


@cache
def learners() -> Cast:
    return Cast(learning(gauge(), 0, MAX_MESSAGE_BYTES, lambda epoch: Learner(gauge(), epoch=epoch)), in_place)


FORWARDERS = Cast(forwarding.KIND, forwarding.image)


def twin(kind: CoreKind, rows: list[Row], epoch: int = 0, silent_below: int = 0) -> tuple[list[Output], Core]:
    """What an epoch publishes, and what it knows in the end, if nothing ever happens."""
    core = kind.make(epoch)
    fold = Fold(0, core=core, way=kind.way(core, epoch), begin=0, silent_below=silent_below)
    return [output for piece in fold.fold(rows) for output in piece.outputs], core


def silent_reset(world: World) -> None:
    """An operator starts over, silently up to where the outputs end; the operator's process may die half-way."""
    end = 0 if world.mark is None else world.mark.published
    epoch = world.orders.epoch + 1
    world.fences += 1
    world.orders = Orders(epoch=epoch, outputs_end=end, silent_below=end)
    if world.mark is not None and world.rng.random() < 0.5:
        world.mark = world.mark._replace(snapshot=0, published=end, epoch=epoch)


class Worker(NamedTuple):
    """A process with its shard."""

    process: Process
    log: FakeLog
    shard: Shard
    task: asyncio.Task[None]

    async def end(self) -> None:
        """The process is gone, with all that it was doing."""
        self.process.alive = False
        self.log.stop()
        self.task.cancel()
        with suppress(BaseException):
            await self.task


def start(world: World) -> Worker:
    """A worker to which the partition is assigned."""
    process = Process(world)
    fake_log = FakeLog(process)
    loop = asyncio.get_running_loop()
    maker = Maker(
        origin=world.cast.origin(),
        store=FakeStore(process),
        key=KEY,
        image=world.cast.image,
        partitions=1,
    )
    shard = make_shard(
        0,
        maker=maker,
        ledger=FakeLedger(process),
        log=fake_log,
        kind=world.cast.kind,
        at=process.point,
        clock=loop.time,
    )
    fake_log.shard = shard
    task = asyncio.ensure_future(shard.run())
    shard.assigned()
    return Worker(process, fake_log, shard, task)


class Outcome(NamedTuple):
    """What a seed led to."""

    outputs: list[Output]
    wanted: list[Output]
    world: World
    core: Core | None
    twin: Core


async def live(seed: int, faults: Faults | None = None, *, silent_resets: int = 0, cast: Cast | None = None) -> Outcome:
    """Run one seed to the end of its log, with an operator who starts over silently now and then."""
    rng = random.Random(seed)
    cast = learners() if cast is None else cast
    rows = cast.log(rng)
    if faults is None:
        faults = Faults(
            crash=rng.choice((0.0, 0.005, 0.02)), doubt=rng.choice((0.0, 0.05)), store=rng.choice((0.0, 0.2))
        )
    world = World(rows, rng, faults, cast)
    workers = [start(world)]
    began = [0]
    for resets_left in range(silent_resets, -1, -1):
        for _ in range(rng.randrange(8)):
            await _some_time(rng, workers)
            await _something_happens(world, workers)
        if resets_left:
            while workers:
                await workers.pop().end()
            silent_reset(world)
            began.append(world.orders.silent_below)
    world.faults = Faults()
    while len(workers) > 1:
        await workers.pop(rng.randrange(len(workers))).end()
    last = workers[0] if workers else start(world)
    if not last.process.alive or last.task.done():
        await last.end()
        last = start(world)
    else:
        last.log.ours = True
        last.shard.assigned()
    end = rows[-1].offset + 1
    while last.shard.goal is None or last.shard.published < end or last.shard.next_offset < end:
        if last.task.done():
            last.task.result()
            raise AssertionError("the shard has ended by itself")
        await asyncio.sleep(0.05)
    core = last.shard.core
    last.shard.stop()
    await last.task
    last.log.stop()
    told, alone = twin(cast.kind, rows, len(began) - 1)
    wanted: list[Output] = []
    for epoch, (first, until) in enumerate(pairwise([*began, end])):
        is_alone = (epoch, first) == (len(began) - 1, 0)  # nothing of it is silent: it is told already
        wanted += told if is_alone else twin(cast.kind, [row for row in rows if row.offset < until], epoch, first)[0]
    return Outcome(world.outputs, wanted, world, core, alone)


async def _some_time(rng: random.Random, workers: list[Worker]) -> None:
    if not workers:
        return
    deaths = [asyncio.ensure_future(worker.process.died.wait()) for worker in workers]
    await asyncio.wait(deaths, timeout=rng.choice((0.05, 0.3, 2.0)), return_when=asyncio.FIRST_COMPLETED)
    for death in deaths:
        death.cancel()


async def _something_happens(world: World, workers: list[Worker]) -> None:
    rng = world.rng
    for worker in [worker for worker in workers if not worker.process.alive]:
        workers.remove(worker)
        await worker.end()
        if rng.random() < 0.3:
            world.damage(rng.randint(1, 3))
    for worker in workers:
        if worker.task.done() and not worker.task.cancelled():
            error = worker.task.exception()
            assert error is None, f"a shard ended by itself: {error!r}"
    what = rng.random()
    if not workers:
        workers.append(start(world))
    elif what < 0.2:  # a rebalance that gives the partition back at once
        one = rng.choice(workers)
        one.shard.revoked()
        await asyncio.sleep(rng.random() * 0.1)
        one.log.ours = True
        one.shard.assigned()
    elif what < 0.4:  # another takes over, and the old one does not know
        workers.append(start(world))
    elif what < 0.6:  # a rebalance that gives the partition to another
        one = workers[0]
        one.log.ours = False
        one.shard.revoked()
        if len(workers) == 1:
            workers.append(start(world))
    elif what < 0.8:  # the partition wanders back to one that had it
        one = workers[0]
        one.log.ours = True
        one.shard.assigned()
    else:
        await workers.pop(rng.randrange(len(workers))).end()


def check(outcome: Outcome) -> None:
    """Nothing lost, nothing twice, nothing different, and a state that goes on."""
    given = [dict(output.headers)["ce_id"] for output in outcome.outputs]
    wanted = [dict(output.headers)["ce_id"] for output in outcome.wanted]
    assert given == wanted
    assert outcome.outputs == outcome.wanted
    mark = outcome.world.mark
    assert mark is not None
    assert mark.snapshot == mark.published, f"stopped in order, nothing is left to replay: {mark}"
    assert outcome.core is not None
    assert outcome.core.next_offset == outcome.twin.next_offset
    assert outcome.core.status() == outcome.twin.status()
    outcome.core.check()
    outcome.twin.check()
