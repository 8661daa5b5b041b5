"""What is on a topic now."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition


async def records(servers: str, topic: str, partition: int = 0, *, isolation: str = "read_committed") -> list[Any]:
    """All that is readable on a partition once the transactions that are on it now have ended, oldest first.

    A commit is answered before its markers are written: who read at once could miss what was just committed.
    """
    place = TopicPartition(topic, partition)
    got: list[Any] = []
    async with (
        asyncio.timeout(40),
        AIOKafkaConsumer(bootstrap_servers=servers) as log,
        AIOKafkaConsumer(
            bootstrap_servers=servers, auto_offset_reset="earliest", isolation_level=isolation
        ) as consumer,
    ):
        end = (await log.end_offsets([place]))[place]
        consumer.assign([place])
        while await consumer.position(place) < end:  # the position passes transaction markers
            for batch in (await consumer.getmany(timeout_ms=100)).values():
                got += batch
    return got
