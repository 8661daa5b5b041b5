"""How a command that orders something sits down at the operator's desk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from aiokafka.errors import KafkaError

from schemas.gauge import Gauge
from streams.kafka.client_errors import in_words
from streams.orders.desk import Desk

T = TypeVar("T", bound=Sequence[object])


def at_desk(gauge: Gauge, work: Callable[[Desk], Awaitable[T]]) -> T:
    """What ``work`` comes to at the gauge's desk.

    Raises
    ------
    WorkerError
        If an order cannot be given, or the broker does not take it.
    """

    async def opened() -> T:
        async with Desk.opened(gauge, os.environ) as desk:
            return await work(desk)

    try:
        return asyncio.run(opened())
    except KafkaError as error:
        raise in_words("the broker did not do it", error) from error
