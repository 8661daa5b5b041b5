"""A consumer that reads what is committed, in no group, from the places that it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition


@asynccontextmanager
async def reading(settings: Mapping[str, Any], client_id: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that is connected, and closed in the end, also where it could not connect.

    Parameters
    ----------
    settings
        Client settings, from `streams.kafka.connection`.
    options
        Others of aiokafka's consumer, over the ones that are set here.

    Raises
    ------
    KafkaError
        If no broker can be reached, or it refuses us.
    """
    usual = {"isolation_level": "read_committed", "auto_offset_reset": "earliest", "enable_auto_commit": False}
    consumer = AIOKafkaConsumer(**settings, client_id=client_id, **{**usual, **options})
    try:
        await consumer.start()
        # A consumer that is stopped before its own task has had a turn ends in a CancelledError (aiokafka 0.14).
        await asyncio.sleep(0)
        yield consumer
    finally:
        with suppress(KafkaError):
            await consumer.stop()


async def is_left(consumer: AIOKafkaConsumer, place: TopicPartition, end: int) -> bool:
    """Whether anything that is committed by now is still to be read below ``end``.

    By the consumer's position, which passes the markers of transactions: no record is ever given for them. Behind the
    last stable offset a transaction is open: what it holds is not committed by now.
    """
    stable = consumer.last_stable_offset(place)
    return bool(await consumer.position(place) < (end if stable is None or stable < 0 else min(end, stable)))
