"""Outputs whose timestamp their topic refuses: published with the present one, and otherwise as ever."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import DeadLetter, Prediction
from streams.delivery.envelope import Output
from streams.delivery.stamps import Dating, Stamps
from streams.here.exit_codes import ExitCode
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.streams import reading
from tests.streams.serving import WITHIN_S, send

FAR_MS = 4_102_444_800_000  # 2100
LONG_AGO_MS = 1_000_000_000_000  # 2001
LONGEST = str(2**63 - 1)
VALUES = [b"{broken" if n % 7 == 6 else builders.record(n, a=n % 5, y="good") for n in range(21)]


def output(timestamp: int | None) -> Output:
    return Output("out", None, b"v", [], timestamp)


def test_timestamps_stay_as_they_were_read_until_the_broker_refuses_one():
    stamps = Stamps(0, wall=lambda: 5.0)
    outputs = [output(0), output(5_000), output(5_001), output(None)]

    assert stamps.dated(outputs) is outputs

    assert stamps.relax()
    dated = stamps.dated(outputs)
    stamps.published(outputs, dated)
    assert [piece.timestamp for piece in dated] == [0, 5_000, None, None]
    assert stamps.replaced == 1

    assert stamps.relax()
    assert [piece.timestamp for piece in stamps.dated(outputs)] == [None] * 4
    assert stamps.dating is Dating.NOW
    assert not stamps.relax()


@pytest.fixture(params=["exactly-once", "at-least-once"])
async def gauge(request: pytest.FixtureRequest, kafka: str, tmp_path: Path) -> Gauge:
    """Its input takes any timestamp; its outputs, none more than a second from now."""
    made = builders.gauge(
        f'name = "stamps{uuid.uuid4().hex[:8]}"\ndelivery = "{request.param}"\n[connection]\n'
        f'bootstrap_servers = "{kafka}"\n[server]\nport = 0\n[snapshots]\ndirectory = "{tmp_path}"\n'
        '[label]\narrival = "with_event"'
    )
    lax = {"message.timestamp.after.max.ms": LONGEST, "message.timestamp.before.max.ms": LONGEST}
    strict = {"message.timestamp.after.max.ms": "1000", "message.timestamp.before.max.ms": "86400000"}
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics(
        [
            NewTopic(made.topics.input, 1, 1, topic_configs=lax),
            *(NewTopic(name, 1, 1, topic_configs=strict) for name in made.topics.outputs),
        ]
    )
    await admin.close()
    return made


@pytest.mark.kafka
@pytest.mark.parametrize("odd_ms", [FAR_MS, LONG_AGO_MS])
async def test_a_record_with_a_timestamp_that_the_outputs_refuse_is_answered_and_counted(gauge: Gauge, odd_ms: int):
    now_ms = int(time.time() * 1_000) - 2_000
    await send(gauge, VALUES[:7], timestamp_ms=now_ms)
    await send(gauge, VALUES[7:14], timestamp_ms=odd_ms)
    await send(gauge, VALUES[14:], timestamp_ms=now_ms)

    worker = Worker(gauge, pipeline(gauge, environ=os.environ))
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(WITHIN_S):
        while not worker.is_ready() and not task.done():
            await asyncio.sleep(0.02)
        while not task.done() and worker.work.shards.all[0].published < len(VALUES):
            await asyncio.sleep(0.02)
    figures = worker.telemetry.text().decode()
    worker.stop()
    assert await asyncio.wait_for(task, WITHIN_S) is ExitCode.OK

    effects = builders.flat(builders.fold(Learner(gauge), builders.decoded(gauge, VALUES)))
    servers = gauge.connection.bootstrap_servers
    predictions = await reading.records(servers, gauge.topics.predictions)
    letters = await reading.records(servers, gauge.topics.dead_letters)
    said = {dict(r.headers)["ce_id"]: r for r in predictions}  # without transactions some may be there twice
    assert [r.value for r in said.values()] == [e.body() for e in effects if isinstance(e, Prediction)]
    assert {r.value for r in letters} == {e.raw for e in effects if isinstance(e, DeadLetter)}
    for record in said.values():
        assert json.loads(record.value)
        assert abs(record.timestamp - now_ms) < WITHIN_S * 1_000
    [counted] = [line for line in figures.splitlines() if line.startswith("rivergauge_timestamps_replaced_total{")]
    assert float(counted.split()[-1]) >= 7
