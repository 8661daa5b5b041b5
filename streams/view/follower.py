"""Reads a gauge's output topics into a view: what is committed, from a bounded past, on and on or up to now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from schemas.gauge import Gauge
from schemas.record_table import KINDS
from streams.here.failures import TopicsError
from streams.kafka.admin import administering
from streams.kafka.cancelled import not_cancelled
from streams.kafka.client_errors import as_worker_error
from streams.kafka.reading import is_left, reading
from streams.kafka.topics import partition_counts
from streams.view.published import KafkaRecord, Published
from streams.view.view import View

PAST: Final = 20_000
"""Records of a topic's partition that are read back from its end, unless told otherwise."""
PATIENCE_S: Final = 20.0
"""How long it may take until the next record comes, of those that are there."""
_POLL_MS: Final = 500
_CLIENT: Final = "rivergauge-view"
_AT_ONCE: Final = 500
"""Records folded before others have their turn on the event loop."""

Offsets = dict[tuple[str, int], int]


class Fold(Protocol):
    """What records are read into: a `View`, or what looks at them in another way."""

    def take(self, record: KafkaRecord) -> Published | None:
        """Fold one record; what it was, if somebody is to hear of it."""


class Follower:
    """A reader of output topics, in no consumer group.

    Parameters
    ----------
    gauge
        Whose outputs.
    settings
        Client settings, from `streams.kafka.connection`.
    view
        What it reads them into.
    kinds
        The names of the record kinds to read (`schemas.record_table`); all of them by default.
    past
        How many records of each partition are read from before its end, about: markers of transactions count too.
    partition
        The only partition to read; all of them by default.
    begin
        Offsets to begin at, as `offsets` gave them to an earlier follower of the same view; ``past`` counts for the
        others, and where the topic has been deleted up to a later offset.
    """

    def __init__(
        self,
        gauge: Gauge,
        settings: Mapping[str, Any],
        view: Fold,
        *,
        kinds: Collection[str] | None = None,
        past: int = PAST,
        partition: int | None = None,
        begin: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        wanted = [kind for kind in KINDS if kinds is None or kind.name in kinds]
        self._topics = [getattr(gauge.topics, kind.topic) for kind in wanted]
        self._view = view
        self._past = past
        self._partition = partition
        self._begin = dict(begin or {})
        self._settings = settings
        self._ends: dict[TopicPartition, int] = {}
        self._left: set[TopicPartition] = set()
        """Where there is more to read of what was there at the beginning."""
        self._is_assigned = False
        self.offsets: Offsets = {}
        """The next offset of each topic's partition."""

    async def read_to_end(self) -> None:
        """Read what is committed by now, and no more.

        Raises
        ------
        TopicsError
            If a topic is missing.
        WorkerError
            If the broker cannot be reached, or nothing comes for `PATIENCE_S`.
        """
        async with self._consumer() as consumer:
            await self._assign(consumer)
            while self._left:
                async with asyncio.timeout(PATIENCE_S):
                    batches: dict[TopicPartition, list[Any]] = {}
                    while not batches and self._left:
                        batches = await consumer.getmany(*self._left, timeout_ms=_POLL_MS)
                        await self._look(consumer)
                await self._fold(batches, lambda _: None)

    async def run(self, heard: Callable[[Published], None] = lambda _: None) -> None:
        """Read until cancelled, on from what was read to the end; ``heard`` is called with every record that is new.

        Raises
        ------
        TopicsError
            If a topic is missing.
        WorkerError
            If the broker cannot be reached.
        """
        async with self._consumer() as consumer:
            await self._assign(consumer)
            while True:
                await self._fold(await consumer.getmany(timeout_ms=_POLL_MS), heard)
                await self._look(consumer)

    async def each(self) -> AsyncGenerator[Published, None]:
        """Every record that is new, without end, on from what was read; read no faster than it is asked for.

        ``offsets`` passes a record when the next one is asked for.

        Raises
        ------
        TopicsError
            If a topic is missing.
        WorkerError
            If the broker cannot be reached.
        """
        async with self._consumer() as consumer:
            await self._assign(consumer)
            while True:
                for place, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
                    for record in records:
                        if (published := self._view.take(record)) is not None:
                            yield published
                        self.offsets[(*place,)] = record.offset + 1
                await self._look(consumer)

    @property
    def has_read_the_past(self) -> bool:
        """Whether all that was committed when it began is folded."""
        return self._is_assigned and not self._left

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        try:
            with not_cancelled():
                async with reading(self._settings, _CLIENT) as consumer:
                    yield consumer
        except (KafkaError, OSError, TimeoutError) as error:
            raise as_worker_error(error) from error

    async def _assign(self, consumer: AIOKafkaConsumer) -> None:
        counts = await self._counts()
        if missing := [topic for topic in self._topics if topic not in counts]:
            raise TopicsError(
                f"topics are missing: {', '.join(missing)}; rivergauge run makes them, so the gauge never ran on this "
                "broker, or they were deleted"
            )
        places = [
            TopicPartition(topic, partition)
            for topic in self._topics
            for partition in range(counts[topic])
            if self._partition in (None, partition)
        ]
        consumer.assign(places)
        begins = await consumer.beginning_offsets(places)
        self._ends = await consumer.end_offsets(places)
        known = {**self._begin, **self.offsets}
        for place in places:
            begin = max(begins[place], known.get((*place,), self._ends[place] - self._past))
            self.offsets[(*place,)] = begin
            consumer.seek(place, begin)
        self._left = {place for place in places if self.offsets[(*place,)] < self._ends[place]}
        self._is_assigned = True

    async def _look(self, consumer: AIOKafkaConsumer) -> None:
        self._left = {place for place in self._left if await is_left(consumer, place, self._ends[place])}

    async def _counts(self) -> dict[str, int]:
        async with administering(self._settings, _CLIENT) as admin:
            return await partition_counts(admin)

    async def _fold(self, batches: Mapping[TopicPartition, list[Any]], heard: Callable[[Published], None]) -> None:
        for place, records in batches.items():
            for begin in range(0, len(records), _AT_ONCE):
                for record in records[begin : begin + _AT_ONCE]:
                    published = self._view.take(record)
                    if published is not None:
                        heard(published)
                await asyncio.sleep(0)
            self.offsets[(*place,)] = records[-1].offset + 1


async def seen(
    gauge: Gauge, settings: Mapping[str, Any], *, kinds: Collection[str] | None = None, past: int = PAST
) -> View:
    """The view of what a gauge has published by now; see `Follower.read_to_end` for what may be raised."""
    view = View()
    await Follower(gauge, settings, view, kinds=kinds, past=past).read_to_end()
    return view
