"""One topic's records, read from a partition and written to it: what the store of snapshots asks Kafka for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.kafka.error_words import words_of
from streams.kafka.reading import reading
from streams.snapshots.failures import SnapshotStoreError

_STOP_S: Final = 1.0
_CLIENT: Final = "rivergauge-snapshots"


class TopicRecords:
    """The records of a topic of snapshots.

    Parameters
    ----------
    settings
        Keyword arguments for aiokafka's clients.
    name
        The topic.
    chunk_bytes
        The largest value of a record.
    patience_s
        How long a scan may wait for the next record, and a put for an acknowledgement.
    """

    def __init__(self, settings: dict[str, Any], name: str, *, chunk_bytes: int, patience_s: float) -> None:
        self._settings = settings
        self._name = name
        self._chunk_bytes = chunk_bytes
        self._patience_s = patience_s
        self._producer: AIOKafkaProducer | None = None

    async def read(
        self, partition: int, begin: int | None = None, end: int | None = None
    ) -> AsyncIterator[tuple[int, str, bytes | None]]:
        """Offset, key and value of the partition's records, by default of all that were committed before now."""
        place = TopicPartition(self._name, partition)
        most = self._chunk_bytes + 256 * 1024
        try:
            async with reading(self._settings, _CLIENT, max_partition_fetch_bytes=most) as consumer:
                consumer.assign([place])
                if end is None:
                    end = (await consumer.end_offsets([place]))[place]
                if begin is None:
                    begin = (await consumer.beginning_offsets([place]))[place]
                consumer.seek(place, begin)
                position = begin
                while position < end:
                    batch = await consumer.getmany(place, timeout_ms=int(self._patience_s * 1_000))
                    for record in batch.get(place, []):
                        if record.offset < end:
                            yield record.offset, (record.key or b"").decode(errors="replace"), record.value
                    # The consumer's position also passes what holds no records: markers, compacted stretches.
                    before, position = position, await consumer.position(place)
                    if position == before:
                        raise SnapshotStoreError(
                            f"snapshots in topic {self._name}, partition {partition}: nothing came for "
                            f"{self._patience_s} s at offset {position} of {end}; is the broker up?"
                        )
        except KafkaError as error:
            raise self._unusable("read", error) from error

    async def write(self, partition: int, records: Iterable[tuple[str, bytes | None]]) -> Sequence[int]:
        """Send records in order and wait until all are acknowledged; their offsets."""
        acknowledged: list[Awaitable[Any]] = []
        try:
            producer = await self._running()
            async with asyncio.timeout(self._patience_s):
                for key, value in records:
                    acknowledged.append(await producer.send(self._name, value, key=key.encode(), partition=partition))
                return [(await metadata).offset for metadata in acknowledged]
        except (KafkaError, TimeoutError) as error:
            await self.close()  # what it still holds must not come out later
            raise self._unusable("written", error) from error

    async def close(self) -> None:
        """Stop the producer."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), _STOP_S)
            except (KafkaError, TimeoutError):
                # stop() waits for a broker that is away; interrupted, it leaves its sender running.
                await producer._sender.close()
                await producer.client.close()

    async def _running(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._settings,
                client_id=_CLIENT,
                enable_idempotence=True,
                acks="all",
                max_request_size=self._chunk_bytes + 64 * 1024,
                linger_ms=0,
                retry_backoff_ms=50,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    def _unusable(self, done: str, error: BaseException) -> SnapshotStoreError:
        why = f"no answer within {self._patience_s} s" if isinstance(error, TimeoutError) else words_of(error)
        return SnapshotStoreError(
            f"snapshots in topic {self._name} could not be {done}: {why}; the topic must exist, and take messages of "
            f"{self._chunk_bytes} bytes"
        )
