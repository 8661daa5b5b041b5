"""The hand-written contender: what one writes without Rivergauge, as fast as it easily gets, and nothing more.

One process, librdkafka's client with its queues and threads, and the fastest JSON library there is. At least once:
offsets are committed when everything produced has been acknowledged.

    python -m benchmarks.confluent_loop SERVERS INPUT OUTPUT MODEL EVENTS
"""

from __future__ import annotations

import sys

import orjson
from confluent_kafka import Consumer, Producer

from benchmarks.job import Job

BATCH = 1_000


def main(servers: str, source: str, target: str, model_name: str, events: int) -> None:
    job = Job(model_name)
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": f"hand-written-{target}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer(
        {"bootstrap.servers": servers, "enable.idempotence": True, "linger.ms": 5, "batch.size": 256 * 1024}
    )
    consumer.subscribe([source])
    done = 0
    while done < events:
        for record in consumer.consume(BATCH, timeout=0.1):
            if record.error() is not None:
                raise SystemExit(str(record.error()))
            answer = job.answer(orjson.loads(record.value()))
            producer.produce(target, orjson.dumps(answer), record.key(), partition=0)
            done += 1
        producer.poll(0)
    producer.flush()
    consumer.commit(asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
