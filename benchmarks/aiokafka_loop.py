"""The yardstick for latency: an aiokafka loop that passes records on and has no model.

Each record is decoded, answered in JSON and produced at once; acknowledgements are not waited for in between.

    python -m benchmarks.aiokafka_loop SERVERS INPUT OUTPUT EVENTS
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def main(servers: str, source: str, target: str, events: int) -> None:
    consumer = AIOKafkaConsumer(
        source,
        bootstrap_servers=servers,
        group_id=f"hand-written-{target}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True, linger_ms=0)
    await producer.start()
    await consumer.start()
    done = 0
    while done < events:
        for records in (await consumer.getmany(timeout_ms=1_000)).values():
            for record in records:
                x = json.loads(record.value)
                answer = {"position": record.offset, "y_pred": None, "features": len(x)}
                await producer.send(target, json.dumps(answer).encode(), key=record.key, partition=0)
            done += len(records)
    await producer.flush()
    await consumer.commit()
    await consumer.stop()
    await producer.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
