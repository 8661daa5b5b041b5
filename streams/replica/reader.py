"""Reads the input topic for a replica: in no group, without a commit, each partition from where it is wanted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Final

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.engine.bounded_consumer import BoundedConsumer
from streams.engine.chunk import Bounds, Chunk

CHUNK_RECORDS: Final = 5_000
POLL_MS: Final = 100


class Reader:
    """Reads committed records; `start` it first.

    Parameters
    ----------
    topic, partitions
        What is read.
    settings
        Client settings, from `streams.kafka.connection`.
    """

    def __init__(self, topic: str, partitions: int, settings: Mapping[str, Any]) -> None:
        self._places = {partition: TopicPartition(topic, partition) for partition in range(partitions)}
        self._consumer = BoundedConsumer(
            **settings,
            client_id="rivergauge-replica",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=CHUNK_RECORDS,
        )
        self._handed_out: dict[int, int] = {}

    async def start(self) -> None:
        """Connect; nothing is read before `seek`."""
        await self._consumer.start()
        places = [*self._places.values()]
        self._consumer.assign(places)
        self._consumer.pause(*places)

    async def stop(self) -> None:
        """Disconnect."""
        with suppress(KafkaError):
            await self._consumer.stop()

    async def bounds(self, partition: int) -> Bounds:
        """The readable offsets, asked of the broker."""
        place = self._places[partition]
        begins = await self._consumer.beginning_offsets([place])
        ends = await self._consumer.end_offsets([place])
        return Bounds(begins[place], ends[place])

    async def ends(self) -> dict[int, int]:
        """Where each partition ends, asked of the broker."""
        found = await self._consumer.end_offsets([*self._places.values()])
        return {place.partition: end for place, end in found.items()}

    async def ends_of(self, topic: str, partitions: int) -> dict[int, int]:
        """Where the partitions of another topic end, by which one knows that nothing has come; none if it is not there.

        Asked over the connection that there is: to make another takes the loop for milliseconds.
        """
        if topic not in await self._consumer.topics():
            return {}
        found = await self._consumer.end_offsets([TopicPartition(topic, partition) for partition in range(partitions)])
        return {place.partition: end for place, end in found.items()}

    def seek(self, partition: int, offset: int) -> None:
        """Read a partition from ``offset`` on; what was fetched of it before is dropped."""
        place = self._places[partition]
        self._consumer.seek(place, offset)
        self._consumer.resume(place)
        self._handed_out[partition] = offset

    def pause(self, partition: int) -> None:
        """Read no more of a partition."""
        self._consumer.pause(self._places[partition])
        self._handed_out.pop(partition, None)

    async def read(self) -> list[Chunk]:
        """What has come of the partitions that are read; waits a moment if nothing has."""
        places = [self._places[partition] for partition in self._handed_out]
        chunks = []
        for place, records in (await self._consumer.getmany(*places, timeout_ms=POLL_MS)).items():
            if records and place.partition in self._handed_out:
                start = self._handed_out[place.partition]
                chunks.append(Chunk(place.partition, 0, start, records, getattr(records, "size", 0)))
                self._handed_out[place.partition] = records[-1].offset + 1
        return chunks

    @property
    def reading(self) -> Collection[int]:
        """The partitions that are read."""
        return tuple(self._handed_out)

    async def position(self, partition: int) -> int:
        """Up to where a partition has been read, markers of transactions included."""
        return int(await self._consumer.position(self._places[partition]))

    def end(self, partition: int) -> int | None:
        """Where it ended when it was last fetched; None before the first time."""
        place = self._places[partition]
        stable = self._consumer.last_stable_offset(place)
        found = stable if stable is not None and stable >= 0 else self._consumer.highwater(place)
        return None if found is None else int(found)
