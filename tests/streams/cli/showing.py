"""A gauge on an in-process broker whose outputs are those of a real learner, and the commands that read them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer.main
from aiokafka import AIOKafkaProducer
from click.testing import Result
from typer.testing import CliRunner

from streams.broker.inprocess import InProcessBroker
from streams.cli.app import app
from tests import builders
from tests.streams.view.wire import Wire

TEXT = """
name = "pumps"
task = "binary"
delivery = "at-least-once"
[record]
id = "id"
time = "at"
[label]
field = "y"
arrival = "with_event"
positive = "bad"
negative = "good"
[features]
a = "number"
[[candidates]]
recipe = "naive_bayes"
[connection]
bootstrap_servers = "{servers}"
[snapshots]
directory = "{directory}"
"""


def gauge_file(directory: Path, servers: str, more: str = "") -> Path:
    path = directory / "pumps.toml"
    path.write_text(TEXT.format(servers=servers, directory=directory) + more)
    return path


def create_topics(broker: InProcessBroker, partitions: int = 2) -> None:
    for topic in builders.gauge().topics.outputs:
        broker.create_topic(topic, partitions)


def publish(servers: str, records: Iterable[Wire]) -> None:
    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
            for one in records:
                await producer.send(
                    one.topic, one.value, key=one.key, partition=one.partition, timestamp_ms=one.timestamp,
                    headers=one.headers,
                )  # fmt: skip
            await producer.flush()

    asyncio.run(send())


def rivergauge(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def printed(*arguments: object) -> str:
    done = rivergauge(*arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def as_json(*arguments: object) -> Any:
    return json.loads(printed(*arguments, "--json"))


def commands() -> dict[str, typer.main.TyperCommand]:
    """Every command by its words: those of a group as well."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():
        for inner, one in getattr(command, "commands", {"": command}).items():
            found[f"{name} {inner}".strip()] = one
    return found
