"""Appends records to the input topic for HTTP clients, after the validation that intake would give them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from pydantic_core import from_json

from models.door.decoder import Decoder
from schemas.events import EventReceived, LabelledEvent, Rejected
from schemas.gauge import Gauge
from streams.data.rowparts import Places, key_of
from streams.http.problems import Problem, not_yet
from streams.http.scores.answers import without_values
from streams.http.scores.scorer import Scorer, Sent
from streams.kafka.reading import reading

MOST_WAITS: Final = 8
"""Requests that wait for their prediction at once: each reads the predictions of its partition meanwhile."""
SENT_WITHIN_S: Final = 10.0


class Sending:
    """One worker's producer for HTTP clients; it connects with the first record.

    Parameters
    ----------
    gauge, settings
        Whose input, and how the broker is reached.
    scorer
        Knows the partitions.
    """

    def __init__(self, gauge: Gauge, settings: Mapping[str, Any], scorer: Scorer) -> None:
        self._gauge = gauge
        self._settings = settings
        self._scorer = scorer
        self._key = Places(gauge).key
        self._decoder = Decoder(gauge)
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._waits = 0
        self._next = count()

    async def append(self, value: bytes, partition: int | None, wait_s: float) -> dict[str, Any]:
        """See `streams.http.event_routes.Sender`.

        Raises
        ------
        Problem
            If the record would be a dead letter, or the broker does not take it.
        """
        read = self._decoder.decode(Sent(value))
        if isinstance(read, Rejected):
            raise Problem(422, without_values(read.detail), reason=str(read.reason))
        key = key_of(from_json(value), self._key)
        if partition is None and key is None:
            partition = next(self._next) % self._scorer.partitions
        where = self._scorer.partition_of(value, partition)
        if not wait_s or not isinstance(read, EventReceived | LabelledEvent):
            return {"partition": where, "offset": await self._send(value, key, where)}
        if self._waits >= MOST_WAITS:
            raise not_yet(f"{MOST_WAITS} requests wait for their predictions already")
        self._waits += 1
        try:
            async with self._predictions(where) as predictions:
                offset = await self._send(value, key, where)
                said = {"partition": where, "offset": offset}
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        said["prediction"] = await _found(predictions, offset)
                return said
        finally:
            self._waits -= 1

    async def close(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._producer.stop()

    async def _send(self, value: bytes, key: bytes | None, partition: int) -> int:
        try:
            async with asyncio.timeout(SENT_WITHIN_S):
                async with self._starting:
                    if self._producer is None:
                        producer = AIOKafkaProducer(
                            **self._settings, client_id="rivergauge-http", enable_idempotence=True, acks="all"
                        )
                        await producer.start()
                        self._producer = producer
                sent = await self._producer.send_and_wait(self._gauge.topics.input, value, key=key, partition=partition)
        except TimeoutError as error:
            raise not_yet("the broker does not answer; it is not known whether the record was appended") from error
        except KafkaError as error:
            raise Problem(502, f"the broker did not take the record: {type(error).__name__}") from error
        return int(sent.offset)

    @asynccontextmanager
    async def _predictions(self, partition: int) -> AsyncIterator[AIOKafkaConsumer]:
        place = TopicPartition(self._gauge.topics.predictions, partition)
        try:
            async with reading(self._settings, "rivergauge-http") as consumer:
                consumer.assign([place])
                await consumer.seek_to_end(place)
                yield consumer
        except KafkaError as error:
            raise Problem(502, f"the broker did not give the predictions: {type(error).__name__}") from error


async def _found(predictions: AIOKafkaConsumer, position: int) -> Any:
    """The prediction of the record at this offset, as it was published."""
    wanted = b":%d:prediction:" % position
    async for record in predictions:
        if any(name == "ce_id" and wanted in value for name, value in record.headers):
            return from_json(record.value)
    raise TimeoutError
