"""The yardstick for exactly-once latency: an aiokafka loop that passes records on in transactions and has no model.

Each fetched batch is answered in one transaction, together with the group's offset. The next batch is fetched when
nothing is in flight, so it holds all that came meanwhile. A transaction that is begun right after another is refused
until the broker has written the first one's markers; the short pause before it is tried again keeps that wait short.

    python -m benchmarks.transactional_loop SERVERS INPUT OUTPUT EVENTS
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

RETRY_BACKOFF_MS = 10


async def main(servers: str, source: str, target: str, events: int) -> None:
    group, place = f"hand-written-{target}", TopicPartition(source, 0)
    consumer = AIOKafkaConsumer(
        source,
        bootstrap_servers=servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, transactional_id=group, linger_ms=0, retry_backoff_ms=RETRY_BACKOFF_MS
    )
    await producer.start()
    await consumer.start()
    done = 0
    while done < events:
        for records in (await consumer.getmany(timeout_ms=1_000)).values():
            async with producer.transaction():
                for record in records:
                    x = json.loads(record.value)
                    answer = {"position": record.offset, "y_pred": None, "features": len(x)}
                    await producer.send(target, json.dumps(answer).encode(), key=record.key, partition=0)
                await producer.send_offsets_to_transaction({place: records[-1].offset + 1}, group)
            done += len(records)
    await consumer.stop()
    await producer.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
