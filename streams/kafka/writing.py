"""A producer for as long as something is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer


@asynccontextmanager
async def writing(settings: Mapping[str, Any], client_id: str, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that is connected, and in the end closed, also where it could not connect; what it holds is sent.

    Parameters
    ----------
    settings
        Client settings, from `streams.kafka.connection`.
    options
        Others of aiokafka's producer.

    Raises
    ------
    KafkaError
        If no broker can be reached, or it refuses us.
    """
    producer = AIOKafkaProducer(**settings, client_id=client_id, **options)
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()
