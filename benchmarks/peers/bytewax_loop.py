"""The job in Bytewax, as its documentation writes it; without recovery, its default.

python -m benchmarks.peers.bytewax_loop SERVERS INPUT OUTPUT MODEL
"""

from __future__ import annotations

import sys

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.run import cli_main

from benchmarks.job import Job

BATCH = 1_000


def flow(servers: str, source: str, target: str, model_name: str) -> Dataflow:
    job = Job(model_name)

    def answer(record: KafkaSourceMessage) -> KafkaSinkMessage:
        return KafkaSinkMessage(record.key, orjson.dumps(job.answer(orjson.loads(record.value))))

    made = Dataflow("answers")
    records = op.input("events", made, KafkaSource([servers], [source], tail=False, batch_size=BATCH))
    op.output("answers", op.map("answer", records, answer), KafkaSink([servers], target))
    return made


if __name__ == "__main__":
    cli_main(flow(*sys.argv[1:]))
