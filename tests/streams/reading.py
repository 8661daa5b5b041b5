"""What is on a topic now."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition


async def records(servers: str, topic: str, partition: int = 0, *, isolation: str = "read_committed") -> list[Any]:
    """All that is readable on a partition now, oldest first."""
    place = TopicPartition(topic, partition)
    got: list[Any] = []
    async with (
        asyncio.timeout(40),
        AIOKafkaConsumer(
            bootstrap_servers=servers, auto_offset_reset="earliest", isolation_level=isolation
        ) as consumer,
    ):
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        while await consumer.position(place) < end:  # the position passes transaction markers
            for batch in (await consumer.getmany(timeout_ms=100)).values():
                got += batch
    return got
