"""A worker in the test's own process, until it is ready or ends by itself; and records for it."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from faults.group import Group
from schemas.gauge import Gauge
from streams.here.exit_codes import ExitCode
from streams.kafka.admin import administering
from streams.kafka.group import group_of
from streams.worker.worker import Worker, pipeline

WITHIN_S = 60


async def create_input(gauge: Gauge, partitions: int = 1) -> None:
    """Make the input topic, if it is not there yet."""
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(gauge.topics.input, partitions, 1)])
    await admin.close()


async def delete_input(gauge: Gauge) -> None:
    """Delete the input topic, and wait until it is gone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    await admin.delete_topics([gauge.topics.input])
    async with asyncio.timeout(WITHIN_S):
        while gauge.topics.input in await admin.list_topics():
            await asyncio.sleep(0.1)
    await admin.close()


async def send(gauge: Gauge, values: list[bytes], *, timestamp_ms: int | None = None) -> None:
    """Send records to the input's first partition; the topic is made if it is missing."""
    await create_input(gauge)
    async with AIOKafkaProducer(bootstrap_servers=gauge.connection.bootstrap_servers) as producer:
        for value in values:
            await producer.send(gauge.topics.input, value, partition=0, timestamp_ms=timestamp_ms)
        await producer.flush()


async def work(gauge: Gauge, **options: Any) -> ExitCode:
    """Run a worker until it is ready, and stop it; or until it ends by itself."""
    worker = Worker(gauge, pipeline(gauge, environ=os.environ, **options))
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(WITHIN_S):
        while not worker.is_ready() and not task.done():
            await asyncio.sleep(0.02)
    worker.stop()
    return await asyncio.wait_for(task, WITHIN_S)


async def bury(gauge: Gauge) -> None:
    """Have workers that were killed leave the group now, as they would at the end of their sessions, ten seconds later.

    Only while none lives. Where the end of a session is what a test is about, it waits for it.
    """
    async with administering({"bootstrap_servers": gauge.connection.bootstrap_servers}) as admin:
        assert await Group(admin, group_of(gauge)).evict() > 0, "nobody of the group is there to be buried"
