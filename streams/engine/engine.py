"""The engine: a Faust app that reads a gauge's input, as the shell sees it; decisions are made by its ``Intake``.

Rules. A partition is read when its shard has named where (`Engine.seek`); a chunk that was fetched before the newest
seek is never handed on. With another number of partitions than was checked nothing is read at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set
from itertools import count
from typing import Any

from aiokafka.errors import IllegalStateError, KafkaError
from faust.types import TP

from schemas.gauge import Gauge
from streams.engine.app import build
from streams.engine.chunk import Bounds, Chunk
from streams.engine.client_state import client_of, figure_of, reader_of
from streams.engine.consumer_watch import ConsumerWatch
from streams.engine.fetching import REQUEST_TIMEOUT_S
from streams.engine.intake import Intake
from streams.engine.partition_count import PartitionCount
from streams.here.failures import DefectError, MovedError
from streams.kafka.troubles import Troubles


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
        Told why the engine cannot go on; until it is stopped it does nothing more.
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
            consumer=lambda: client_of(self._app),
            wanted=self._wanted,
            answered=lambda partition: figure_of(self._app, self._topic, partition, "timestamp"),
            troubles=troubles if troubles is not None else Troubles(fail),
            fail=fail,
        )
        self._watches: list[asyncio.Task[None]] = []
        self._assigned: frozenset[int] = frozenset()
        self._seeks: dict[int, int] = {}
        self._numbers = count(1)
        self.fail = fail
        self._app = build(gauge, settings, self)

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
        consumer = client_of(self._app)
        known = None if consumer is None else consumer._client.cluster.partitions_for_topic(self._topic)
        return len(known) if known else None

    def _wanted(self) -> set[int]:
        return self._intake.with_room(self._assigned) if self._app.flow_control.is_active() else set()

    def in_touch(self) -> bool:
        """Whether the broker answers the consumer."""
        return self.watch.in_touch()

    def consumed(self, partition: int) -> int | None:
        """Up to where the reader has read: past the last record handed out, transaction markers included."""
        return figure_of(self._app, self._topic, partition, "position")

    def handed_out(self, partition: int) -> int | None:
        """One past the last record handed out, or where the last seek went."""
        reader = reader_of(self._app)
        return None if reader is None else reader.handed_out.get(partition)

    def end(self, partition: int) -> int | None:
        """The end of the log as of the last fetch: the last stable offset."""
        stable = figure_of(self._app, self._topic, partition, "lso")
        return (
            stable if stable is not None and stable >= 0 else figure_of(self._app, self._topic, partition, "highwater")
        )

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
            consumer.seek_chunks(TP(self._topic, partition), offset, number)
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

    async def refused(self, error: KafkaError) -> None:
        """Tell, and give it a while."""
        await self.watch.refused(error)

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
