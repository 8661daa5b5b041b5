"""An operator: a gauge file, the command line in a process of its own, and what readers see of it all."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from models.learner import Learner
from schemas.gauge import Gauge
from streams.delivery.envelope import Output
from streams.here.gaugefile import load
from streams.here.libraries import libraries
from streams.partition.fold import Fold
from streams.partition.learning import learning
from tests import builders
from tests.streams import reading
from tests.streams.folding import Row

WITHIN_S = 120

TEXT = """
name = "{name}"
task = "binary"
delivery = "{delivery}"
[record]
id = "id"
time = "at"
[label]
field = "y"
positive = "bad"
negative = "good"
[features]
a = "number"
[[candidates]]
name = "bayes"
recipe = "naive_bayes"
[connection]
bootstrap_servers = "{servers}"
[server]
port = 0
[snapshots]
directory = "{directory}"
every_events = {every_events}
"""


def values(count: int) -> list[bytes]:
    return [builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good") for n in range(count)]


def gauge_file(
    directory: Path, servers: str, *, delivery: str = "exactly-once", every_events: int = 200, more: str = ""
) -> Path:
    """A gauge of its own, in a file; its snapshots stand beside it."""
    path = directory / "gauge.toml"
    name = f"ops{uuid.uuid4().hex[:8]}"
    fields = {"name": name, "servers": servers, "directory": directory, "delivery": delivery}
    path.write_text(TEXT.format(**fields, every_events=every_events) + more)
    return path


class Said(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


async def command(*words: str | Path, module: str = "streams.cli", answer: str | None = None) -> Said:
    """Run a command; with an ``answer``, at a terminal on which that is typed."""
    terminal, stdin = pty.openpty() if answer is not None else (None, asyncio.subprocess.DEVNULL)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *map(str, words)),
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "0"},
    )
    try:
        if terminal is not None and answer is not None:
            os.write(terminal, answer.encode() + b"\n")
        async with asyncio.timeout(WITHIN_S):
            out, err = await process.communicate()
    finally:
        if terminal is not None:
            os.close(terminal)
            os.close(stdin)
    return Said(process.returncode or 0, out.decode(), err.decode())


def rows(records: list[bytes]) -> list[Row]:
    return [Row(offset, value) for offset, value in enumerate(records)]


def open_fold(gauge: Gauge, learner: Learner | None = None, *, epoch: int = 0, silent_below: int = 0) -> Fold:
    """A worker's fold, of a learner that has seen nothing if none is given."""
    core = Learner(gauge, epoch=epoch, libraries=libraries()) if learner is None else learner
    way = learning(gauge, 0, 1_000_000, lambda _: core).way(core, epoch)
    return Fold(0, core=core, way=way, begin=0, silent_below=silent_below)


def twin(gauge: Gauge, records: list[bytes], *, epoch: int = 0, silent_below: int = 0) -> list[Output]:
    """What an epoch publishes to which nothing ever happens."""
    fold = open_fold(gauge, epoch=epoch, silent_below=silent_below)
    return [output for piece in fold.fold(rows(records)) for output in piece.outputs]


async def published(path: Path) -> list[tuple[str, str, bytes]]:
    """Topic, id and value of all outputs that a reader of committed records sees; of predictions first, then the rest.

    Without transactions the same may come again: then it is there once, if its content is the same.
    """
    gauge = load(path)
    found: list[tuple[str, str, bytes]] = []
    for topic in gauge.topics.outputs:
        records = await reading.records(gauge.connection.bootstrap_servers, topic)
        found += [_named(topic, record.headers, record.value) for record in records]
    return list(dict.fromkeys(found)) if gauge.delivery == "at-least-once" else found


def expected(gauge: Gauge, outputs: list[Output]) -> list[tuple[str, str, bytes]]:
    """The same of outputs that were never published, in the same order."""
    return [
        _named(topic, output.headers, output.value)
        for topic in gauge.topics.outputs
        for output in outputs
        if output.topic == topic
    ]


def _named(topic: str, headers: Any, value: bytes | None) -> tuple[str, str, bytes]:
    return topic, dict(headers)["ce_id"].decode(), value or b""
