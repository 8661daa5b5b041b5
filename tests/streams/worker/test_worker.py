"""The worker: a real Faust agent on the in-process broker, and the ways it ends.

Oracle for what it publishes: the same records folded through `Learner` alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.consumer.fetcher import Fetcher

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import DeadLetter, Prediction
from streams.broker.inprocess import InProcessBroker
from streams.engine import fetching
from streams.here.exit_codes import ExitCode
from streams.here.failures import BrokerRefusedError
from streams.snapshots import state
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.streams import reading, serving

PARTITIONS = 2
WITHIN_S = 60


def values(count: int, first: int = 0) -> list[bytes]:
    """Events with labels, every seventh broken."""
    return [
        b"{broken" if n % 7 == 6 else builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good")
        for n in range(first, first + count)
    ]


@pytest.fixture
def broker() -> Iterator[InProcessBroker]:
    with InProcessBroker() as running:
        yield running


def make_gauge(broker: InProcessBroker, partitions: int = PARTITIONS) -> Gauge:
    gauge = builders.gauge(
        f'delivery = "at-least-once"\n[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"\n'
        '[server]\nport = 0\n[label]\narrival = "with_event"'
    )
    for topic in (gauge.topics.input, *gauge.topics.outputs):
        broker.create_topic(topic, partitions)
    return gauge


async def send(gauge: Gauge, partition: int, records: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=gauge.connection.bootstrap_servers) as producer:
        for value in records:
            await producer.send(gauge.topics.input, value, partition=partition)
        await producer.flush()


async def read(gauge: Gauge, topic: str, partition: int) -> list[Any]:
    return await reading.records(gauge.connection.bootstrap_servers, topic, partition)


@asynccontextmanager
async def running(gauge: Gauge, **options: Any):
    """A worker and the task that runs it; stopped at the end if it still runs."""
    worker = Worker(gauge, pipeline(gauge, environ=os.environ, **options))
    task = asyncio.create_task(worker.run())
    try:
        yield worker, task
    finally:
        worker.stop()
        await asyncio.wait_for(task, WITHIN_S)


async def until(condition: Callable[[], bool], task: asyncio.Task[Any]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition() and not task.done():
            await asyncio.sleep(0.01)


def published(worker: Worker, partition: int) -> int:
    shards = worker.work.shards.all if worker.work is not None else {}
    return shards[partition].published if partition in shards else 0


def ids(records: list[Any]) -> list[str]:
    return [dict(record.headers)["ce_id"].decode() for record in records]


# -- what is published ------------------------------------------------------------------------------------------------


@pytest.mark.broker
async def test_each_partition_says_what_a_learner_alone_would_say(broker):
    gauge = make_gauge(broker)
    logs = {partition: values(60 + partition, first=1_000 * partition) for partition in range(PARTITIONS)}
    for partition, records in logs.items():
        await send(gauge, partition, records)

    async with running(gauge) as (worker, task):
        await until(lambda: all(published(worker, p) == len(logs[p]) for p in logs), task)

    for partition, records in logs.items():
        effects = builders.flat(builders.fold(Learner(gauge, partition=partition), builders.decoded(gauge, records)))
        predictions = await read(gauge, gauge.topics.predictions, partition)
        dead_letters = await read(gauge, gauge.topics.dead_letters, partition)
        assert [r.value for r in predictions] == [e.body() for e in effects if isinstance(e, Prediction)]
        assert [r.value for r in dead_letters] == [e.raw for e in effects if isinstance(e, DeadLetter)]


@pytest.mark.broker
async def test_a_worker_answers_events_over_http_from_the_state_of_their_partition(broker):
    gauge = make_gauge(broker, partitions=1)
    records, event = values(60), builders.record("new", a=4)
    await send(gauge, 0, records)

    async with running(gauge) as (worker, task):
        await until(lambda: published(worker, 0) == len(records), task)
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"http://127.0.0.1:{worker.health.port}/v1/score",
                data=event,
                headers={"Content-Type": "application/json"},
            ) as response,
        ):
            said = await response.json()

    alone = Learner(gauge)
    builders.fold(alone, builders.decoded(gauge, records))
    [prediction] = builders.predictions(alone.handle(*builders.decoded(gauge, [event]), 60))
    assert said == {**json.loads(prediction.body()), "partition": 0, "lag": 0}


@pytest.fixture
def short_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The in-process broker lets a group that was left wait for the end of its session."""
    monkeypatch.setattr(fetching, "SESSION_TIMEOUT_S", 1.0)
    monkeypatch.setattr(fetching, "HEARTBEAT_S", 0.3)


@pytest.mark.broker
async def test_a_worker_goes_on_where_the_one_before_has_stopped(broker, short_sessions):
    gauge = make_gauge(broker)
    for count, first in ((50, 0), (30, 50)):
        await send(gauge, 0, values(count, first=first))
        async with running(gauge) as (worker, task):
            await until(lambda worker=worker, end=first + count: published(worker, 0) == end, task)
            await until(lambda worker=worker, end=first + count: worker.work.progress.position(0) == end, task)

    learner = Learner(gauge)
    effects = builders.flat(builders.fold(learner, builders.decoded(gauge, values(80))))
    predictions = await read(gauge, gauge.topics.predictions, 0)
    assert [r.value for r in predictions] == [e.body() for e in effects if isinstance(e, Prediction)]
    assert len(set(ids(predictions))) == len(predictions)


@pytest.mark.broker
async def test_a_worker_without_a_snapshot_repeats_the_same_records_with_the_same_ids(broker, short_sessions):
    gauge = make_gauge(broker)
    await send(gauge, 0, values(50))

    for _ in range(2):
        async with running(gauge) as (worker, task):
            await until(lambda worker=worker: published(worker, 0) == 50, task)
        shutil.rmtree(state.directory(gauge, os.environ))

    for topic in (gauge.topics.predictions, gauge.topics.dead_letters, gauge.topics.versions):
        records = await read(gauge, topic, 0)
        first, second = records[: len(records) // 2], records[len(records) // 2 :]
        assert ids(first) == ids(second)
        assert len(set(ids(first))) == len(first) > 0
        assert [record.value for record in first] == [record.value for record in second]


def kafka_gauge(servers: str, partitions: int = 1) -> Gauge:
    """A gauge with topics and a group of its own; the worker creates the topics."""
    return builders.gauge(
        f'name = "g{uuid.uuid4().hex}"\n[connection]\nbootstrap_servers = "{servers}"\n[server]\nport = 0\n'
        f'[topics]\npartitions = {partitions}\n[label]\narrival = "with_event"'
    )


@pytest.mark.kafka
async def test_aborted_records_teach_nothing_and_do_not_keep_the_worker_from_being_ready(kafka: str):
    gauge = kafka_gauge(kafka)
    async with running(gauge) as (worker, task):
        await until(worker.is_ready, task)
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=gauge.name) as producer:
        for records, commit in ((values(3), True), (values(5, first=3), False), (values(2, first=8), False)):
            await producer.begin_transaction()
            for value in records:
                await producer.send(gauge.topics.input, value, partition=0)
            await (producer.commit_transaction() if commit else producer.abort_transaction())

    async with running(gauge) as (worker, task):
        await until(worker.is_ready, task)
        assert worker.work.shards.all[0].goal == 13  # 10 records and 3 markers
        await until(lambda: published(worker, 0) == 3, task)
        [reading] = worker.readings()
        assert (reading.position, reading.published) == (13, 13)

    said = await read(gauge, gauge.topics.predictions, 0)
    assert [json.loads(record.value)["position"] for record in said] == [0, 1, 2]


@pytest.mark.kafka
async def test_partitions_that_move_between_workers_lose_no_event(kafka: str):
    # On a real Kafka: the in-process broker takes every member of a group for its leader.
    gauge = kafka_gauge(kafka, PARTITIONS)

    async with running(gauge) as (first, first_task):
        await until(first.is_ready, first_task)
        for partition in range(PARTITIONS):
            await send(gauge, partition, values(30))
        await until(lambda: all(published(first, p) == 30 for p in range(PARTITIONS)), first_task)
        async with running(gauge) as (second, second_task):
            await until(second.is_ready, second_task)
            [moved] = second.work.shards.ours
            await send(gauge, moved, values(30, first=30))
            await until(lambda: published(second, moved) == 60, second_task)
            assert first.work.shards.all[moved].next_offset == 30
        await send(gauge, moved, values(30, first=60))
        await until(lambda: published(first, moved) == 90, first_task)

    said = {(record.value, tuple(record.headers)) for record in await read(gauge, gauge.topics.predictions, moved)}
    learner = Learner(gauge, partition=moved)
    effects = builders.flat(builders.fold(learner, builders.decoded(gauge, values(90))))
    assert {value for value, _ in said} == {e.body() for e in effects if isinstance(e, Prediction)}
    assert len({dict(headers)["ce_id"] for _, headers in said}) == len(said)


# -- health -----------------------------------------------------------------------------------------------------------


async def get(worker: Worker, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{worker.health.port}{path}") as response,
    ):
        return response.status, await response.text()


@pytest.mark.broker
async def test_it_is_live_at_once_and_ready_when_it_has_caught_up(broker):
    gauge = make_gauge(broker)
    await send(gauge, 0, values(50))
    broker.set_down()

    async with running(gauge) as (worker, task):
        await until(lambda: worker.health.port != 0, task)
        assert (await get(worker, "/livez"))[0] == 200
        assert (await get(worker, "/readyz"))[0] == 503
        broker.set_up()
        await until(worker.is_ready, task)

        assert (await get(worker, "/readyz"))[0] == 200
        assert worker.work.progress.position(0) == 50
        status, metrics = await get(worker, "/metrics")
        assert status == 200
        assert 'rivergauge_events_total{gauge="pumps",partition="0"} 50.0' in metrics


@pytest.mark.broker
async def test_a_broker_that_goes_away_and_comes_back_is_worked_with_again(broker):
    gauge = make_gauge(broker)
    await send(gauge, 0, values(20))
    async with running(gauge) as (worker, task):
        await until(lambda: published(worker, 0) == 20, task)
        broker.set_down()
        assert (await get(worker, "/livez"))[0] == 200
        broker.set_up()

        await send(gauge, 0, values(20, first=20))
        await until(lambda: published(worker, 0) == 40, task)

        assert not task.done()


class Held:
    """A ledger whose broker never answers."""

    transactional = False

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def commit(self, outputs: Any, mark: Any) -> None:
        self.asked.set()
        await asyncio.Event().wait()


@pytest.mark.broker
async def test_what_is_folded_but_not_acknowledged_is_not_said_to_be_published(broker, monkeypatch):
    held = Held()
    monkeypatch.setattr("streams.worker.pipeline.AtLeastOnce", lambda *_, **__: held)
    gauge = make_gauge(broker, partitions=1)
    await send(gauge, 0, values(20))

    async with running(gauge) as (worker, task):
        await until(lambda: held.asked.is_set() and worker.work.progress.position(0) == 20, task)
        _status, metrics = await get(worker, "/metrics")

    assert 'rivergauge_position{gauge="pumps",partition="0"} 20.0' in metrics
    assert 'rivergauge_published_position{gauge="pumps",partition="0"} 0.0' in metrics


# -- ways to end ------------------------------------------------------------------------------------------------------


class Boom:
    """A core with a defect at its third record; before it there is nothing odd."""

    leader = None
    panel = SimpleNamespace(failing={}, policy=SimpleNamespace(held_for=None))
    board = SimpleNamespace(verdict=None)

    def __init__(self, gauge: Gauge, partition: int, epoch: int) -> None:
        self.next_offset = 0

    def handle(self, event: Any, position: int) -> list[Any]:
        if position == 2:
            raise ZeroDivisionError("division by zero")
        self.next_offset = position + 1
        return []

    def status(self) -> None:
        return None


@pytest.mark.broker
async def test_a_defect_stops_the_worker_with_its_code_and_its_reason(broker, caplog):
    gauge = make_gauge(broker)
    await send(gauge, 1, values(5))

    async with running(gauge, make_core=Boom) as (worker, task):
        code = await asyncio.wait_for(asyncio.shield(task), WITHIN_S)

    assert code == ExitCode.DEFECT == 70
    assert worker.work.shards.all[1].next_offset == 2
    assert "partition 1, offset 2: ZeroDivisionError: division by zero" in caplog.text


@pytest.mark.broker
async def test_a_refusal_of_the_broker_stops_the_worker_with_its_code(broker):
    gauge = make_gauge(broker)

    async with running(gauge) as (worker, task):
        await until(worker.is_ready, task)
        worker.fail(BrokerRefusedError("no"))
        code = await asyncio.wait_for(asyncio.shield(task), WITHIN_S)

    assert code == ExitCode.BROKER_REFUSED


@pytest.mark.broker
async def test_a_reader_that_ends_by_itself_ends_the_worker(broker, monkeypatch, caplog):
    gauge = make_gauge(broker)
    await send(gauge, 0, values(5))

    async def fails(*arguments: Any) -> bool:
        raise RuntimeError("the handler is closed")

    async with running(gauge) as (worker, task):
        await until(lambda: published(worker, 0) == 5, task)
        monkeypatch.setattr(Fetcher, "_proc_fetch_request", fails)
        assert await asyncio.wait_for(task, WITHIN_S) == ExitCode.BROKER_UNREACHABLE

    assert "Unexpected error during data retrieval" in caplog.text


@pytest.mark.broker
async def test_a_truncated_log_is_refused(broker, caplog):
    gauge = make_gauge(broker)
    await send(gauge, 0, values(10))
    broker.delete_records(gauge.topics.input, 0, before_offset=4)
    async with AIOKafkaProducer(bootstrap_servers=gauge.connection.bootstrap_servers) as producer:
        await producer.send_and_wait(gauge.topics.predictions, b"said before", partition=0)

    async with running(gauge) as (_worker, task):
        code = await asyncio.wait_for(asyncio.shield(task), WITHIN_S)

    assert code == ExitCode.LOG
    assert "pumps/0 begins at offset 4, and no snapshot can be used: 4 records are gone" in caplog.text


@pytest.mark.broker
async def test_topics_with_different_partition_counts_are_refused(broker):
    gauge = make_gauge(broker)
    other = gauge.model_copy(update={"topics": gauge.topics.model_copy(update={"alerts": "other"})})
    broker.create_topic("other", PARTITIONS + 1)

    async with running(other) as (_worker, task):
        assert await asyncio.wait_for(asyncio.shield(task), WITHIN_S) == ExitCode.TOPICS


@pytest.mark.broker
async def test_a_broker_that_stays_away_ends_the_patience(broker, caplog):
    gauge = make_gauge(broker)
    broker.set_down()

    async with running(gauge, patience_s=0.0) as (_worker, task):
        code = await asyncio.wait_for(asyncio.shield(task), WITHIN_S)

    assert code == ExitCode.BROKER_UNREACHABLE
    assert f"no broker answered at {broker.bootstrap_servers}" in caplog.text


@pytest.mark.broker
async def test_a_worker_that_waits_for_the_broker_can_be_stopped(broker):
    gauge = make_gauge(broker)
    broker.set_down()

    async with running(gauge) as (worker, task):
        await until(lambda: worker.work is not None, task)
        worker.stop()

        assert await asyncio.wait_for(asyncio.shield(task), WITHIN_S) == ExitCode.OK


@pytest.mark.broker
async def test_stopping_before_all_is_published_does_not_end_with_0(broker, monkeypatch, caplog):
    held = Held()
    monkeypatch.setattr("streams.worker.pipeline.FLUSH_S", 0.01)
    monkeypatch.setattr("streams.worker.pipeline.AtLeastOnce", lambda *_, **__: held)
    gauge = make_gauge(broker, partitions=1)
    await send(gauge, 0, values(20))

    async with running(gauge) as (worker, task):
        await until(held.asked.is_set, task)
        worker.stop()
        code = await asyncio.wait_for(asyncio.shield(task), WITHIN_S)

    assert code == ExitCode.BROKER_UNREACHABLE == 3
    assert (
        "the outputs of pumps/0 from offset 0 were not acknowledged within 0.01 s of being asked to stop" in caplog.text
    )


@pytest.mark.broker
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_with_0_and_all_folded_is_published(broker, tmp_path: Path, number: int):
    gauge = make_gauge(broker)
    await send(gauge, 0, values(200))
    (tmp_path / "gauge.json").write_text(gauge.model_dump_json())
    script = "import pathlib, sys\nfrom schemas.gauge import Gauge\nfrom streams.here import logs\n"
    script += "from streams.worker import worker\nlogs.configure()\n"
    script += "gauge = Gauge.model_validate_json(pathlib.Path(sys.argv[1]).read_text())\nsys.exit(worker.run(gauge))\n"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(tmp_path / "gauge.json")),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said = []
    async with asyncio.timeout(WITHIN_S):
        async for line in process.stderr:
            said.append(line.decode())
            if "engine started" in said[-1]:
                break

        process.send_signal(number)
        async with asyncio.timeout(5):
            code = await process.wait()
        said += [line.decode() async for line in process.stderr]

    assert code == 0, "".join(said)
    assert "worker stopped" in said[-1]
    records = await read(gauge, gauge.topics.predictions, 0)
    positions = [json.loads(record.value)["position"] for record in records]
    assert positions == [n for n in range(200) if n % 7 != 6][: len(positions)]


@pytest.mark.broker
async def test_exactly_once_is_refused_where_there_are_no_transactions(broker, caplog):
    gauge = make_gauge(broker).model_copy(update={"delivery": "exactly-once"})

    async with running(gauge) as (_worker, task):
        code = await asyncio.wait_for(asyncio.shield(task), WITHIN_S)

    assert code == ExitCode.BROKER_REFUSED == 4
    assert "needs a broker with transactions, and this one has none" in caplog.text
    assert 'set delivery = \\"at-least-once\\"' in caplog.text


@pytest.mark.kafka
async def test_a_compacted_input_is_refused(kafka: str, caplog):
    gauge = kafka_gauge(kafka)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(gauge.topics.input, 1, 1, topic_configs={"cleanup.policy": "compact"})])
    await admin.close()

    async with running(gauge) as (_worker, task):
        code = await asyncio.wait_for(asyncio.shield(task), WITHIN_S)

    assert code == ExitCode.TOPICS
    assert f"input topic {gauge.topics.input} must not be compacted, got cleanup.policy=compact" in caplog.text


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_worker_killed_three_times_says_everything_once(kafka: str, tmp_path: Path):
    gauge = kafka_gauge(kafka)
    gauge = gauge.model_copy(update={"snapshots": gauge.snapshots.model_copy(update={"every_events": 400})})
    (tmp_path / "gauge.json").write_text(gauge.model_dump_json())
    script = (
        "import pathlib, sys\nfrom schemas.gauge import Gauge\nfrom streams.here import logs\n"
        "from streams.worker import worker\nlogs.configure()\n"
        "gauge = Gauge.model_validate_json(pathlib.Path(sys.argv[1]).read_text())\nsys.exit(worker.run(gauge))\n"
    )
    logged = values(12_000)
    processes: list[asyncio.subprocess.Process] = []

    async def started() -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", script, str(tmp_path / "gauge.json")),
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        processes.append(process)
        async with asyncio.timeout(2 * WITHIN_S):
            async for line in process.stderr:
                if b"partition taken over" in line:
                    return process
        raise AssertionError("the worker ended by itself")

    async def said() -> list[Any]:
        return await read(gauge, gauge.topics.predictions, 0)

    try:
        for kill in range(4):
            process = await started()
            await send(gauge, 0, logged[3_000 * kill : 3_000 * (kill + 1)])
            if kill < 3:  # in the middle of it: some outputs are there, and more are to come
                async with asyncio.timeout(2 * WITHIN_S):
                    while len(await said()) < 2_571 * kill + 200:
                        await asyncio.sleep(0)
                process.kill()
                await process.wait()
                await serving.bury(gauge)
        wanted = builders.flat(builders.fold(Learner(gauge), builders.decoded(gauge, logged)))
        bodies = [effect.body() for effect in wanted if isinstance(effect, Prediction)]
        async with asyncio.timeout(2 * WITHIN_S):
            while len(await said()) < len(bodies):
                await asyncio.sleep(0)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()

    records = await said()
    assert [record.value for record in records] == bodies
    assert len(set(ids(records))) == len(bodies)


@pytest.mark.broker
async def test_a_broker_that_goes_away_is_told_at_once_and_waited_for(broker, caplog):
    gauge = make_gauge(broker)

    async with running(gauge, lasting_s=0.5) as (worker, task):
        await until(worker.is_ready, task)
        broker.set_down()
        await until(lambda: any("no broker answers" in reason for reason in worker.waiting_for()), task)
        status, text = await get(worker, "/readyz")
        await asyncio.sleep(1)  # longer than a refusal would be borne
        broker.set_up()
        await until(worker.is_ready, task)

    assert status == 503
    assert "no broker answers" in text
    assert "broker unreachable reason=" in caplog.text
    assert task.result() == ExitCode.OK
