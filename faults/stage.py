"""The stage: a broker, topics of their own for every scenario, events that keep coming, workers, and the verifier."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from faults import events
from faults.broker import Broker
from faults.group import Group
from faults.nurseries import ROOT, Nurseries, Worker
from schemas.gauge import Gauge
from streams.data.sender import prepare
from streams.here.gaugefile import load
from streams.here.ports import free_port
from streams.kafka.connection import client_settings
from streams.kafka.group import group_of

TICK_S: Final = 0.02
PATIENCE_S: Final = 90.0


class FaultError(AssertionError):
    """Something that must be true is not: what was expected, and what was found."""


class Filler:
    """Sends events to every partition in turn, at a rate, until it is stopped.

    Parameters
    ----------
    producer
        Started by the caller.
    rate
        Events per second, over all partitions.
    first
        The row of the data to begin with.
    """

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: int, *, rate: float, first: int) -> None:
        self.rate = rate
        self.ends = dict.fromkeys(range(partitions), 0)
        """By partition: one past the last acknowledged record."""
        self._producer = producer
        self._topic = topic
        self._sources: list[Iterator[bytes]] = [events.events(first + 97 * n) for n in range(partitions)]
        self._turns = itertools.cycle(range(partitions))
        self._under_way: set[asyncio.Future[Any]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Send no more, and wait until all is acknowledged."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def send(self, count: int) -> None:
        """Send so many now; they are acknowledged later."""
        for _ in range(count):
            partition = next(self._turns)
            sent = await self._producer.send(self._topic, next(self._sources[partition]), partition=partition)
            self._under_way.add(sent)
            sent.add_done_callback(self._acknowledged)

    def _acknowledged(self, sent: asyncio.Future[Any]) -> None:
        self._under_way.discard(sent)
        if sent.cancelled() or sent.exception() is not None:
            return  # the broker is away; the verifier reads from the log what came there
        record = sent.result()
        self.ends[record.partition] = max(self.ends[record.partition], record.offset + 1)

    async def _run(self) -> None:
        begin, done = monotonic(), 0
        while True:
            due = int((monotonic() - begin) * self.rate)
            with suppress(KafkaError):  # the broker is away
                await self.send(min(due - done, 500))
            done = due
            await asyncio.sleep(TICK_S)


class Stream:
    """One gauge on topics of its own, with its snapshots, its workers and its filler."""

    def __init__(self, stage: Stage, gauge: Gauge, file: Path, partitions: int, filler: Filler) -> None:
        self.gauge = gauge
        self.partitions = partitions
        self.filler = filler
        self.workers: list[Worker] = []
        self.folder = file.parent
        self.group = Group(stage.admin, group_of(gauge))
        self._stage = stage
        self._file = file

    async def start(self, point: str | None = None, nth: int = 1, act: str = "kill") -> Worker:
        """Start a worker; one that breaks at a point, if one is named."""
        broken = [] if point is None else ["--point", point, "--nth", str(nth), "--act", act]
        return await self._fork([str(self._file), *broken])

    async def collect(self, into: Path) -> Worker:
        """Start a worker that writes down the points it comes to."""
        return await self._fork([str(self._file), "--collect", str(into)])

    async def _fork(self, words: list[str]) -> Worker:
        port = free_port()
        environ = {"RIVERGAUGE_SERVER_PORT": str(port), "RIVERGAUGE_SNAPSHOT_KEY": self._stage.key}
        log = self.folder / f"worker-{len(self.workers):03d}.log"
        worker = await self._stage.nurseries.fork(words, environ, port, log)
        self.workers.append(worker)
        return worker

    def running(self) -> list[Worker]:
        """Workers that have not ended."""
        return [worker for worker in self.workers if worker.is_running]

    async def evict(self) -> None:
        """Have the dead leave the group now, not when their session ends. Only while no worker lives."""
        assert not self.running(), "the living are in that group too"
        with suppress(KafkaError):
            await self.group.evict()

    def snapshots(self) -> list[Path]:
        """The snapshot files, newest first, without copies in the archive."""
        found = (self.folder / "snapshots").rglob("*.snapshot")
        kept = (file for file in found if file.parent.name != "archive")
        return sorted(kept, key=lambda file: file.name, reverse=True)

    async def marks(self) -> dict[int, tuple[int, int]]:
        """By partition: S and E."""
        found = await self.group.marks(self.gauge.topics.input, self.partitions)
        return {partition: (mark.snapshot, mark.published) for partition, mark in found.items()}

    async def caught_up(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until everything acknowledged is predicted and published.

        Raises
        ------
        FaultError
            If no worker is left, or nothing moves for ``patience_s`` seconds.
        """
        until = monotonic() + patience_s
        seen: dict[int, tuple[int, int]] = {}
        while True:
            ends, marks = self.filler.ends, seen
            with suppress(KafkaError):
                marks = await self.marks()
            if marks != seen:
                seen, until = marks, monotonic() + patience_s
            if all(marks.get(n, (0, 0))[1] >= end for n, end in ends.items()):
                return
            if not self.running():
                last = self.workers[-1]
                raise FaultError(f"no worker is left; the last ended with {last.ended.result()}: {last.last_words()}")
            if monotonic() > until:
                raise FaultError(f"nothing moved for {patience_s} s: log ends {ends}, S and E {marks}")
            await asyncio.sleep(0.1)

    async def finish(self) -> None:
        """SIGTERM to every worker; each must end with 0."""
        import signal

        running = self.running()
        for worker in running:
            worker.send(signal.SIGTERM)
        for worker in running:
            code = await worker.ended_within(8.0)
            if code != 0:
                await worker.kill()
                raise FaultError(f"SIGTERM: exit code 0 within 8 s expected, got {code}: {worker.last_words()}")

    async def verify(self, *, river: bool = False, metric: float | None = None, aborted: Path | None = None) -> Any:
        """Have the verifier look.

        Raises
        ------
        FaultError
            If it finds anything.
        """
        more = ["--river"] if river else []
        more += [] if metric is None else ["--metric", repr(metric)]
        more += [] if aborted is None else ["--aborted", str(aborted)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "faults.verify", str(self._file), *more,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        out, err = await process.communicate()
        (self.folder / "verdict.json").write_bytes(out)
        if process.returncode != 0:
            raise FaultError(f"the verifier: {out.decode().strip() or err.decode()[-800:]} ({self.folder})")
        return json.loads(out)

    async def close(self) -> None:
        """Kill what is left."""
        for worker in self.running():
            await worker.kill()
        await self.filler.stop()


class Stage:
    """A broker and what every scenario needs of it.

    Parameters
    ----------
    folder
        Where everything is kept.
    servers
        A broker that is there already; without one a Kafka of our own is started.
    say
        Told what goes on.
    nurseries
        How many processes fork workers.
    pace
        Every rate of events is multiplied by it; small machines want less than 1.
    """

    def __init__(
        self,
        folder: Path,
        servers: str | None,
        say: Callable[[str], None] = lambda text: None,
        *,
        nurseries: int = 2,
        pace: float = 1.0,
    ) -> None:
        self.folder = folder
        self.say = say
        self._pace = pace
        self.broker = None if servers else Broker(folder / "kafka", heap_mb=768)
        self.servers = servers or self.broker.bootstrap_servers  # type: ignore[union-attr]  # one of both is given
        self.nurseries = Nurseries(nurseries)
        self.key = secrets.token_hex(32)
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.servers, client_id="faults")
        self._run = secrets.token_hex(3)
        self._streams = itertools.count()

    @asynccontextmanager
    async def up(self, rng: random.Random) -> AsyncIterator[Stage]:
        """Everything started, and ended at the end."""
        try:
            if self.broker is not None:
                await asyncio.to_thread(self.broker.start)
            await self.nurseries.start(rng)
            await self.admin.start()
            yield self
        finally:
            await self.nurseries.stop()
            with suppress(KafkaError):
                await self.admin.close()
            if self.broker is not None:
                await asyncio.to_thread(self.broker.stop)

    @asynccontextmanager
    async def stream(
        self,
        name: str,
        rng: random.Random,
        *,
        partitions: int = 1,
        rate: float = 300.0,
        store: str = "directory",
        course: str = events.FULL,
        snapshot_events: int = 250,
        commit_interval_ms: float = 5.0,
    ) -> AsyncIterator[Stream]:
        """A gauge on fresh topics; nothing is sent yet."""
        name = f"{name}-{self._run}-{next(self._streams)}"
        folder = self.folder / name
        folder.mkdir(parents=True)
        file = folder / "gauge.toml"
        file.write_text(
            events.gauge_text(
                name=name, servers=self.servers, partitions=partitions, store=store, course=course,
                directory=folder / "snapshots", snapshot_events=snapshot_events, commit_interval_ms=commit_interval_ms,
            )
        )  # fmt: skip
        gauge = load(file)
        await prepare(gauge, client_settings(gauge.connection, {}))
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, enable_idempotence=True, linger_ms=2)
        await producer.start()
        filler = Filler(producer, gauge.topics.input, partitions, rate=rate * self._pace, first=rng.randrange(5_000))
        stream = Stream(self, gauge, file, partitions, filler)
        try:
            yield stream
        finally:
            await stream.close()
            await producer.stop()
