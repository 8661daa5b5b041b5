"""What ``rivergauge init`` looks at: a data file, or a sample of a topic in one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pydantic import ValidationError

from schemas.gauge import Connection
from schemas.problems import gauge_error
from schemas.toml import loads
from streams.cli.terminal.at_broker import at_broker
from streams.data.datafile import DataFileError
from streams.data.sampling import sample
from streams.data.survey.text import Place
from streams.here.failures import SettingsError
from streams.here.gaugefile import SERVERS
from streams.kafka.connection import client_settings


class Source(NamedTuple):
    """What the command line says: a file, or a topic and how its Kafka is reached."""

    data: Path | None
    topic: str | None
    bootstrap_servers: str | None
    connection: Path | None

    @property
    def named(self) -> str:
        """The file's or the topic's name."""
        return self.topic or ("" if self.data is None else self.data.name)


class Data(NamedTuple):
    """What is looked at.

    ``path`` is the file that it stands in, ``called`` what a person calls it, ``next`` the command to go on with and
    ``more`` what it needs beside the gauge file, ``place`` what that file must say of a ``topic``.
    """

    path: Path
    called: str
    next: str
    more: str
    topic: str | None
    place: Place


def not_clear(source: Source) -> str | None:
    """What is wrong with the way in which the data are named."""
    if str(source.data).startswith("kafka:/"):
        return f"{source.data}: name a topic with --topic, and its Kafka with --bootstrap-servers"
    if (source.data is None) is (source.topic is None):
        return "name a data file, or a topic with --topic: one of them"
    of_a_topic = {"--bootstrap-servers": source.bootstrap_servers, "--connection": source.connection}
    given = [name for name, value in of_a_topic.items() if value is not None]
    if source.topic is None and given:
        return f"{' and '.join(given)} would not be used: a file is looked at; name a topic with --topic"
    return None


@contextmanager
def opened(source: Source, limit: int) -> Iterator[Data]:
    """The data; of a topic the newest ``limit`` records, in a file that is gone afterwards.

    Raises
    ------
    CommandError
        If the topic cannot be read.
    """
    if source.topic is None:
        assert source.data is not None
        yield Data(source.data, source.data.name, "backtest", f" {source.data}", None, {})
        return
    called = f"topic {source.topic}"
    connection = _connection(source)
    with TemporaryDirectory() as directory:
        path = Path(directory, "sample.jsonl")
        with path.open("wb") as file:
            reached = Connection.model_validate(connection)
            at_broker(reached, sample(client_settings(reached, os.environ), source.topic, limit, file))
        try:
            place = {"topics": {"input": source.topic}, "connection": connection}
            yield Data(path, called, "run", "", source.topic, place)
        except DataFileError as error:
            raise DataFileError(str(error).replace(str(path), called)) from error


def _connection(source: Source) -> Mapping[str, Any]:
    """``[connection]`` as the gauge file is to have it."""
    said = {} if source.connection is None else _section(source.connection)
    servers = source.bootstrap_servers or os.environ.get(SERVERS)
    said |= {} if servers is None else {"bootstrap_servers": servers}
    try:
        found = Connection.model_validate(said)
    except ValidationError as error:
        raise SettingsError(f"[connection] cannot be used: {gauge_error(error, said)}") from error
    return {"bootstrap_servers": found.bootstrap_servers, **said}


def _section(path: Path) -> dict[str, Any]:
    try:
        content = loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"--connection {path}: {error}") from error
    said = content.get("connection")
    if not isinstance(said, dict):
        raise SettingsError(f"--connection {path}: expected a section [connection], got none")
    return dict(said)
