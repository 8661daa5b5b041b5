"""The commands about a gauge file, as they are declared: ``init``, ``check``, ``recipes``, ``schema``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Optional

import typer

from streams.cli.options import EPILOG, Delimiter, GaugePath, Json, OptionalDataPath, group, task_option
from streams.cli.terminal.ending import end

schema = group("Print documents of a gauge: its topics as AsyncAPI, its server as OpenAPI, its records as JSON Schema.")

Compact = Annotated[bool, typer.Option("--json", help="Print it on one line, and problems as JSON.")]

_ROWS: Final = 100_000


def init(
    label: Annotated[str, typer.Option("--label", metavar="FIELD", help="The column that is to be predicted.")],
    data: OptionalDataPath = None,
    topic: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--topic", metavar="NAME", help="Look at the newest records of this topic, in place of a file."),
    ] = None,
    bootstrap_servers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--bootstrap-servers", metavar="HOST:PORT,...", help="Of the topic's Kafka."),
    ] = None,
    connection: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--connection", metavar="FILE", help="Take [connection] of this file, for TLS and users."),
    ] = None,
    id: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--id", metavar="FIELD", help="The column that names events; by default one that looks so."),
    ] = None,
    time: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--time", metavar="FIELD", help="The column with the events' times; by default one that rises."),
    ] = None,
    task: Annotated[Optional[str], task_option("By default what the label looks like.")] = None,  # noqa: UP045
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", metavar="NAME", help="The gauge's name; by default the file's or topic's."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The gauge file to write.")] = Path("gauge.toml"),
    delimiter: Delimiter = None,
    events: Annotated[int, typer.Option("--events", min=1, help="Look at this many rows at most.")] = _ROWS,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
) -> None:
    """Look at a data file, or at a topic, and write a commented gauge file for it, which check accepts."""
    from schemas.gauge import Task
    from streams.cli.gaugefile.init import Asked, run
    from streams.cli.gaugefile.source import Source
    from streams.data.survey.draft import Wanted

    wanted = Wanted(name or "", None if task is None else Task(task), id, time)
    source = Source(data, topic, bootstrap_servers, connection)
    asked = Asked(source, label, wanted, out, delimiter, events, force)
    end(lambda: run(asked, as_json=json), as_json=json)


def check(
    gauge: GaugePath,
    against: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--against", metavar="OLD", help="The gauge file this one comes from: what does the change cost?"),
    ] = None,
    against_state: Annotated[
        bool,
        typer.Option("--against-state", help="The same, against the file that the kept state was made with."),
    ] = False,
    json: Json = False,
) -> None:
    """Report what is wrong with a gauge file, where, and what was expected; and what a change of it costs."""
    from streams.cli.gaugefile.check import run

    end(lambda: run(gauge, against=against, against_state=against_state, as_json=json), as_json=json)


def recipes(
    task: Annotated[Optional[str], task_option("Only those that serve this task.")] = None,  # noqa: UP045
    json: Json = False,
) -> None:
    """List the recipes: tasks, parameters, and what becomes of missing values and categories."""
    from schemas.gauge import Task
    from streams.cli.gaugefile.recipes import run

    end(lambda: run(None if task is None else Task(task), as_json=json), as_json=json)


@schema.command(epilog=EPILOG)
def asyncapi(gauge: GaugePath, json: Compact = False) -> None:
    """Print the gauge's topics, what is on them and how they are reached, as AsyncAPI 3.0."""
    from streams.cli.gaugefile.schema import asyncapi as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@schema.command(epilog=EPILOG)
def openapi(gauge: GaugePath, json: Compact = False) -> None:
    """Print what a worker of the gauge answers over HTTP, as OpenAPI 3.1; no worker is needed."""
    from streams.cli.gaugefile.schema import openapi as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@schema.command(epilog=EPILOG)
def records(
    gauge: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(metavar="GAUGE", help="As this gauge file's records are; without one, as every gauge's are."),
    ] = None,
    directory: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--dir", metavar="DIR", help="Write a file for each into this directory, which must exist."),
    ] = None,
    json: Compact = False,
) -> None:
    """Print JSON Schemas (2020-12) of the records: their values, and their headers."""
    from streams.cli.gaugefile.schema import records as run

    end(lambda: run(gauge, directory=directory, as_json=json), as_json=json)
