"""``rivergauge broker`` as a user meets it; the client, aiokafka, is the independent witness."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.cli.serving.broker import default_directory
from streams.here.exit_codes import ExitCode
from streams.here.process import RIVERGAUGE

WITHIN_S = 60


@contextmanager
def broker(*arguments: str, **environment: str):
    """The command, running; killed at the end if it still does."""
    process = subprocess.Popen(
        [*RIVERGAUGE, "broker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def program(place: Path, name: str, lines: str) -> None:
    place.mkdir(exist_ok=True)
    (place / name).write_text(f"#!/bin/sh\n{lines}\n")
    (place / name).chmod(0o755)


async def create_topic(servers: str, topic: str) -> set[str]:
    """All topics after it was created."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
        return set(await admin.list_topics())
    finally:
        await admin.close()


@pytest.mark.kafka
@pytest.mark.slow
async def test_it_says_where_it_serves_and_a_signal_ends_it_in_order(runnable, tmp_path):
    directory = tmp_path / "käfer \\ x"

    with broker("--dir", str(directory), "--port", "0", "--heap-mb", "256", "--json") as process:
        up = json.loads(process.stdout.readline())
        topics = await create_topic(up["bootstrap_servers"], "pumps")
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=WITHIN_S)

    assert (process.returncode, out) == (ExitCode.OK, "")
    assert set(up) == {"bootstrap_servers", "dir", "log", "version"}
    assert (up["dir"], up["log"]) == (str(directory), str(directory / "kafka.log"))
    assert "pumps" in topics
    assert (directory / "data" / "pumps-0").is_dir()
    # Only an orderly end leaves this file.
    assert list((directory / "data").glob(".kafka_cleanshutdown"))
    stages = ["formatting", "starting", "listening", "stopping", "stopped"]
    assert [line.split()[0] for line in said.splitlines()] == stages


@pytest.mark.kafka
@pytest.mark.slow
def test_when_kafka_ends_by_itself_the_command_ends_with_its_reason(runnable, tmp_path):
    with broker("--dir", str(tmp_path), "--port", "0", "--heap-mb", "256", "--json") as process:
        up = json.loads(process.stdout.readline())
        shell = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        [java] = [
            pid
            for pid in Path(f"/proc/{shell[0]}/task/{shell[0]}/children").read_text().split()
            if b"kafka.Kafka" in Path(f"/proc/{pid}/cmdline").read_bytes()
            and Path(f"/proc/{pid}/exe").resolve().name == "java"
        ]
        os.kill(int(java), signal.SIGKILL)
        _, said = process.communicate(timeout=WITHIN_S)

    assert process.returncode == ExitCode.UNAVAILABLE
    assert "Kafka ended by itself, status 137" in said
    assert up["log"] in said
    assert "Traceback" not in said


def test_without_java_it_says_what_to_install_and_the_way_without(tmp_path):
    with broker("--dir", str(tmp_path / "kafka"), "--port", "0", "--json", PATH=str(tmp_path)) as process:
        out, said = process.communicate(timeout=WITHIN_S)

    assert (process.returncode, json.loads(out)["ok"]) == (ExitCode.UNAVAILABLE, False)
    assert "Java 17 or newer (Debian, Ubuntu: apt-get install default-jre-headless)" in said
    assert "docker compose up kafka" in said


def test_a_port_in_use_is_a_matter_of_usage(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with broker("--dir", str(tmp_path), "--port", port) as process:
            _, said = process.communicate(timeout=WITHIN_S)

    assert process.returncode == ExitCode.USAGE
    assert f"127.0.0.1:{port} must be free" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_fetches_ends_it_and_the_fetch(tmp_path, number):
    place, fifo, never = tmp_path / "bin", tmp_path / "fifo", tmp_path / "never"
    os.mkfifo(fifo)
    os.mkfifo(never)
    program(place, "java", "exit 1")
    program(place, "mvn", f"echo $$ > {fifo}; exec cat {never}")
    environment = {"PATH": f"{place}:/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}

    with broker("--dir", str(tmp_path / "kafka"), "--port", "0", **environment) as process:
        first = process.stderr.readline()
        maven = int(fifo.read_text())
        process.send_signal(number)
        _, said = process.communicate(timeout=WITHIN_S)

    assert first.startswith("fetching Kafka")
    assert process.returncode == ExitCode.OK
    assert [line.split()[0] for line in said.splitlines()] == ["stopping", "stopped"]
    with pytest.raises(ProcessLookupError):
        os.kill(maven, 0)
    assert list((tmp_path / "cache" / "rivergauge").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "wanted"), [("/data", "/data/rivergauge/kafka"), ("", "~/.local/share/rivergauge/kafka")]
)
def test_its_data_lie_where_data_belong(monkeypatch, given, wanted):
    monkeypatch.setenv("XDG_DATA_HOME", given)

    assert default_directory() == Path(wanted).expanduser()
