"""The first start on a topic whose first records retention has deleted, on a real Kafka.

Oracle: what a learner says that is given what is left.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Prediction
from streams.here.exit_codes import ExitCode
from streams.orders.desk import Desk
from streams.orders.reset import carry_out, plan
from streams.view.open_alerts import open_alerts
from tests import builders
from tests.streams import reading
from tests.streams.serving import send, work

pytestmark = pytest.mark.kafka
VALUES = [builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good") for n in range(50)]


@pytest.fixture(params=["exactly-once", "at-least-once"])
def gauge(request: pytest.FixtureRequest, kafka: str, tmp_path: Path) -> Gauge:
    return builders.gauge(
        f'name = "first{uuid.uuid4().hex[:8]}"\ndelivery = "{request.param}"\n[connection]\n'
        f'bootstrap_servers = "{kafka}"\n[server]\nport = 0\n[snapshots]\ndirectory = "{tmp_path}"\n'
        '[label]\narrival = "with_event"'
    )


async def delete_below(gauge: Gauge, offset: int) -> None:
    """What retention does, at once."""
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    await admin.delete_records({TopicPartition(gauge.topics.input, 0): RecordsToDelete(before_offset=offset)})
    await admin.close()


async def predictions(gauge: Gauge) -> dict[str, dict[str, Any]]:
    """By id; without transactions the same may come again, with the same content."""
    said: dict[str, dict[str, Any]] = {}
    for record in await reading.records(gauge.connection.bootstrap_servers, gauge.topics.predictions):
        body = json.loads(record.value)
        assert said.setdefault(dict(record.headers)["ce_id"].decode(), body) == body
    return said


def expected(gauge: Gauge, begin: int, epoch: int = 0) -> dict[str, dict[str, Any]]:
    place = f"0.{epoch}" if epoch else "0"
    effects = builders.fold(Learner(gauge, epoch=epoch), builders.decoded(gauge, VALUES[begin:]), start=begin)
    return {
        f"{gauge.topics.input}:{place}:{offset}:prediction:0": json.loads(effect.body())
        for offset, group in enumerate(effects, start=begin)
        for effect in group
        if isinstance(effect, Prediction)
    }


async def test_it_begins_where_the_log_begins_and_says_so(gauge: Gauge, caplog: pytest.LogCaptureFixture):
    await send(gauge, VALUES)
    await delete_below(gauge, 30)

    assert await work(gauge) is ExitCode.OK

    assert await predictions(gauge) == expected(gauge, 30)
    assert "begins where the log begins" in caplog.text
    assert f"place={gauge.topics.input}/0 begins=30 gone=30" in caplog.text


async def test_a_restart_without_its_snapshots_folds_from_there_again(gauge: Gauge, tmp_path: Path):
    await send(gauge, VALUES[:40])
    await delete_below(gauge, 30)
    assert await work(gauge) is ExitCode.OK
    shutil.rmtree(tmp_path / gauge.name)
    await send(gauge, VALUES[40:])

    assert await work(gauge) is ExitCode.OK

    assert await predictions(gauge) == expected(gauge, 30)


async def test_a_restart_without_its_snapshots_is_refused_where_more_is_gone(gauge: Gauge, tmp_path: Path):
    await send(gauge, VALUES)
    await delete_below(gauge, 30)
    assert await work(gauge) is ExitCode.OK
    shutil.rmtree(tmp_path / gauge.name)
    await delete_below(gauge, 35)

    assert await work(gauge) is ExitCode.LOG


async def test_a_log_that_retention_has_emptied_is_begun_at_its_end(gauge: Gauge):
    await send(gauge, VALUES[:30])
    await delete_below(gauge, 30)
    assert await work(gauge) is ExitCode.OK
    await send(gauge, VALUES[30:])

    assert await work(gauge) is ExitCode.OK

    assert await predictions(gauge) == expected(gauge, 30)


async def test_after_a_reset_it_begins_where_the_log_begins_by_then(gauge: Gauge):
    await send(gauge, VALUES)
    assert await work(gauge) is ExitCode.OK
    before = await predictions(gauge)
    async with Desk.opened(gauge, os.environ) as desk:
        await carry_out(desk, await plan(desk, 0), open_alerts)
    await delete_below(gauge, 30)

    if gauge.delivery == "at-least-once":  # no mark tells this epoch's outputs from those before: it is reset again
        assert await work(gauge) is ExitCode.LOG
        return
    assert await work(gauge) is ExitCode.OK
    assert await predictions(gauge) == before | expected(gauge, 30, epoch=1)
