"""Publishing at least once: record batches through one idempotent producer per worker, acknowledged before going on.

When the broker does not answer, the same slice is sent again, for as long as it takes; should the producer have to be
replaced, its records may be on the topic twice, with the same ids. A producer that failed is never used again: what it
still holds would come out later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, ProducerClosed

from streams.envelope import Output
from streams.failures import BrokerRefusedError
from streams.logs import Log
from streams.shard import Slice

BATCH_BYTES: Final = 256 * 1024
REQUEST_TIMEOUT_MS: Final = 20_000
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
STOP_TIMEOUT_S: Final = 1.0
PATIENCE_S: Final = 5.0
"""Waiting longer than this for an acknowledgement is logged."""

_log = Log("publisher")


class BatchProducer(Protocol):
    """The part of aiokafka's producer that is needed here."""

    def create_batch(self) -> Any:
        """An empty record batch."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Awaitable[Any]:
        """Queue a batch; the result resolves when it is acknowledged."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Send what is queued and disconnect."""


def idempotent_producer(settings: dict[str, Any]) -> AIOKafkaProducer:
    """Make, but do not start, the producer used for at-least-once delivery."""
    return AIOKafkaProducer(
        **settings,
        client_id="rivergauge-producer",
        enable_idempotence=True,
        acks="all",
        max_batch_size=BATCH_BYTES,
        linger_ms=0,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=50,
    )


class SharedProducer:
    """The worker's producer, replaced whole when it fails."""

    def __init__(self, make: Callable[[], BatchProducer]) -> None:
        self._make = make
        self._producer: BatchProducer | None = None
        self._changing = asyncio.Lock()

    async def get(self) -> BatchProducer:
        """The running producer, started if there is none."""
        async with self._changing:
            if self._producer is None:
                producer = self._make()
                try:
                    await producer.start()
                except BaseException:
                    await _stop(producer)
                    raise
                self._producer = producer
            return self._producer

    async def discard(self, failed: BatchProducer) -> None:
        """Drop ``failed``, unless another shard has done so already."""
        async with self._changing:
            if self._producer is failed:
                self._producer = None
                await _stop(failed)

    async def stop(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _stop(producer)


class AtLeastOnce:
    """Publishes the slices of one input partition to the same partition of the output topics."""

    def __init__(self, producer: SharedProducer, partition: int) -> None:
        self._shared = producer
        self._partition = partition

    async def publish(self, piece: Slice) -> None:
        """Publish and wait for every acknowledgement; try again as long as the broker may come back.

        Raises
        ------
        BrokerRefusedError
            If the broker answers that it will not take these records.
        """
        pause = FIRST_PAUSE_S
        while True:
            producer: BatchProducer | None = None
            try:
                producer = await self._shared.get()
                return await self._send(producer, piece.outputs)
            except KafkaError as error:
                if not may_pass(error):
                    raise BrokerRefusedError(
                        f"the broker refused outputs of partition {self._partition} below {piece.next_offset}: "
                        f"{type(error).__name__} {error}"
                    ) from error
                _log.warning("publish failed, trying again", partition=self._partition, pause_s=pause, why=repr(error))
            if producer is not None:
                await self._shared.discard(producer)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _send(self, producer: BatchProducer, outputs: list[Output]) -> None:
        open_batches: dict[str, Any] = {}
        acknowledged: list[asyncio.Future[Any]] = []
        for topic, key, value, headers, timestamp in outputs:
            batch = open_batches.get(topic)
            if batch is None:
                batch = open_batches[topic] = producer.create_batch()
            if batch.append(key=key, value=value, headers=headers, timestamp=timestamp) is None:
                # A full batch goes out before the next of its topic is begun, so that order is kept.
                acknowledged.append(await self._queue(producer, batch, topic))
                await asyncio.sleep(0)
                batch = open_batches[topic] = producer.create_batch()
                batch.append(key=key, value=value, headers=headers, timestamp=timestamp)
        for topic, batch in open_batches.items():
            acknowledged.append(await self._queue(producer, batch, topic))
        await self._acknowledged(acknowledged)

    async def _acknowledged(self, futures: list[asyncio.Future[Any]]) -> None:
        # aiokafka's idempotent producer tries on for ever by itself while no broker answers: someone has to say so.
        waited, late = 0.0, set(futures)
        while late:
            _done, late = await asyncio.wait(late, timeout=PATIENCE_S)
            if late:
                waited += PATIENCE_S
                _log.warning("outputs not acknowledged yet, waiting", partition=self._partition, waited_s=waited)
        for future in futures:
            future.result()

    async def _queue(self, producer: BatchProducer, batch: Any, topic: str) -> asyncio.Future[Any]:
        future = asyncio.ensure_future(await producer.send_batch(batch, topic, partition=self._partition))
        future.add_done_callback(_take_note)  # of several that fail, one is reported
        return future


def may_pass(error: KafkaError) -> bool:
    """Whether trying again with a new producer can help: the broker is away, or the old producer's state was lost."""
    if error.retriable or isinstance(error, KafkaConnectionError | KafkaTimeoutError | ProducerClosed):
        return True
    return type(error).__name__ in _PRODUCER_STATE


_PRODUCER_STATE: Final = frozenset(
    {"OutOfOrderSequenceNumber", "UnknownProducerId", "InvalidProducerEpoch", "InvalidProducerIdMapping"}
)


def _take_note(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


async def _stop(producer: BatchProducer) -> None:
    """Stop for good: what is still queued is sent now or never, else it could come out after newer records."""
    try:
        await asyncio.wait_for(producer.stop(), timeout=STOP_TIMEOUT_S)
    except (KafkaError, TimeoutError):
        if isinstance(producer, AIOKafkaProducer):
            await _end(producer)


async def _end(producer: AIOKafkaProducer) -> None:
    """End a producer whose ``stop()`` waited in vain for a broker and, interrupted, left all this running.

    Nothing public does it (aiokafka 0.14). A cancelled sender leaves what is queued unresolved: another shard that
    waits for an acknowledgement would wait for ever, unless it is told.
    """
    sender, accumulator = producer._sender.sender_task, producer._message_accumulator
    if sender is not None:
        sender.cancel()  # it still waits for requests under way, which end with their connections
    with suppress(TimeoutError):
        await asyncio.wait_for(producer.client.close(), STOP_TIMEOUT_S)
    if sender is not None:
        await asyncio.wait({sender}, timeout=STOP_TIMEOUT_S)
        sender.cancel()
    waiters = [batch._drain_waiter for batches in accumulator._batches.values() for batch in batches]
    accumulator.fail_all(ProducerClosed())
    for waiter in waiters:
        _take_note(waiter)
