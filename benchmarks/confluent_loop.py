"""The hand-written contender: consume, predict, learn, produce; what one writes without Rivergauge, and nothing more.

One process, librdkafka's client with its queues and threads. At least once: offsets are committed when everything
produced has been acknowledged. It decodes with ``json``, trusts its input, and measures nothing.

    python -m benchmarks.confluent_loop SERVERS INPUT OUTPUT MODEL EVENTS
"""

from __future__ import annotations

import json
import sys

from confluent_kafka import Consumer, Producer

from benchmarks.workload import LABEL, MODELS, POSITIVE

BATCH = 1_000


def main(servers: str, source: str, target: str, model_name: str, events: int) -> None:
    model = MODELS[model_name].build()
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
            x = json.loads(record.value())
            y = x.pop(LABEL) == POSITIVE
            probabilities = model.predict_proba_one(x)
            y_pred = max(probabilities, key=probabilities.get) if probabilities else None
            model.learn_one(x, y)
            answer = {"position": record.offset(), "y_pred": y_pred, "probabilities": probabilities}
            producer.produce(target, json.dumps(answer).encode(), record.key(), partition=0)
            done += 1
        producer.poll(0)
    producer.flush()
    consumer.commit(asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
