"""What operators see and order on a real Kafka: a worker ends with its reason, an operator orders, the worker goes on.

Oracle for what is published: the records folded through a `Learner` alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.structs import TopicPartition

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import ModelVersion, Prediction
from streams.engine.engine import Engine
from streams.here.exit_codes import ExitCode
from streams.kafka.group import group_of
from streams.orders.desk import Desk, OrderRefusedError
from streams.orders.reset import carry_out, plan
from streams.orders.skip import skip
from streams.snapshots import saved
from streams.view.open_alerts import open_alerts
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.streams import reading
from tests.streams.serving import work

pytestmark = pytest.mark.broker
WITHIN_S = 40


def values(count: int) -> list[bytes]:
    return [builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good") for n in range(count)]


@pytest.fixture
def gauge(kafka: str, tmp_path: Path) -> Gauge:
    name = f"ops{uuid.uuid4().hex[:8]}"
    return builders.gauge(
        f'name = "{name}"\n[connection]\nbootstrap_servers = "{kafka}"\n[server]\nport = 0\n'
        f'[snapshots]\ndirectory = "{tmp_path}"\nevery_events = 20\n[label]\narrival = "with_event"'
    )


async def send(gauge: Gauge, records: list[bytes]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(gauge.topics.input, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=gauge.connection.bootstrap_servers) as producer:
        for value in records:
            await producer.send(gauge.topics.input, value, partition=0)
        await producer.flush()


async def read(gauge: Gauge, topic: str) -> list[Any]:
    return await reading.records(gauge.connection.bootstrap_servers, topic)


def bodies(records: list[Any]) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in records]


async def test_a_reset_to_an_offset_learns_from_there_only(gauge: Gauge):
    await send(gauge, values(60))
    assert await work(gauge) == ExitCode.OK

    async with Desk.opened(gauge, os.environ) as desk:
        await carry_out(desk, await plan(desk, 0, offset=40), open_alerts)
    assert await work(gauge) == ExitCode.OK

    alone = Learner(gauge, epoch=1)
    inputs = builders.decoded(gauge, values(60))
    effects = [e for p in range(40, 60) for e in alone.handle(inputs[p], p) if isinstance(e, Prediction)]
    given = bodies((await read(gauge, gauge.topics.predictions))[60:])
    assert [(r["position"], r["y_pred"], r["version"]) for r in given] == [
        (e.position, e.y_pred, e.version) for e in effects
    ]


async def test_a_reset_to_a_version_goes_on_with_its_state(gauge: Gauge):
    await send(gauge, values(60))
    assert await work(gauge) == ExitCode.OK
    await send(gauge, values(80)[60:])

    async with Desk.opened(gauge, os.environ) as desk:
        with pytest.raises(OrderRefusedError, match="led by version 0-9; there are: 0-1 at 60; name one"):
            await carry_out(desk, await plan(desk, 0, version="0-9"), open_alerts)
        order = await carry_out(desk, await plan(desk, 0, version="0-1"), open_alerts)
    assert (order.begin, order.floor) == (60, 60)
    assert await work(gauge) == ExitCode.OK

    alone = Learner(gauge)
    inputs = builders.decoded(gauge, values(80))
    effects = [e for p in range(80) for e in alone.handle(inputs[p], p) if isinstance(e, Prediction)]
    given = bodies((await read(gauge, gauge.topics.predictions))[60:])
    assert [(r["position"], r["y_pred"], r["probabilities"]) for r in given] == [
        (e.position, e.y_pred, e.probabilities) for e in effects[60:]
    ]


async def test_a_reset_reaches_a_version_of_which_the_archive_alone_is_left(gauge: Gauge):
    await send(gauge, values(60))
    assert await work(gauge) == ExitCode.OK
    async with Desk.opened(gauge, os.environ) as desk:
        for identity in (await desk.standing(0)).snapshots:
            await desk.store.delete(identity)
        [copy] = await desk.store.archived(0)
        with pytest.raises(OrderRefusedError, match=f"led by version 0-9; there are: 0-1 at {copy.position}; name one"):
            await plan(desk, 0, version="0-9")

        order = await carry_out(desk, await plan(desk, 0, version="0-1"), open_alerts)
    assert (copy.version, order.begin, order.floor) == ("0-1", copy.position, copy.position)
    assert await work(gauge) == ExitCode.OK

    alone = Learner(gauge)
    inputs = builders.decoded(gauge, values(60))
    effects = [e for p in range(60) for e in alone.handle(inputs[p], p) if isinstance(e, Prediction)]
    given = bodies((await read(gauge, gauge.topics.predictions))[60:])
    assert [(r["position"], r["y_pred"], r["probabilities"]) for r in given] == [
        (e.position, e.y_pred, e.probabilities) for e in effects[copy.position :]
    ]


async def test_a_reset_to_a_copy_that_was_changed_is_refused(gauge: Gauge, tmp_path: Path):
    await send(gauge, values(60))
    assert await work(gauge) == ExitCode.OK
    [file] = tmp_path.rglob("archive/*.snapshot")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)

    async with Desk.opened(gauge, os.environ) as desk:
        for identity in (await desk.standing(0)).snapshots:
            await desk.store.delete(identity)
        with pytest.raises(OrderRefusedError, match="its archived copy cannot be used: snapshot signature: expected"):
            await plan(desk, 0, version="0-1")


async def commit(gauge: Gauge, offset: int) -> None:
    """As another program in the worker's group would."""
    place = TopicPartition(gauge.topics.input, 0)
    async with AIOKafkaConsumer(
        bootstrap_servers=gauge.connection.bootstrap_servers, group_id=group_of(gauge), enable_auto_commit=False
    ) as consumer:
        consumer.assign([place])
        await consumer.commit({place: offset})


async def expire(gauge: Gauge) -> None:
    """As a broker does after offsets.retention.minutes."""
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    group = group_of(gauge)
    response = await admin._send_request(DeleteGroupsRequest([group]), await admin.find_coordinator(group))
    await admin.close()
    assert response.results == [(group, 0)]


@pytest.mark.parametrize("epochs", [1, 2])
async def test_a_commit_of_another_program_is_refused_until_a_reset_goes_over_it(
    gauge: Gauge, epochs: int, caplog: pytest.LogCaptureFixture
):
    await send(gauge, values(60))
    assert await work(gauge) == ExitCode.OK
    for epoch in range(1, epochs + 1):
        await commit(gauge, 17)
        caplog.clear()
        assert await work(gauge) == ExitCode.STATE
        assert "which no worker of this gauge wrote" in caplog.text

        async with Desk.opened(gauge, os.environ) as desk:
            order = await carry_out(desk, await plan(desk, 0, offset=40), open_alerts)
        assert (order.epoch, order.begin) == (epoch, 40)
        assert await work(gauge) == ExitCode.OK

    said = bodies(await read(gauge, gauge.topics.predictions))
    assert [r["position"] for r in said] == [*range(60), *list(range(40, 60)) * epochs]


@pytest.mark.parametrize("worked", [False, True], ids=["before-the-first-worker", "after-it"])
async def test_a_commit_that_is_lost_after_a_reset_is_refused_too(
    gauge: Gauge, worked: bool, caplog: pytest.LogCaptureFixture
):
    await send(gauge, values(60))
    assert await work(gauge) == ExitCode.OK
    async with Desk.opened(gauge, os.environ) as desk:
        await carry_out(desk, await plan(desk, 0, offset=40), open_alerts)
    if worked:
        assert await work(gauge) == ExitCode.OK

    await expire(gauge)

    assert await work(gauge) == ExitCode.STATE
    assert "no offset is committed although" in caplog.text
    async with Desk.opened(gauge, os.environ) as desk:
        await carry_out(desk, await plan(desk, 0, offset=50), open_alerts)
    assert await work(gauge) == ExitCode.OK


class Trap(Learner):
    """Ends the worker at offset 30, as a defect does."""

    def handle(self, event: Any, position: int) -> Any:
        if position == 30 and getattr(event, "reason", None) != "skipped":
            raise ZeroDivisionError("a defect")
        return super().handle(event, position)


async def test_a_record_that_ends_every_worker_can_be_skipped(gauge: Gauge):
    def trap(gauge: Gauge, partition: int, epoch: int) -> Learner:
        return Trap(gauge, partition=partition, epoch=epoch)

    rarely = {**gauge.snapshots.model_dump(), "every_events": 10_000}
    gauge = Gauge.model_validate({**gauge.model_dump(), "snapshots": rarely})
    await send(gauge, values(60))
    assert await work(gauge, make_core=trap) == ExitCode.DEFECT

    async with Desk.opened(gauge, os.environ) as desk:
        with pytest.raises(OrderRefusedError, match="what can be skipped is 30 to 59, got 60"):
            await skip(desk, 0, 60)
        await skip(desk, 0, 30)
    # Of a class that no snapshot may name, so it is not asked to write one: what counts here is the dead letter.
    await work(gauge, make_core=trap)

    [dead] = await read(gauge, gauge.topics.dead_letters)
    assert dict(dead.headers)["ce_reason"] == b"skipped"
    assert dead.value == values(60)[30]
    positions = [r["position"] for r in bodies(await read(gauge, gauge.topics.predictions))]
    assert positions == [n for n in range(60) if n != 30]


async def test_nothing_is_ordered_while_a_worker_runs(gauge: Gauge):
    await send(gauge, values(30))
    worker = Worker(gauge, pipeline(gauge, environ=os.environ))
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(WITHIN_S):
        while not worker.is_ready():
            await asyncio.sleep(0.02)

    with pytest.raises(OrderRefusedError, match=r"1 worker\(s\) of group .* are running"):
        async with Desk.opened(gauge, os.environ):
            pass

    worker.stop()
    assert await asyncio.wait_for(task, WITHIN_S) == ExitCode.OK


async def test_a_service_begins_with_the_state_of_a_backtest(gauge: Gauge, tmp_path: Path):
    before = Learner(gauge)
    builders.fold(before, builders.decoded(gauge, values(100)))
    file = tmp_path / "saved"
    saved.write(before, file, {})
    await send(gauge, values(60))

    assert await work(gauge, start=file) == ExitCode.OK
    assert await work(gauge) == ExitCode.STATE

    alone = Learner(gauge)
    alone.inherit(before)
    effects = [e for es in builders.fold(alone, builders.decoded(gauge, values(60))) for e in es]
    given = bodies(await read(gauge, gauge.topics.predictions))
    assert [(r["position"], r["probabilities"]) for r in given] == [
        (e.position, e.probabilities) for e in effects if isinstance(e, Prediction)
    ]
    first = next(e for e in effects if isinstance(e, ModelVersion))
    assert first.parent == "saved:0-1"
    assert bodies(await read(gauge, gauge.topics.versions))[0]["parent"] == "saved:0-1"
    cold = builders.run(gauge, values(1))[1]
    assert given[0]["probabilities"] != next(e for e in cold if isinstance(e, Prediction)).probabilities


async def test_a_consumer_that_stops_without_a_word_ends_the_worker(gauge: Gauge, monkeypatch, caplog):
    async def never(self: Engine, partitions: object, timeout_s: float) -> set[int]:
        await asyncio.sleep(timeout_s)
        return set()

    monkeypatch.setattr(Engine, "hungry", never)
    gauge = Gauge.model_validate({**gauge.model_dump(), "server": {"port": 0, "stalled_after_seconds": 1.0}})
    await send(gauge, values(10))

    assert await work(gauge) == ExitCode.STALLED
    assert "partition 0 stands at 0" in caplog.text
    assert "can be read up to 10" in caplog.text


async def test_the_commands_say_what_they_wrote(gauge: Gauge, tmp_path: Path):
    await send(gauge, values(30))
    assert await work(gauge) == ExitCode.OK
    lines = [
        f'name = "{gauge.name}"',
        'task = "binary"',
        "[record]",
        'id = "id"',
        'time = "at"',
        "[label]",
        'field = "y"',
    ]
    lines += ['positive = "bad"', 'negative = "good"', "[features]", 'a = "number"']
    lines += ["[connection]", f'bootstrap_servers = "{gauge.connection.bootstrap_servers}"']
    lines += ["[snapshots]", f'directory = "{tmp_path}"']
    path = tmp_path / "gauge.toml"
    path.write_text("\n".join(lines))

    async def command(*words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "streams.cli", words[0], str(path), *words[1:]),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    code, said = await command("skip", "0", "3")
    assert (code, "below 30 everything is dealt with" in said) == (2, True)
    code, said = await command("reset", "--yes", "--json")
    assert code == 0
    assert json.loads(said)["orders"][0]["epoch"] == 1
    code, said = await command("reset", "--offset", "5")
    assert (code, "--offset needs --partition" in said) == (2, True)
