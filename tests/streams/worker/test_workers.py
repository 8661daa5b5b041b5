"""``rivergauge run --workers``: real processes, judged by their log, their ports and what a plain consumer reads."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from streams.here.exit_codes import ExitCode
from streams.here.process import RIVERGAUGE

WITHIN_S = 60
PARTITIONS = 4

GAUGE = """
name = "{name}"
task = "binary"
[connection]
bootstrap_servers = "{servers}"
[server]
port = {port}
[record]
id = "id"
[label]
field = "y"
positive = 1
negative = 0
[features]
a = "number"
"""


class Running:
    """The command, and all that it and its workers have said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []
        self._more = asyncio.Condition()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._more:
                self.said.append(line.decode())
                self._more.notify_all()

    async def until(self, pattern: str, count: int) -> list[str]:
        """The first groups of the pattern's matches, once so many lines have it."""

        def found() -> list[str]:
            return [match[1] for line in self.said if (match := re.search(pattern, line))]

        async with asyncio.timeout(WITHIN_S), self._more:
            await self._more.wait_for(lambda: len(found()) >= count or self.reading.done())
        assert len(found()) >= count, "".join(self.said)
        return found()

    async def end(self) -> int:
        """The exit code, once nobody holds the other end of standard error any more."""
        async with asyncio.timeout(WITHIN_S):
            code = await self.process.wait()
            await self.reading
        return code


@asynccontextmanager
async def workers(gauge: Path, count: int) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(*RIVERGAUGE, "run", str(gauge), "--workers", str(count)),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    running = Running(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()  # and the workers with it
        await process.wait()
        await running.reading


def gauge_file(directory: Path, *, servers: str = "127.0.0.1:1", port: int = 0, name: str = "pumps") -> Path:
    path = directory / "gauge.toml"
    path.write_text(GAUGE.format(servers=servers, port=port, name=name))
    return path


async def test_a_killed_supervisor_takes_its_workers_with_it(tmp_path):
    async with workers(gauge_file(tmp_path), 2) as running:
        await running.until(r"worker started .*port=(\d+)", 2)

        running.process.kill()

        assert await running.end() == -signal.SIGKILL
    assert sum("worker stopped" in line for line in running.said) == 2


async def test_a_keyboard_interrupt_ends_all_in_order(tmp_path):
    async with workers(gauge_file(tmp_path), 2) as running:
        ports = await running.until(r"worker started .*port=(\d+)", 2)

        running.process.send_signal(signal.SIGINT)

        assert await running.end() == ExitCode.OK
    assert len(set(ports)) == 2
    assert sum("worker stopped" in line for line in running.said) == 2


async def test_workers_whose_ports_do_not_exist_are_refused(tmp_path):
    async with workers(gauge_file(tmp_path, port=65_534), 3) as running:
        assert await running.end() == ExitCode.USAGE

    assert "server.port must leave 3 ports" in "".join(running.said)


async def test_a_port_in_use_is_no_reason_to_try_again(tmp_path):
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        async with workers(gauge_file(tmp_path, port=port - 1), 2) as running:
            assert await running.end() == ExitCode.USAGE

    assert sum("worker process started" in line for line in running.said) == 2


async def test_a_refusal_ends_all_workers_with_its_code_and_none_is_started_again(tmp_path):
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(web, "127.0.0.1", 0) as other:
        servers = f"127.0.0.1:{other.sockets[0].getsockname()[1]}"
        async with workers(gauge_file(tmp_path, servers=servers), 2) as running:
            assert await running.end() == ExitCode.BROKER_REFUSED

    assert sum("worker process started" in line for line in running.said) == 2
    assert any("exit_code=4" in line and "speaks HTTP, not Kafka" in line for line in running.said)


async def shares(ports: set[str]) -> dict[str, set[str]]:
    """The partitions that each worker says are its own."""
    held: dict[str, set[str]] = {}
    async with aiohttp.ClientSession() as http:
        for port in ports:
            with suppress(aiohttp.ClientError):
                async with http.get(f"http://127.0.0.1:{port}/metrics") as response:
                    families = text_string_to_metric_families(await response.text())
                held[port] = {
                    sample.labels["partition"]
                    for family in families
                    for sample in family.samples
                    if sample.name == "rivergauge_position"
                }
    return held


async def until_shared(running: Running, ports: set[str]) -> None:
    """Wait until two workers have two partitions each, and nobody has another's."""
    held: dict[str, set[str]] = {}
    try:
        async with asyncio.timeout(WITHIN_S):
            while sorted(map(len, held.values())) != [2, 2] or len(set.union(*held.values())) != PARTITIONS:
                await asyncio.sleep(0.1)
                held = await shares(ports)
    except TimeoutError:
        pytest.fail(f"never shared: {held}\n{''.join(running.said)}")


async def send(servers: str, topic: str, numbers: range) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        for number in numbers:
            value = json.dumps({"id": f"e{number}", "a": number, "y": number % 2}).encode()
            await producer.send(topic, value, partition=number % PARTITIONS)
        await producer.flush()


async def until_predicted(servers: str, topic: str, ids: set[str]) -> None:
    seen: set[str] = set()
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=servers, auto_offset_reset="earliest", isolation_level="read_committed"
    ) as consumer:
        async with asyncio.timeout(WITHIN_S):
            while not ids <= seen:
                seen.add(json.loads((await consumer.getone()).value)["id"])


@pytest.mark.kafka
@pytest.mark.slow
async def test_two_share_four_partitions_and_one_that_is_killed_comes_back(kafka, tmp_path):
    name = "shared-pumps"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=PARTITIONS, replication_factor=1)])
    await admin.close()

    async with workers(gauge_file(tmp_path, servers=kafka, name=name), 2) as running:
        pids = await running.until(r"worker process started .*pid=(\d+)", 2)
        before = set(await running.until(r"worker started .*port=(\d+)", 2))
        await until_shared(running, before)
        await send(kafka, name, range(100))
        await until_predicted(kafka, f"{name}.predictions", {f"e{n}" for n in range(100)})

        os.kill(int(pids[1]), signal.SIGKILL)

        [failed] = await running.until(r"worker failed .*exit_code=(\d+)", 1)
        ports = set(await running.until(r"worker started .*port=(\d+)", 3))
        await until_shared(running, ports)
        await send(kafka, name, range(100, 200))
        await until_predicted(kafka, f"{name}.predictions", {f"e{n}" for n in range(200)})

        running.process.send_signal(signal.SIGTERM)

        assert await running.end() == ExitCode.OK, "".join(running.said)
    assert failed == str(128 + signal.SIGKILL)
    assert sum("worker stopped" in line for line in running.said) == 2


FORGOTTEN = re.compile(r"never retrieved|was never awaited|Unclosed|unclosed|ResourceWarning|was destroyed")
"""What Python reports of futures, tasks and sockets that somebody left behind."""


@pytest.mark.kafka
@pytest.mark.slow
async def test_rebalances_leave_nothing_behind_in_the_workers_logs(kafka, tmp_path, monkeypatch):
    name = "restless-pumps"
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=PARTITIONS, replication_factor=1)])
    await admin.close()
    path = gauge_file(tmp_path, servers=kafka, name=name)
    said: list[str] = []

    async with workers(path, 1) as steady:
        await steady.until(r"partition taken over .*partition=(\d+)", PARTITIONS)
        for round_, number in enumerate([signal.SIGTERM, signal.SIGKILL, signal.SIGINT]):
            async with workers(path, 1) as passing:
                await passing.until(r"partition taken over .*partition=(\d+)", 2)
                sending = asyncio.create_task(send(kafka, name, range(1_000 * round_, 1_000 * round_ + 1_000)))
                await asyncio.sleep(0.3)  # so that the round ends in the middle of commits
                passing.process.send_signal(number)
                await passing.end()
                await sending
            said += passing.said
        await until_predicted(kafka, f"{name}.predictions", {f"e{n}" for n in range(3_000)})
        steady.process.send_signal(signal.SIGTERM)
        assert await steady.end() == ExitCode.OK
    said += steady.said

    assert [line for line in said if FORGOTTEN.search(line)] == []
