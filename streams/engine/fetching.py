"""Fetching as Faust does it, changed where it must be: whole chunks, as there is room, from where a shard has said.

Faust commits nothing and seeks nowhere: after an assignment a partition is read when its shard has named where
(`ChunkReader.seek_chunks`), and every chunk carries the number of the seek after which it was fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError, NoOffsetForPartitionError
from faust.transport.drivers import aiokafka as driver
from mode.utils.futures import maybe_async

from streams.engine.bounded_consumer import BoundedConsumer
from streams.engine.chunk import Chunk
from streams.engine.partition_count import METADATA_S
from streams.kafka.client_errors import is_final

SESSION_TIMEOUT_S: Final = 10.0
HEARTBEAT_S: Final = 3.0
REQUEST_TIMEOUT_S: Final = 20.0
CHUNK_RECORDS: Final = 10_000
FETCH_BYTES: Final = 1024 * 1024
"""A chunk of one partition is at most what one fetch brings; `streams.engine.bounded_consumer` bounds what that may
become. Large chunks matter: to hand one on takes several turns of the event loop, and each turn may wait for a stretch
of folding."""

LEFT_OUT_S: Final = 0.02


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


class ChunkReader(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
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

    def seek_chunks(self, tp: Any, offset: int, number: int) -> None:
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
            await self.app.host.refused(error)
            return {}
        chunks = {}
        for tp, records in fetched.items():
            start = self.handed_out.get(tp.partition)
            if records and start is not None:
                size = getattr(records, "size", 0)
                chunks[tp] = Chunk(tp.partition, self.seeks[tp.partition], start, records, size)
                self.handed_out[tp.partition] = records[-1].offset + 1
        return chunks


class GroupConsumer(driver.Consumer):  # type: ignore[misc]
    """The member of the group: passes on what is assigned and revoked, and fetches for who has room."""

    _between_assignments = False
    _told = False

    def _new_consumer_thread(self) -> Any:
        return ChunkReader(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        # Backpressure. Faust's own, a full stream buffer, makes its reader sleep for a whole second.
        partitions = {tp.partition for tp in active_partitions}
        hungry = await self.app.host.hungry(partitions, timeout)
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

    def seek_chunks(self, tp: Any, offset: int, number: int) -> None:
        """See `ChunkReader.seek_chunks`."""
        self._thread.seek_chunks(tp, offset, number)

    async def perform_seek(self) -> None:
        """Seek nowhere, but tell the host what is ours now."""
        # Faust also seeks when a fetch returns during a rebalance. Nothing is ours then, and what comes will be told.
        if self._between_assignments or self._told:
            return
        self._told = True
        self.app.host.assigned({tp.partition for tp in self.assignment()})

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Tell the host, and do as Faust does."""
        self._between_assignments = True
        self.app.host.revoked({tp.partition for tp in revoked})
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Do as Faust does, which ends in `perform_seek`."""
        self._between_assignments = self._told = False
        await super().on_partitions_assigned(assigned, generation_id)


class Transport(driver.Transport):  # type: ignore[misc]
    """Makes Faust take this consumer."""

    Consumer = GroupConsumer
