"""Partitions that are added while a worker runs, on a real Kafka: it ends at once, and says what to do."""

from __future__ import annotations

import asyncio
import os
import uuid
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from schemas.gauge import Gauge
from streams.engine.partition_count import PartitionCount
from streams.here.exit_codes import ExitCode
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.streams import reading
from tests.streams.serving import WITHIN_S, create_input, send

PROMPT_S = 40.0
"""Ten seconds, were the machine idle."""
VALUES = [builders.record(n, a=n % 5, y="good") for n in range(20)]


def test_a_count_that_is_not_known_is_no_other_one():
    assert PartitionCount("t", 2, lambda: None).changed() is None
    assert PartitionCount("t", 2, lambda: 2).changed() is None


@pytest.mark.parametrize("now", [1, 3])
def test_another_count_is_refused_with_both_numbers(now: int):
    reason = PartitionCount("t", 2, lambda: now).changed()

    assert reason is not None
    assert reason.exit_code is ExitCode.TOPICS
    assert f"had 2 partition(s) when this worker started and has {now} now" in str(reason)


@pytest.fixture
def gauge(kafka: str, tmp_path: Path) -> Gauge:
    return builders.gauge(
        f'name = "counts{uuid.uuid4().hex[:8]}"\n[connection]\nbootstrap_servers = "{kafka}"\n[server]\nport = 0\n'
        f'[snapshots]\ndirectory = "{tmp_path}"\n[label]\narrival = "with_event"'
    )


async def add_partition(gauge: Gauge, topics: list[str], count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    await admin.create_partitions({topic: NewPartitions(total_count=count + 1) for topic in topics})
    await admin.close()


@pytest.mark.kafka
@pytest.mark.parametrize("where", ["input", "all"])
@pytest.mark.parametrize("workers", [1, 2])
async def test_partitions_added_while_running_end_every_worker_soon(
    gauge: Gauge, where: str, workers: int, caplog: pytest.LogCaptureFixture
):
    await create_input(gauge, workers)
    await send(gauge, VALUES)
    running = [Worker(gauge, pipeline(gauge, environ=os.environ)) for _ in range(workers)]
    tasks = [asyncio.create_task(worker.run()) for worker in running]
    async with asyncio.timeout(WITHIN_S):
        while not all(worker.is_ready() and len(worker.work.shards.ours) == 1 for worker in running):
            await asyncio.sleep(0.02)

    more = [gauge.topics.input, *(gauge.topics.outputs if where == "all" else ())]
    await add_partition(gauge, more, workers)
    codes = await asyncio.wait_for(asyncio.gather(*tasks), PROMPT_S)

    assert codes == [ExitCode.TOPICS] * workers
    assert f"had {workers} partition(s) when this worker started and has {workers + 1} now" in caplog.text
    assert f"partition assigned partition={workers}" not in caplog.text
    records = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.predictions)
    assert len(records) == len(VALUES)
