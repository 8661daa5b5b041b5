"""The real Kafka that tests and benchmarks run on; the client, aiokafka, is the independent witness."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.broker.kafka import KafkaAddressError, KafkaBroker, KafkaUnavailableError


async def create_topic(servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def append(servers: str, topic: str, value: bytes) -> int:
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        return (await producer.send_and_wait(topic, value)).offset


async def read_one(servers: str, topic: str) -> bytes:
    async with AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        return (await consumer.getone()).value


def is_listening(servers: str) -> bool:
    host, port = servers.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.mark.kafka
async def test_a_record_makes_the_round_trip(kafka):
    await create_topic(kafka, "round-trip")

    offset = await append(kafka, "round-trip", b"level 3.2 m")

    assert offset == 0
    assert await read_one(kafka, "round-trip") == b"level 3.2 m"


@pytest.mark.kafka
@pytest.mark.slow
async def test_data_outlive_a_stop_and_the_port_is_free_after_it(runnable, tmp_path):
    with KafkaBroker(tmp_path, heap_mb=512) as broker:
        servers = broker.bootstrap_servers
        await create_topic(servers, "kept")
        await append(servers, "kept", b"before")

    assert not is_listening(servers)
    with KafkaBroker(tmp_path, port=int(servers.split(":")[1]), heap_mb=512):
        assert await read_one(servers, "kept") == b"before"


@pytest.mark.kafka
@pytest.mark.slow
def test_the_broker_ends_with_a_process_that_is_killed(runnable, tmp_path):
    program = f"""
import os, pathlib
from streams.broker.kafka import KafkaBroker
broker = KafkaBroker(pathlib.Path({str(tmp_path)!r}), heap_mb=512)
broker.start()
print(broker.bootstrap_servers, flush=True)
os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    log_is_written_by_it = tmp_path / "kafka.log"

    killed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert log_is_written_by_it.exists()
    assert until_closed(killed.stdout.strip())


def until_closed(servers: str, timeout_s: float = 30) -> bool:
    """Hold a silent connection until the server closes it, which it does as it ends."""
    host, port = servers.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=timeout_s) as connection:
            return connection.recv(1) == b""
    except ConnectionError:
        return True  # it was gone already


def test_a_port_in_use_is_refused_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        broker = KafkaBroker(tmp_path, port=other.getsockname()[1])

        with pytest.raises(KafkaAddressError, match="must be free"):
            broker.start()

    assert os.listdir(tmp_path) == []


def test_a_machine_without_java_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(KafkaUnavailableError, match="Java 17"):
        KafkaBroker(tmp_path / "kafka").start()


@pytest.fixture
def no_programs_needed(tmp_path_factory, monkeypatch):
    """A java that must not be called, and jars that need no fetching."""
    place = tmp_path_factory.mktemp("bin")
    (place / "java").write_text("#!/bin/sh\nexit 1\n")
    (place / "java").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    monkeypatch.setattr("streams.broker.kafka.jars", lambda tell: place)


def test_a_directory_in_use_is_refused_before_anything_is_written(tmp_path, no_programs_needed):
    with (tmp_path / "lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(KafkaAddressError, match="another broker"):
            KafkaBroker(tmp_path).start()

    assert os.listdir(tmp_path) == ["lock"]


def test_a_directory_that_cannot_be_made_is_named(tmp_path, no_programs_needed):
    (tmp_path / "file").touch()

    with pytest.raises(KafkaAddressError, match=r"cannot write into .*file/kafka"):
        KafkaBroker(tmp_path / "file" / "kafka").start()


def test_a_comma_in_the_path_is_refused_since_kafka_would_use_two_directories(tmp_path, no_programs_needed):
    with pytest.raises(KafkaAddressError, match="comma"):
        KafkaBroker(tmp_path / "a,b").start()
