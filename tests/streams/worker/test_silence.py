"""Surroundings that take away what a worker needs: it says so at once, is not ready, and ends with its code in time."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka.admin import AclOperation, ResourceType

from schemas.gauge import Gauge
from streams.here.exit_codes import ExitCode
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.streams import reading
from tests.streams.secured import SecuredKafka, started

WITHIN_S = 60
LASTING_S = 2.0

PREFIX = "silence"
USER, PASSWORD = "me", "open sesame"

TOPICS = (ResourceType.TOPIC, PREFIX, AclOperation.ALL)
GROUP = (ResourceType.GROUP, "rivergauge-silence", AclOperation.READ)
IDS = (ResourceType.TRANSACTIONAL_ID, "rivergauge-", AclOperation.ALL)
CLUSTER = (ResourceType.BROKER, "kafka-cluster", AclOperation.IDEMPOTENT_WRITE)

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, require) -> Iterator[SecuredKafka]:
    broker = SecuredKafka(tmp_path_factory.mktemp("kafka"))
    with started(broker, require):
        asyncio.run(broker.password(USER, PASSWORD))
        asyncio.run(broker.allow(USER, TOPICS, GROUP, IDS, CLUSTER))
        yield broker


@pytest.fixture
async def kafka(secured: SecuredKafka) -> AsyncIterator[SecuredKafka]:
    """The broker, as it was, whatever the test before has done to the user."""
    await secured.password(USER, PASSWORD)
    yield secured
    await secured.forgive(USER)


def gauge_at(servers: str, security: str = "sasl_plaintext", more: str = "") -> Gauge:
    sasl = f'sasl_username = "{USER}"\nsasl_mechanism = "SCRAM-SHA-256"\n' if security.startswith("sasl") else ""
    return builders.gauge(
        f'name = "{PREFIX}-{uuid.uuid4().hex}"\n{more}\n[connection]\nbootstrap_servers = "{servers}"\n'
        f'security = "{security}"\n{sasl}[server]\nport = 0\n[label]\narrival = "with_event"'
    )


class Running:
    def __init__(self, worker: Worker, task: asyncio.Task[ExitCode], log: pytest.LogCaptureFixture) -> None:
        self.worker = worker
        self.task = task
        self._log = log

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                assert not self.task.done(), "ended"
                await asyncio.sleep(0.05)

    async def until_ready(self) -> None:
        await self.until(self.worker.is_ready)

    async def until_unready(self, words: str) -> None:
        """Wait until ``/readyz`` refuses with these words."""
        async with aiohttp.ClientSession() as http, asyncio.timeout(WITHIN_S):
            while True:
                assert not self.task.done(), "ended"
                with suppress(aiohttp.ClientError):  # not listening yet
                    async with http.get(f"http://127.0.0.1:{self.worker.health.port}/readyz") as response:
                        if response.status == 503 and words in await response.text():
                            return
                await asyncio.sleep(0.05)

    async def ends(self) -> ExitCode:
        return await asyncio.wait_for(asyncio.shield(self.task), WITHIN_S)

    def logged(self, phrase: str) -> list[str]:
        return [record.getMessage() for record in self._log.records if record.getMessage().startswith(phrase)]


@asynccontextmanager
async def running(
    gauge: Gauge, log: pytest.LogCaptureFixture, *, lasting_s: float = LASTING_S, password: str = PASSWORD
) -> AsyncIterator[Running]:
    log.set_level(logging.INFO, "rivergauge")
    environ = {**os.environ, "RIVERGAUGE_SASL_PASSWORD": password}
    worker = Worker(gauge, pipeline(gauge, environ=environ, lasting_s=lasting_s))
    task = asyncio.create_task(worker.run())
    try:
        yield Running(worker, task, log)
    finally:
        worker.stop()
        await asyncio.wait_for(task, WITHIN_S)


async def make_topics(kafka: SecuredKafka, gauge: Gauge) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    topics = (gauge.topics.input, gauge.topics.control, *gauge.topics.outputs)
    await admin.create_topics([NewTopic(name, 1, 1) for name in topics])
    await admin.close()


async def send(kafka: SecuredKafka, gauge: Gauge, count: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for n in range(count):
            await producer.send(gauge.topics.input, builders.record(n, a=n % 5, y="good"), partition=0)
        await producer.flush()


# -- what is denied ---------------------------------------------------------------------------------------------------


async def test_no_right_to_the_group_is_said_at_once_and_ends_with_4(kafka: SecuredKafka, caplog):
    gauge = gauge_at(kafka.door("sasl"))
    await make_topics(kafka, gauge)
    await kafka.forbid(USER, GROUP)

    async with running(gauge, caplog) as run:
        await run.until_unready(f"consumer group rivergauge-{gauge.name}")
        assert await run.ends() == ExitCode.BROKER_REFUSED

    [first, *_] = run.logged("broker refuses")
    assert f"consumer group rivergauge-{gauge.name}" in first
    assert "gives_up_in_s=2" in first


async def test_a_right_that_is_granted_while_the_worker_waits_lets_it_work(kafka: SecuredKafka, caplog):
    gauge = gauge_at(kafka.door("sasl"))
    await make_topics(kafka, gauge)
    await kafka.forbid(USER, GROUP)

    async with running(gauge, caplog, lasting_s=WITHIN_S) as run:
        await run.until_unready("consumer group")
        await kafka.forgive(USER)
        await run.until_ready()

    assert run.task.result() == ExitCode.OK
    assert run.logged("trouble is over")


@pytest.mark.parametrize(
    ("right", "words"),
    [
        ((ResourceType.GROUP, "rivergauge-silence", AclOperation.READ), "consumer group"),
        ((ResourceType.TOPIC, PREFIX, AclOperation.READ), "READ on silence"),
        ((ResourceType.TOPIC, PREFIX, AclOperation.WRITE), "WRITE on silence"),
        ((ResourceType.TOPIC, PREFIX, AclOperation.DESCRIBE), "DESCRIBE on silence"),
    ],
    ids=["group", "read", "write", "describe"],
)
async def test_a_right_that_is_taken_away_while_it_works_ends_with_4(kafka: SecuredKafka, caplog, right, words: str):
    gauge = gauge_at(kafka.door("sasl"))
    await make_topics(kafka, gauge)
    await send(kafka, gauge, 20)

    async with running(gauge, caplog) as run:
        await run.until_ready()
        await kafka.forbid(USER, right)
        await send(kafka, gauge, 20)
        await run.until_unready(words)
        assert await run.ends() == ExitCode.BROKER_REFUSED

    assert run.logged("broker refuses")
    assert any(words in line for line in run.logged("worker failed"))


async def test_at_least_once_needs_no_transactional_id_and_ends_with_4_when_it_may_no_longer_write(kafka, caplog):
    gauge = gauge_at(kafka.door("sasl"), more='delivery = "at-least-once"')
    await make_topics(kafka, gauge)
    await kafka.forbid(USER, IDS)
    await send(kafka, gauge, 20)

    async with running(gauge, caplog) as run:
        await run.until_ready()
        await kafka.forbid(USER, (ResourceType.TOPIC, PREFIX, AclOperation.WRITE))
        await send(kafka, gauge, 20)
        await run.until_unready("WRITE on silence")
        assert await run.ends() == ExitCode.BROKER_REFUSED

    # What was refused is not counted as published: the next worker, with the right, publishes it.
    await kafka.forgive(USER)
    async with running(gauge, caplog) as run:
        await run.until(lambda: run.worker.is_ready() and run.worker.work.shards.all[0].published == 40)
    predictions = await reading.records(kafka.bootstrap_servers, gauge.topics.predictions)
    assert {json.loads(record.value)["position"] for record in predictions} == set(range(40))


async def test_orders_that_may_no_longer_be_read_end_the_next_start_with_4_and_not_the_work(kafka, caplog):
    gauge = gauge_at(kafka.door("sasl"))
    await make_topics(kafka, gauge)
    await send(kafka, gauge, 20)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        await producer.send_and_wait(gauge.topics.control, key=b"another gauge's", partition=0)
    control = (ResourceType.TOPIC, gauge.topics.control, AclOperation.READ)

    async with running(gauge, caplog) as run:
        await run.until_ready()
        await kafka.forbid(USER, control)
        await send(kafka, gauge, 20)
        await run.until(lambda: run.worker.work.shards.all[0].published == 40)
    assert run.task.result() == ExitCode.OK

    async with running(gauge, caplog) as run:
        assert await run.ends() == ExitCode.BROKER_REFUSED
    assert gauge.topics.control in run.logged("worker failed")[0]


async def test_no_right_to_the_transactional_id_is_said_and_ends_with_4(kafka: SecuredKafka, caplog):
    gauge = gauge_at(kafka.door("sasl"))
    await make_topics(kafka, gauge)
    await kafka.forbid(USER, IDS)

    async with running(gauge, caplog) as run:
        await run.until_unready("transactional id")
        assert await run.ends() == ExitCode.BROKER_REFUSED


@pytest.mark.parametrize("operation", [AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE])
async def test_a_right_to_topics_that_was_never_given_ends_the_start_with_4(kafka: SecuredKafka, caplog, operation):
    gauge = gauge_at(kafka.door("sasl"))
    await make_topics(kafka, gauge)
    await kafka.forbid(USER, (ResourceType.TOPIC, PREFIX, operation))

    async with running(gauge, caplog, lasting_s=WITHIN_S) as run:
        assert await run.ends() == ExitCode.BROKER_REFUSED

    assert operation.name in run.logged("worker failed")[0] or operation is AclOperation.DESCRIBE


async def test_topics_that_may_not_be_made_end_the_start_with_4(kafka: SecuredKafka, caplog):
    gauge = gauge_at(kafka.door("sasl"))
    await kafka.forbid(USER, (ResourceType.TOPIC, PREFIX, AclOperation.CREATE))

    async with running(gauge, caplog) as run:
        assert await run.ends() == ExitCode.BROKER_REFUSED

    assert f"{gauge.name}.predictions" in run.logged("worker failed")[0]


# -- credentials and protocols ----------------------------------------------------------------------------------------


async def test_a_password_that_turns_wrong_is_said_and_ends_with_4(kafka: SecuredKafka, caplog):
    gauge = gauge_at(kafka.door("short"))
    await make_topics(kafka, gauge)
    await send(kafka, gauge, 20)

    async with running(gauge, caplog) as run:
        await run.until_ready()
        await kafka.password(USER, "another")
        await run.until_unready("RIVERGAUGE_SASL_PASSWORD")
        assert await run.ends() == ExitCode.BROKER_REFUSED

    assert run.logged("broker refuses")
    assert PASSWORD not in caplog.text


async def test_connections_that_the_broker_ends_are_no_trouble(kafka: SecuredKafka, caplog):
    gauge = gauge_at(kafka.door("short"))
    await make_topics(kafka, gauge)

    async with running(gauge, caplog) as run:
        await run.until_ready()
        await asyncio.sleep(5)  # three sessions

    assert run.task.result() == ExitCode.OK
    assert run.logged("broker") == []


async def test_a_password_that_is_set_right_again_lets_it_work_on(kafka: SecuredKafka, caplog):
    gauge = gauge_at(kafka.door("short"))
    await make_topics(kafka, gauge)

    async with running(gauge, caplog, lasting_s=WITHIN_S) as run:
        await run.until_ready()
        await kafka.password(USER, "another")
        await run.until_unready("RIVERGAUGE_SASL_PASSWORD")
        await kafka.password(USER, PASSWORD)
        await run.until_ready()

    assert run.task.result() == ExitCode.OK


@pytest.mark.parametrize(
    ("door", "security", "words"),
    [
        ("mtls", "tls", "client's certificate"),
        ("open", "tls", "speaks Kafka without TLS"),
        ("tls", "plaintext", "speaks TLS"),
        ("tls", "sasl_plaintext", "speaks TLS"),
        ("sasl", "tls", "speaks Kafka without TLS"),
        ("sasl", "plaintext", "asks who we are (SASL)"),
        ("open", "sasl_plaintext", "connection.security"),
    ],
)
async def test_a_door_of_another_kind_is_named_and_ends_the_start_with_4(
    kafka: SecuredKafka, caplog, tmp_path: Path, door: str, security: str, words: str
):
    gauge = gauge_at(kafka.door(door), security)
    authority = {"tls_ca_file": str(kafka.directory / "server.pem")} if security == "tls" else {}
    gauge = gauge.model_copy(update={"connection": gauge.connection.model_copy(update=authority)})

    async with running(gauge, caplog) as run:
        assert await run.ends() == ExitCode.BROKER_REFUSED

    assert words in run.logged("worker failed")[0]


# -- topics -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["predictions", "dead_letters", "input"])
async def test_a_topic_that_is_deleted_is_named_and_ends_with_5(kafka: SecuredKafka, caplog, kind: str):
    gauge = gauge_at(kafka.door("open"), "plaintext")
    await make_topics(kafka, gauge)
    await send(kafka, gauge, 20)
    name = getattr(gauge.topics, kind)

    async with running(gauge, caplog) as run:
        await run.until_ready()
        await kafka.delete(name)
        if kind != "input":
            await send(kafka, gauge, 20)
        await run.until_unready(f"topics are missing: {name}")
        assert await run.ends() == ExitCode.TOPICS

    assert run.logged("topics missing")


@pytest.mark.parametrize("records", [0, 20, 100])
async def test_an_input_that_is_made_anew_ends_with_6(kafka: SecuredKafka, caplog, records: int):
    gauge = gauge_at(kafka.door("open"), "plaintext")
    await make_topics(kafka, gauge)
    await send(kafka, gauge, 20)

    async with running(gauge, caplog, lasting_s=WITHIN_S) as run:
        await run.until_ready()
        await kafka.delete(gauge.topics.input)
        await make_topics(kafka, gauge)
        await send(kafka, gauge, records)
        assert await run.ends() == ExitCode.LOG

    assert "made anew" in run.logged("worker failed")[0]
