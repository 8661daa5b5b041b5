"""What a broker has behind it before anything that runs on it is timed.

A Java program that has just started compiles itself: 8,000 transactions take a fresh broker of one node 24 s, and the
next 8,000 take 16. On a machine that broker and workers share, this is the workers' time; and nobody's broker in
production is a minute old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from benchmarks.places import Place

PRODUCERS: Final = 8
TRANSACTIONS: Final = 8_000
RECORDS: Final = 20
RETRY_BACKOFF_MS: Final = 10


def warm_up(place: Place, say: Callable[[str], None]) -> None:
    """Have the broker take transactions as a service's are, side by side, and hand out what they hold."""
    topic = place.new_topic("warm-up", partitions=PRODUCERS)
    begin = perf_counter()
    asyncio.run(_run(place.servers, topic))
    say(f"the broker has had {TRANSACTIONS:,} transactions to warm up, in {perf_counter() - begin:.0f} s")


async def _run(servers: str, topic: str) -> None:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id=f"{topic}-reader",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_read(consumer))
            for partition in range(PRODUCERS):
                tasks.create_task(_produce(servers, TopicPartition(topic, partition)))
    finally:
        await consumer.stop()


async def _produce(servers: str, place: TopicPartition) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=servers,
        transactional_id=f"{place.topic}-{place.partition}",
        linger_ms=0,
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )
    await producer.start()
    try:
        for n in range(TRANSACTIONS // PRODUCERS):
            async with producer.transaction():
                batch = producer.create_batch()
                for _ in range(RECORDS):
                    batch.append(key=None, value=b"x" * 100, timestamp=None)
                await (await producer.send_batch(batch, place.topic, partition=place.partition))
                await producer.send_offsets_to_transaction({place: n}, f"{place.topic}-writer")
    finally:
        await producer.stop()


async def _read(consumer: AIOKafkaConsumer) -> None:
    expected = TRANSACTIONS * RECORDS
    while expected > 0:
        expected -= sum(map(len, (await consumer.getmany(timeout_ms=1_000)).values()))
