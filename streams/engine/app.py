"""The Faust app: it hosts the consumer, the group's membership and the agent; decisions are made by its ``Intake``.

Rules. Nothing of Faust's is imported elsewhere but in `streams.engine.batches`. The app is built in a function, because
Faust binds topics and apps to an event loop. Nothing escapes the agent: Faust would restart it at the next record and
the one that failed would be lost. Faust commits nothing and seeks nowhere: after an assignment a partition is read when
its shard has named where (`Engine.seek`), and every chunk carries the number of the seek after which it was fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from itertools import count
from typing import Any, Final, Protocol

import faust
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError, NoOffsetForPartitionError
from aiokafka.structs import TopicPartition
from faust.app.base import BootStrategy
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.futures import maybe_async

from schemas.gauge import Gauge
from streams.engine.batches import ChunkScheduler
from streams.engine.bounded_consumer import BoundedConsumer
from streams.engine.chunk import Bounds, Chunk
from streams.engine.consumer_watch import ConsumerWatch
from streams.engine.partition_count import METADATA_S, PartitionCount
from streams.here.failures import DefectError, MovedError
from streams.kafka.group import group_of
from streams.kafka.troubles import Troubles
from streams.kafka.verdict import is_final

SESSION_TIMEOUT_S: Final = 10.0
HEARTBEAT_S: Final = 3.0
REQUEST_TIMEOUT_S: Final = 20.0
CHUNK_RECORDS: Final = 10_000
FETCH_BYTES: Final = 1024 * 1024
"""A chunk of one partition is at most what one fetch brings; `streams.engine.bounded_consumer` bounds what that may
become. Large chunks matter: to hand one on takes several turns of the event loop, and each turn may wait for a stretch
of folding."""

STREAM_BUFFER: Final = 4_096
"""Never full, see `_Consumer._getmany`."""

LEFT_OUT_S: Final = 0.02
NEVER_S: Final = 365 * 86_400.0


class Intake(Protocol):
    """Whom the engine serves. All is called on the event loop; what is raised ends the worker."""

    def assigned(self, partitions: Set[int]) -> None:
        """These partitions, and no others, are ours. Nothing comes from one before its `Engine.seek`."""

    def revoked(self, partitions: Set[int]) -> None:
        """These partitions are no longer ours."""

    def deliver(self, chunk: Chunk) -> None:
        """Take a chunk."""

    def with_room(self, partitions: Set[int]) -> set[int]:
        """Those of the partitions for which more should be fetched."""

    async def room(self, partitions: Set[int], timeout_s: float) -> None:
        """Wait until one of the partitions has room, at most so long."""


class Engine:
    """A Faust app that reads a gauge's input topic. To be made, started and stopped on one event loop.

    Parameters
    ----------
    gauge
        Names the topic and the group.
    partitions
        How many partitions the topic had when it was checked; with any other number the engine fails.
    settings
        Keyword arguments for the consumer, from `streams.kafka.connection`.
    intake
        Whom it serves.
    fail
        Told why the engine cannot go on; it goes on doing nothing until it is stopped.
    troubles
        Told what the consumer tries to get over.
    """

    def __init__(
        self,
        gauge: Gauge,
        settings: Mapping[str, Any],
        intake: Intake,
        fail: Callable[[BaseException], None],
        *,
        partitions: int,
        troubles: Troubles | None = None,
    ) -> None:
        self._topic = gauge.topics.input
        self._count = PartitionCount(self._topic, partitions, self._partitions_now)
        self._intake = intake
        self.watch = ConsumerWatch(
            self._topic,
            consumer=lambda: _consumer(self._app),
            wanted=self._wanted,
            answered=lambda partition: _state(self._app, self._topic, partition, "timestamp"),
            troubles=troubles if troubles is not None else Troubles(fail),
            fail=fail,
        )
        self._watches: list[asyncio.Task[None]] = []
        self._assigned: frozenset[int] = frozenset()
        self._seeks: dict[int, int] = {}
        self._numbers = count(1)
        self.fail = fail
        self._app = _build(gauge, settings, self)

    async def start(self) -> None:
        """Connect, join the group, begin to read."""
        # Faust's start waits for the first assignment, which a group may never give.
        self._watches = [asyncio.create_task(self.watch.run(), name="consumer-watch")]
        await self._app.start()
        self._watches += [
            asyncio.create_task(self._report_crash(), name="engine-watch"),
            asyncio.create_task(self._report_recount(), name="partition-count"),
        ]

    async def stop(self) -> None:
        """Leave the group and disconnect; no chunk comes after this."""
        for watch in self._watches:
            watch.cancel()
        await self._app.stop()

    async def _report_crash(self) -> None:
        await self._app.wait_until_stopped()
        reason = self._app.crash_reason
        self.fail(reason if reason is not None else DefectError("the Faust app stopped by itself"))

    async def _report_recount(self) -> None:
        self.fail(await self._count.run())

    def _partitions_now(self) -> int | None:
        consumer = _consumer(self._app)
        known = None if consumer is None else consumer._client.cluster.partitions_for_topic(self._topic)
        return len(known) if known else None

    def _wanted(self) -> set[int]:
        return self._intake.with_room(self._assigned) if self._app.flow_control.is_active() else set()

    def in_touch(self) -> bool:
        """Whether the broker answers the consumer."""
        return self.watch.in_touch()

    def consumed(self, partition: int) -> int | None:
        """Up to where the reader has read: past the last record handed out, transaction markers included."""
        return _state(self._app, self._topic, partition, "position")

    def handed_out(self, partition: int) -> int | None:
        """One past the last record handed out, or where the last seek went."""
        reader = _reader(self._app)
        return None if reader is None else reader.handed_out.get(partition)

    def end(self, partition: int) -> int | None:
        """The end of the log as of the last fetch: the last stable offset."""
        stable = _state(self._app, self._topic, partition, "lso")
        return stable if stable is not None and stable >= 0 else _state(self._app, self._topic, partition, "highwater")

    async def bounds(self, partition: int) -> Bounds:
        """Ask the broker for the partition's readable offsets.

        Raises
        ------
        MovedError
            If the partition is not ours.
        """
        consumer, tp = self._consumer(partition), TP(self._topic, partition)
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            begins = await consumer.earliest_offsets(tp)
            ends = await consumer.highwaters(tp)
        return Bounds(begins[tp], ends[tp])

    async def has_records(self, topic: str, partition: int) -> bool:
        """Whether a partition of another topic holds anything, or ever did."""
        consumer, tp = self._consumer(None), TP(topic, partition)
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            return bool((await consumer.highwaters(tp))[tp])

    def seek(self, partition: int, offset: int) -> None:
        """Read the partition from ``offset`` on; chunks fetched before are dropped, also those that Faust still holds.

        Raises
        ------
        MovedError
            If the partition is not ours.
        """
        consumer = self._consumer(partition)
        number = self._seeks[partition] = next(self._numbers)
        self.watch.sought(partition)
        try:
            consumer.place(TP(self._topic, partition), offset, number)
        except IllegalStateError as error:
            raise MovedError from error

    def _consumer(self, partition: int | None) -> Any:
        if self._app._consumer is None or (partition is not None and partition not in self._assigned):
            raise MovedError
        return self._app.consumer

    # -- called from the Faust side -----------------------------------------------------------------------------------

    def take(self, chunk: Chunk) -> None:
        """Pass a chunk on, unless it was fetched before the last seek: Faust may hold one across a rebalance."""
        if chunk.seek == self._seeks.get(chunk.partition):
            self._intake.deliver(chunk)

    async def hungry(self, partitions: Set[int], timeout_s: float) -> set[int]:
        """Those of the partitions to fetch for; waits for a while if there are none."""
        hungry = self._intake.with_room(partitions)
        if not hungry:
            await self._intake.room(partitions, timeout_s)
            hungry = self._intake.with_room(partitions)
        return hungry

    def assigned(self, partitions: Set[int]) -> None:
        """Nothing fetched until now counts; tell the intake, unless there are partitions that never should be."""
        self._seeks.clear()
        self.watch.forget()
        if (changed := self._count.changed()) is not None:
            self._assigned = frozenset()
            self.fail(changed)
            return
        self._assigned = frozenset(partitions)
        self._intake.assigned(partitions)

    def revoked(self, partitions: Set[int]) -> None:
        """Tell the intake."""
        self._assigned -= partitions
        for partition in partitions:
            self._seeks.pop(partition, None)
        self._intake.revoked(partitions)


def _build(gauge: Gauge, settings: Mapping[str, Any], engine: Engine) -> Any:
    app = _App(
        group_of(gauge),
        engine=engine,
        consumer_settings=dict(settings),
        broker=[f"kafka://{server}" for server in settings["bootstrap_servers"]],
        autodiscover=False,
        store="memory://",
        ConsumerScheduler=ChunkScheduler,
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_request_timeout=REQUEST_TIMEOUT_S,
        broker_rebalance_timeout=REQUEST_TIMEOUT_S,
        # Commits and Faust's own watch over them: there are none, and it would report that.
        broker_commit_interval=NEVER_S,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_buffer_maxsize=STREAM_BUFFER,
        stream_wait_empty=False,
    )
    topic = app.topic(gauge.topics.input, acks=False, value_serializer="raw", value_type=None, key_serializer="raw")

    @app.agent(topic, concurrency=1, name=group_of(gauge))  # type: ignore[untyped-decorator]
    async def fold(chunks: Any) -> None:
        try:
            async for chunk in chunks:
                engine.take(chunk)
        except Exception as reason:  # noqa: BLE001  # the outermost loop: nothing may escape to Faust, the worker stops
            engine.fail(reason)

    app.finalize()
    return app


class _Boot(BootStrategy):  # type: ignore[misc]
    enable_kafka_producer = False  # outputs leave through producers of our own
    enable_web = False


class _App(faust.App):  # type: ignore[misc]
    BootStrategy = _Boot

    def __init__(self, *args: Any, engine: Engine, consumer_settings: dict[str, Any], **kwargs: Any) -> None:
        self.engine = engine
        self.consumer_settings = consumer_settings
        super().__init__(*args, **kwargs)

    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Faust would make a directory for tables, and there are none."""


class _NoThread:
    """What Faust would run its consumer in; it runs on the worker's own loop instead.

    With a thread each fetch costs two hand-overs between loops, and waits for the interpreter while records are folded.
    Heartbeats do not need one: folding gives the loop back every few milliseconds.
    """

    def __init__(self, service: Any) -> None:
        self._service = service
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._serving = asyncio.get_running_loop().create_task(self._serve(), name="consumer")

    async def _serve(self) -> None:
        with suppress(Exception):  # Faust has told the app, which has crashed
            await self._service._serve()
        self._service.set_shutdown()

    def stop(self) -> None:
        """Called when it has ended."""


class _Reader(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Reads whole chunks."""

    Worker = _NoThread

    def __post_init__(self) -> None:
        super().__post_init__()
        self.handed_out: dict[int, int] = {}
        self.seeks: dict[int, int] = {}

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call it: it is the same loop."""
        return await maybe_async(fun(*args, **kwargs))

    async def _gather_remaining_tasks(self) -> None:
        """Faust would cancel all that runs on the loop, which is not this reader's alone."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        conf = self.app.conf
        # Faust's own would read uncommitted records, and reset to the earliest offset where one is out of range.
        return BoundedConsumer(
            **self.app.consumer_settings,
            client_id="rivergauge-consumer",
            group_id=conf.id,
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=CHUNK_RECORDS,
            max_poll_interval_ms=1_000_000,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=500,
            metadata_max_age_ms=int(METADATA_S * 1_000),
            request_timeout_ms=int(REQUEST_TIMEOUT_S * 1_000),
            session_timeout_ms=int(SESSION_TIMEOUT_S * 1_000),
            rebalance_timeout_ms=int(REQUEST_TIMEOUT_S * 1_000),
            heartbeat_interval_ms=int(HEARTBEAT_S * 1_000),
        )

    async def on_thread_stop(self) -> None:
        """Disconnect, also where the consumer's own stop ends half-way: with what its reading had ended with."""
        try:
            await super().on_thread_stop()
        except KafkaError:
            await self._ensure_consumer()._client.close()

    def place(self, tp: Any, offset: int, number: int) -> None:
        """Seek; chunks fetched from now on carry ``number``."""
        self._ensure_consumer().seek(tp, offset)
        self.handed_out[tp.partition] = offset
        self.seeks[tp.partition] = number

    async def _fetch_records(
        self, consumer: Any, active_partitions: Any, timeout: float | None = None, max_records: int | None = None
    ) -> dict[Any, Chunk]:
        fetching = consumer._fetcher._fetch_task
        if fetching.done():
            fetching.result()  # what ended it; without a look at it nothing would ever come again (aiokafka 0.14)
        try:
            fetched = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        except NoOffsetForPartitionError:
            return {}  # fetched between the assignment and the seek, when no position was known yet
        except KafkaError as error:
            if is_final(error):
                raise
            await self.app.engine.watch.refused(error)
            return {}
        chunks = {}
        for tp, records in fetched.items():
            start = self.handed_out.get(tp.partition)
            if records and start is not None:
                size = getattr(records, "size", 0)
                chunks[tp] = Chunk(tp.partition, self.seeks[tp.partition], start, records, size)
                self.handed_out[tp.partition] = records[-1].offset + 1
        return chunks


class _Consumer(driver.Consumer):  # type: ignore[misc]
    _between_assignments = False
    _told = False

    def _new_consumer_thread(self) -> Any:
        return _Reader(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        # Backpressure. Faust's own, a full stream buffer, makes its reader sleep for a whole second.
        partitions = {tp.partition for tp in active_partitions}
        hungry = await self.app.engine.hungry(partitions, timeout)
        if not hungry:
            return {}
        # A partition left out may get room any moment: do not wait long for the others then.
        patience = timeout if len(hungry) == len(partitions) else min(timeout, LEFT_OUT_S)
        return await super()._getmany({tp for tp in active_partitions if tp.partition in hungry}, patience)

    async def sleep(self, n: Any) -> None:
        """Faust's own sleep is a race of tasks between the time and its stop; before each fetch it sleeps for 0 s."""
        await (asyncio.sleep(0) if n == 0 else super().sleep(n))

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:
        """Hand a chunk on, unless a rebalance begins first. Faust makes four tasks of that, for each chunk.

        While the flow is on, to hand it on does not wait: the buffer has room, and there is no producer to wait for.
        """
        if self.app.flow_control.is_active() and len(coros) == 2:
            handing_on, suspended = coros
            suspended.close()
            return await handing_on
        return await super().wait_first(*coros, timeout=timeout)

    def place(self, tp: Any, offset: int, number: int) -> None:
        """See `_Reader.place`."""
        self._thread.place(tp, offset, number)

    async def perform_seek(self) -> None:
        # Faust also seeks when a fetch returns during a rebalance. Nothing is ours then, and what comes will be told.
        if self._between_assignments or self._told:
            return
        self._told = True
        self.app.engine.assigned({tp.partition for tp in self.assignment()})

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self._between_assignments = True
        self.app.engine.revoked({tp.partition for tp in revoked})
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        self._between_assignments = self._told = False
        await super().on_partitions_assigned(assigned, generation_id)


class _Transport(driver.Transport):  # type: ignore[misc]
    Consumer = _Consumer


def _reader(app: Any) -> Any:
    # Not through app.consumer: asking for it creates one.
    return None if app._consumer is None else app._consumer._thread


def _consumer(app: Any) -> Any:
    """aiokafka's consumer; None before it is started."""
    reader = _reader(app)
    return None if reader is None else reader._consumer


def _state(app: Any, topic: str, partition: int, name: str) -> int | None:
    """Read one figure of aiokafka's state of a partition; None while it is not ours or not known."""
    consumer = _consumer(app)
    subscription = None if consumer is None else consumer._subscription.subscription
    assignment = None if subscription is None else subscription.assignment
    if assignment is None or TopicPartition(topic, partition) not in assignment.tps:
        return None
    state = assignment.state_value(TopicPartition(topic, partition))
    if name == "position" and not state.has_valid_position:
        return None
    value = getattr(state, name)
    return None if value is None else int(value)
