"""An upgrade is a restart: another build goes on with a state as if nothing had happened, on a real Kafka.

Oracle: the records folded through one `Learner` that was never stopped.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Prediction
from streams.here.exit_codes import ExitCode
from streams.snapshots import origin
from tests import builders
from tests.streams import reading, serving

pytestmark = [pytest.mark.broker, pytest.mark.slow]
WITHIN_S = 60
ROOT = Path(__file__).parents[3]
VALUES = [builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good") for n in range(120)]


@pytest.fixture
def gauge(kafka: str, tmp_path: Path) -> Gauge:
    name = f"up{uuid.uuid4().hex[:8]}"
    return builders.gauge(
        f'name = "{name}"\n[connection]\nbootstrap_servers = "{kafka}"\n[server]\nport = 0\n'
        f'[snapshots]\ndirectory = "{tmp_path}"\nevery_seconds = 1e9\n[label]\narrival = "with_event"'
    )


async def send(gauge: Gauge, records: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=gauge.connection.bootstrap_servers) as producer:
        for value in records:
            await producer.send(gauge.topics.input, value, partition=0)
        await producer.flush()


async def work(gauge: Gauge, build: str, monkeypatch: pytest.MonkeyPatch) -> ExitCode:
    """Run a worker of some build until it is ready, and stop it in order; or until it ends by itself."""
    monkeypatch.setattr(origin, "this_build", lambda: build)
    return await serving.work(gauge)


KILLED = """
import asyncio, os, sys
from schemas.gauge import Gauge
from streams.snapshots import origin
from streams.worker.worker import Worker, pipeline
origin.this_build = lambda: "new"
gauge = Gauge.model_validate_json(sys.argv[1])
asyncio.run(Worker(gauge, pipeline(gauge, environ=os.environ)).run())
"""


async def work_and_die(gauge: Gauge, published: int) -> None:
    """Run a worker of the new build until so many predictions are committed, and kill it: it leaves no snapshot."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, gauge.model_dump_json(), cwd=ROOT)
    try:
        async with asyncio.timeout(WITHIN_S):
            while len(await predictions(gauge)) < published and process.returncode is None:
                await asyncio.sleep(0.2)
    finally:
        process.kill()
        await process.wait()
    await serving.bury(gauge)


async def predictions(gauge: Gauge) -> list[Any]:
    records = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.predictions)
    return [json.loads(record.value) for record in records]


async def test_a_new_build_goes_on_as_if_nothing_had_happened_and_crashes_as_if_it_had_always_been_there(
    gauge: Gauge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(gauge.topics.input, 1, 1)])
    await admin.close()
    await send(gauge, VALUES[:40])
    assert await work(gauge, "old", monkeypatch) == ExitCode.OK

    await send(gauge, VALUES[40:80])
    await work_and_die(gauge, published=80)
    assert len(await predictions(gauge)) == 80
    assert await work(gauge, "old", monkeypatch) == ExitCode.STATE
    assert "the newest state is at 40" in caplog.text
    await send(gauge, VALUES[80:])
    assert await work(gauge, "new", monkeypatch) == ExitCode.OK

    alone = Learner(gauge)
    effects = builders.flat(builders.fold(alone, builders.decoded(gauge, VALUES)))
    expected = [(e.position, e.y_pred, e.probabilities, e.version) for e in effects if isinstance(e, Prediction)]
    given = [(r["position"], r["y_pred"], r["probabilities"], r["version"]) for r in await predictions(gauge)]
    assert given == expected
