"""``rivergauge command``: operators' words, written to the input topic."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from schemas.commands import Command
from schemas.gauge import Gauge
from streams.cli.gaugefile.loading import read
from streams.cli.terminal.at_broker import at_broker
from streams.cli.terminal.output import out, print_json
from streams.here.exit_codes import ExitCode
from streams.here.user import user_here
from streams.kafka.connection import client_settings
from streams.orders.commands import Given, command_of, connected, give


def run(path: Path, said: dict[str, Any], *, partition: int | None, who: str | None, as_json: bool) -> int:
    """Write a command; ``who`` is by default the user here."""
    gauge = read(path)
    by = user_here() if who is None else who
    command = command_of(gauge, {**said, "who": by})
    writing = _given(gauge, command, partition)
    given = at_broker(gauge.connection, writing, undone="the broker did not take the command")
    if as_json:
        print_json({"commands": [{**one._asdict(), "command": command.model_dump()} for one in given]})
        return ExitCode.OK
    for one in given:
        out.print(f"{gauge.topics.input}/{one.partition}: {_told(command)} stands at offset {one.offset:,}")
    out.print(
        f"what came of it: rivergauge versions list {path}; if it could not be obeyed: rivergauge dlq list {path}"
    )
    return ExitCode.OK


async def _given(gauge: Gauge, command: Command, partition: int | None) -> list[Given]:
    async with connected(gauge, client_settings(gauge.connection, os.environ)) as (producer, count):
        return await give(producer, gauge, command, count, partition)


def _told(command: Command) -> str:
    version = getattr(command, "version", None)
    return f"{command.command.replace('_', ' ')}{'' if version is None else f' {version}'}, by {command.who},"
