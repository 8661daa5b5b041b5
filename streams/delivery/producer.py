"""aiokafka's producer, as both kinds of delivery use it: record batches, and a stop that is one.

Record batches are much cheaper than a call per record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from streams.delivery.envelope import Output
from streams.here.logs import Log

BATCH_BYTES: Final = 256 * 1024
REQUEST_TIMEOUT_MS: Final = 20_000
STOP_TIMEOUT_S: Final = 1.0
PATIENCE_S: Final = 5.0
"""Waiting longer than this for an acknowledgement is logged."""

_log = Log("delivery")


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


async def send(producer: BatchProducer, partition: int, outputs: Sequence[Output]) -> None:
    """Send outputs to ``partition`` of their topics, in order, and wait until all are acknowledged."""
    open_batches: dict[str, Any] = {}
    acknowledged: list[asyncio.Future[Any]] = []
    for topic, key, value, headers, timestamp in outputs:
        batch = open_batches.get(topic)
        if batch is None:
            batch = open_batches[topic] = producer.create_batch()
        if batch.append(key=key, value=value, headers=headers, timestamp=timestamp) is None:
            # A full batch goes out before the next of its topic is begun, so that order is kept.
            acknowledged.append(await _queue(producer, batch, topic, partition))
            await asyncio.sleep(0)
            batch = open_batches[topic] = producer.create_batch()
            batch.append(key=key, value=value, headers=headers, timestamp=timestamp)
    for topic, batch in open_batches.items():
        acknowledged.append(await _queue(producer, batch, topic, partition))
    await _acknowledged(acknowledged, partition)


async def _queue(producer: BatchProducer, batch: Any, topic: str, partition: int) -> asyncio.Future[Any]:
    future = asyncio.ensure_future(await producer.send_batch(batch, topic, partition=partition))
    future.add_done_callback(take_note)  # of several that fail, one is reported
    return future


async def _acknowledged(futures: list[asyncio.Future[Any]], partition: int) -> None:
    # aiokafka's idempotent producer retries without end, and without a word, while no broker answers.
    waited, late = 0.0, set(futures)
    while late:
        _done, late = await asyncio.wait(late, timeout=PATIENCE_S)
        if late:
            waited += PATIENCE_S
            _log.warning("outputs not acknowledged yet, waiting", partition=partition, waited_s=waited)
    for future in futures:
        future.result()


def take_note(future: asyncio.Future[Any]) -> None:
    """Retrieve a future's exception, so that Python does not report it as forgotten."""
    if not future.cancelled():
        future.exception()


async def stop(producer: BatchProducer) -> None:
    """Stop for good: what is still queued is sent now or never, else it could come out after newer records."""
    if isinstance(producer, AIOKafkaProducer):
        _take_note_of_all(producer)
    try:
        await asyncio.wait_for(producer.stop(), timeout=STOP_TIMEOUT_S)
    except (KafkaError, TimeoutError):
        if isinstance(producer, AIOKafkaProducer):
            await _end(producer)


def _take_note_of_all(producer: AIOKafkaProducer) -> None:
    """Retrieve what aiokafka keeps for those that wait for the end of a transaction, or for a batch to leave.

    A producer that is fenced, or refused a right, fails them all, and mostly nobody waits: Python would report each
    (aiokafka 0.14).
    """
    accumulator, transactions = producer._message_accumulator, producer._txn_manager
    batches = chain(*accumulator._batches.values(), accumulator._pending_batches)
    futures = [batch._drain_waiter for batch in batches]
    if transactions is not None and transactions._transaction_waiter is not None:
        futures.append(transactions._transaction_waiter)
    for future in futures:
        future.add_done_callback(take_note)


async def _end(producer: AIOKafkaProducer) -> None:
    """End a producer whose ``stop()`` waited in vain for a broker and, interrupted, left all this running.

    Nothing public does it (aiokafka 0.14). A cancelled sender leaves what is queued unresolved: another shard that
    waits for an acknowledgement would never stop waiting unless its future is resolved here.
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
        take_note(waiter)
