"""A Kafka behind SASL_SSL that allows what the manifests allow, and no more: everything works, and every right is used.

Topics and rights are those of ``ops/kubernetes``; what was needed is read from the broker's own log of its decisions.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType
from typer.testing import CliRunner

from models.learner import Learner
from schemas.gauge import Gauge, parse
from schemas.records import AlertStatus, Prediction
from streams.cli.app import app
from streams.delivery.envelope import Envelope
from streams.here.exit_codes import ExitCode
from streams.kafka.connection import client_settings
from streams.notify.notifier import Address, Notifier
from streams.replica.serve import replica
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.manifests import MANIFESTS, documents
from tests.streams import reading
from tests.streams.audited import AuditedKafka, Need
from tests.streams.delivery.test_envelope import ALERT
from tests.streams.secured import SELF_SIGNED, started

WITHIN_S = 60
PASSWORD = "open sesame"
WRONG = "open barley"
KEY = "5e" * 32
PARTITION = 2
GONE = 7
"""Records at the head of the log that retention has taken before anybody read them."""

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory, require) -> Iterator[AuditedKafka]:
    broker = AuditedKafka(tmp_path_factory.mktemp("kafka"))
    with started(broker, require):
        asyncio.run(prepared(broker))
        yield broker


async def prepared(kafka: AuditedKafka) -> None:
    """What Strimzi's operators would make of the manifests."""
    for user in documents("KafkaUser"):
        await kafka.password(user["metadata"]["name"], PASSWORD)
        await kafka.grant(*bindings(user))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    response = await admin.create_topics([wanted(topic) for topic in documents("KafkaTopic")])
    assert [error for _, error, *_ in response.topic_errors if error] == []
    place = TopicPartition("pumps", PARTITION)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for _ in range(GONE):
            await producer.send_and_wait(place.topic, b"{}", partition=place.partition)
    await admin.delete_records({place: RecordsToDelete(before_offset=GONE)})
    await admin.close()


def wanted(topic: Mapping[str, Any]) -> NewTopic:
    spec = topic["spec"]
    alone = {"min.insync.replicas"}  # there is one broker
    config = {name: str(value) for name, value in spec["config"].items() if name not in alone}
    return NewTopic(spec["topicName"], spec["partitions"], 1, topic_configs=config)


KINDS = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactionalId": ResourceType.TRANSACTIONAL_ID,
}
PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}


def bindings(user: Mapping[str, Any]) -> list[AclBinding]:
    name = f"User:{user['metadata']['name']}"
    return [
        AclBinding(
            KINDS[rule["resource"]["type"]], rule["resource"]["name"], PATTERNS[rule["resource"]["patternType"]],
            name, "*", OPERATIONS[operation], AclPermissionType.ALLOW,
        )
        for rule in user["spec"]["authorization"]["acls"]
        for operation in rule["operations"]
    ]  # fmt: skip


# -- which rights were used -------------------------------------------------------------------------------------------


def unused(user: str, needs: set[Need]) -> list[str]:
    """The rights of a user without which it could have done the same."""
    [manifest] = [one for one in documents("KafkaUser") if one["metadata"]["name"] == user]
    rights = bindings(manifest)
    without = {right: [other for other in rights if other is not right] for right in rights}
    return [
        f"{right.operation.name} on {right.restype.name} {right.name}"
        for right, others in without.items()
        if all(any(allows(other, need) for other in others) for need in needs if allows(right, need))
    ]


def test_a_right_that_nobody_used_or_that_another_gives_too_is_found():
    needs = {Need("Topic", "pumps.notified", "DESCRIBE"), Need("Topic", "pumps.alerts", "READ")}

    found = unused("pumps-notify", needs)

    assert [right.partition(" on ")[0] for right in found] == ["READ", "WRITE", "WRITE"]


def allows(right: AclBinding, need: Need) -> bool:
    implied = {need.operation}
    if need.operation == "DESCRIBE":
        implied |= {"READ", "WRITE"}
    named = (
        need.name.startswith(right.name)
        if right.resource_pattern_type is PATTERNS["prefix"]
        else need.name == right.name
    )
    return need.kind.upper() == right.restype.name.replace("_", "") and named and right.operation.name in implied


# -- the worker -------------------------------------------------------------------------------------------------------


def gauge_at(kafka: AuditedKafka, door: str = "secure", *, authority: Path | None = None) -> Gauge:
    """The manifests' gauge, which reaches this Kafka, and is served on loopback."""
    gauge = parse((MANIFESTS / "gauge.toml").read_text(encoding="utf-8"))
    place = {"bootstrap_servers": kafka.door(door), "tls_ca_file": str(authority or kafka.authority)}
    return gauge.model_copy(
        update={
            "connection": gauge.connection.model_copy(update=place),
            "snapshots": gauge.snapshots.model_copy(update={"every_seconds": 0.5}),
            "server": gauge.server.model_copy(update={"host": "127.0.0.1", "port": 0}),
        }
    )


def secrets(password: str = PASSWORD) -> dict[str, str]:
    return {**os.environ, "RIVERGAUGE_SASL_PASSWORD": password, "RIVERGAUGE_SNAPSHOT_KEY": KEY}


def worker_at(gauge: Gauge, password: str = PASSWORD) -> Worker:
    return Worker(gauge, pipeline(gauge, environ=secrets(password), lasting_s=WITHIN_S))


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[Worker]:
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        code = await asyncio.wait_for(task, WITHIN_S)
    assert code == ExitCode.OK


async def until_kept(worker: Worker, position: int) -> None:
    """Wait until everything below is published, and the state in a snapshot: a stop has nothing left to do then."""
    async with asyncio.timeout(WITHIN_S):
        while not any(
            reading.partition == PARTITION and reading.published == reading.durable == position
            for reading in worker.readings()
        ):
            await asyncio.sleep(0.02)


RECORDS = [
    record
    for n in range(150)
    for record in (
        builders.record(f"p-{n}", pressure=200 + n % 20, site="north"),
        builders.record(f"p-{n}", failed=n % 20 > 14),
        *([b"no json"] if n % 50 == 0 else []),
    )
]


async def send(kafka: AuditedKafka, records: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for record in records:
            await producer.send("pumps", record, partition=PARTITION)
        await producer.flush()


def folded() -> list[tuple[int, str | None]]:
    """Position and version of every prediction by the core alone."""
    gauge = parse((MANIFESTS / "gauge.toml").read_text(encoding="utf-8"))
    learner = Learner(gauge, partition=PARTITION)
    effects = builders.flat(builders.fold(learner, builders.decoded(gauge, RECORDS), start=GONE))
    return [(effect.position, effect.version) for effect in effects if isinstance(effect, Prediction)]


async def test_a_worker_publishes_each_output_once_over_tls_with_no_more_than_its_rights(kafka: AuditedKafka, caplog):
    caplog.set_level("INFO", "rivergauge")
    gauge = gauge_at(kafka)
    half = len(RECORDS) // 2
    await send(kafka, RECORDS[:half])
    async with running(worker_at(gauge)) as first:
        await until_kept(first, GONE + half)
    await send(kafka, RECORDS[half:])
    async with running(worker_at(gauge)) as second:
        await until_kept(second, GONE + len(RECORDS))

    published = await reading.records(kafka.bootstrap_servers, "pumps.predictions", PARTITION)
    predictions = [json.loads(record.value) for record in published]
    assert [(one["position"], one["version"]) for one in predictions] == folded()
    assert f"partition={PARTITION} position={GONE + half} published={GONE + half}" in caplog.text  # from its snapshot
    decisions = kafka.decisions("pumps-worker")
    assert decisions["Denied"] == set()
    assert unused("pumps-worker", decisions["Allowed"]) == []


@pytest.mark.parametrize(
    ("door", "authority", "password", "words"),
    [
        ("secure", "ours", WRONG, "SaslAuthenticationFailed; are connection.sasl_username"),
        ("secure", "another", PASSWORD, "does connection.tls_ca_file hold the authority that signed"),
        ("misnamed", "ours", PASSWORD, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
    ids=["password", "authority", "name"],
)
async def test_who_is_not_let_in_or_meets_another_broker_is_told_and_ends_with_4(
    kafka: AuditedKafka, caplog, tmp_path: Path, door: str, authority: str, password: str, words: str
):
    (tmp_path / "another.pem").write_text(SELF_SIGNED)
    trusted = {"ours": kafka.authority, "another": tmp_path / "another.pem"}[authority]

    code = await asyncio.wait_for(worker_at(gauge_at(kafka, door, authority=trusted), password).run(), WITHIN_S)

    assert code == ExitCode.BROKER_REFUSED == 4
    assert words in caplog.text
    assert password not in caplog.text


# -- replica and notify -----------------------------------------------------------------------------------------------


def as_user(gauge: Gauge, name: str) -> Gauge:
    return gauge.model_copy(update={"connection": gauge.connection.model_copy(update={"sasl_username": name})})


async def test_a_replica_scores_and_lists_what_was_published(kafka: AuditedKafka):
    gauge = as_user(gauge_at(kafka), "pumps-replica")
    event = json.loads(builders.record("new", pressure=200.5, site="south"))

    async with running(Worker(gauge, replica(gauge, environ=secrets()))) as serving, aiohttp.ClientSession() as http:
        async with asyncio.timeout(WITHIN_S):
            while not serving.is_ready():
                await asyncio.sleep(0.02)
        here = f"http://127.0.0.1:{serving.health.port}/v1"
        async with http.post(f"{here}/score?partition={PARTITION}", json=event) as response:
            answer = await response.json()
        async with http.get(f"{here}/versions") as response:
            versions = await response.json()

    assert answer["position"] >= GONE + len(RECORDS)
    assert {f"{PARTITION}-1", f"{PARTITION}-2"} <= {one["version"] for one in versions["versions"]}
    decisions = kafka.decisions("pumps-replica")
    assert decisions["Denied"] == set()
    assert unused("pumps-replica", decisions["Allowed"]) == []


async def test_notify_takes_up_the_alerts_and_keeps_what_it_told(kafka: AuditedKafka):
    gauge = gauge_at(kafka)
    settings = client_settings(as_user(gauge, "pumps-notify").connection, secrets())
    nobody = {"team": Address("http://127.0.0.1:1/", {})}
    notifier = Notifier(gauge, settings, nobody, host="127.0.0.1", port=0)

    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(notifier.run())
        while notifier.waiting_for():
            await asyncio.sleep(0.02)
        notifier.stop()

    decisions = kafka.decisions("pumps-notify")
    assert decisions["Denied"] == set()
    assert unused("pumps-notify", decisions["Allowed"]) == []


# -- the commands -----------------------------------------------------------------------------------------------------


def rivergauge(kafka: AuditedKafka, user: str, directory: Path, *words: str, code: ExitCode = ExitCode.OK) -> str:
    """What a command prints that this user calls on the manifests' gauge, when it ends with a code."""
    file = directory / "gauge.toml"
    text = (MANIFESTS / "gauge.toml").read_text(encoding="utf-8")
    file.write_text(text.replace("/etc/rivergauge/kafka/ca.crt", str(kafka.authority)))
    environ = {
        "RIVERGAUGE_BOOTSTRAP_SERVERS": kafka.door("secure"),
        "RIVERGAUGE_SASL_USERNAME": user,
        "RIVERGAUGE_SASL_PASSWORD": PASSWORD,
        "RIVERGAUGE_SNAPSHOT_KEY": KEY,
    }
    done = CliRunner().invoke(app, [str(file) if word == "GAUGE" else word for word in words], env=environ)
    assert done.exit_code == code, done.output
    return done.output


def test_who_may_read_can_read_all_that_is_published(kafka: AuditedKafka, tmp_path: Path):
    said = [
        rivergauge(kafka, "pumps-reader", tmp_path, *command.split()) for command in ("status GAUGE", "dlq list GAUGE")
    ]

    assert "4 partitions" in said[0]
    decisions = kafka.decisions("pumps-reader")
    assert decisions["Denied"] == set()
    assert unused("pumps-reader", decisions["Allowed"]) == []


async def alarm(kafka: AuditedKafka) -> None:
    """Publish that an episode is open, as the worker would."""
    alert = ALERT._replace(position=GONE, status=AlertStatus.OPENED)
    sealed = Envelope(gauge_at(kafka), PARTITION, 1_000_000).seal(alert, alert.position, 0, None)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        await producer.send_and_wait(sealed.topic, sealed.value, partition=PARTITION, headers=sealed.headers)


def test_who_operates_it_can_order_and_send_again(kafka: AuditedKafka, tmp_path: Path):
    asyncio.run(alarm(kafka))
    for command in (
        "check GAUGE --against-state", "dlq redrive GAUGE --yes", "reset GAUGE --silent --yes",
    ):  # fmt: skip
        rivergauge(kafka, "pumps-operator", tmp_path, *command.split())

    decisions = kafka.decisions("pumps-operator")
    assert decisions["Denied"] == set()
    assert unused("pumps-operator", decisions["Allowed"]) == []


def test_an_order_without_the_right_to_fence_workers_is_refused_and_not_taken_for_an_absence(
    kafka: AuditedKafka, tmp_path: Path
):
    fence = (ResourceType.TRANSACTIONAL_ID, "rivergauge-pumps/", AclOperation.WRITE)
    asyncio.run(kafka.forbid("pumps-operator", fence))

    said = rivergauge(
        kafka, "pumps-operator", tmp_path, "reset", "GAUGE", "--partition", "0", "--yes", code=ExitCode.BROKER_REFUSED
    )

    assert "nothing was ordered: the broker does not let us use transactional id rivergauge-pumps/pumps/0" in said
