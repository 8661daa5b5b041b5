"""The commands about a gauge file, as they are declared: ``init``, ``check``, ``recipes``, ``schema``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Optional

import typer

from streams.cli.options import EPILOG, Delimiter, GaugePath, Json, OptionalDataPath, group, task_option
from streams.cli.terminal.ending import end

schema = group("Print documents of a gauge: its topics as AsyncAPI, its server as OpenAPI, its records as JSON Schema.")

Compact = Annotated[bool, typer.Option("--json", help="Print the document on one line, and problems as JSON.")]

_ROWS: Final = 100_000


def init(
    label: Annotated[str, typer.Option("--label", metavar="FIELD", help="The column to predict.")],
    data: OptionalDataPath = None,
    topic: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--topic", metavar="NAME", help="Examine the newest records of this topic instead of a file."),
    ] = None,
    bootstrap_servers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--bootstrap-servers", metavar="HOST:PORT,...", help="The Kafka of the topic."),
    ] = None,
    connection: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--connection", metavar="FILE", help="A TOML file with a [connection] section, for TLS and users."
        ),
    ] = None,
    id: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--id", metavar="FIELD", help="The column with the events' ids; by default detected."),
    ] = None,
    time: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--time", metavar="FIELD", help="The column with the events' times; by default detected."),
    ] = None,
    task: Annotated[Optional[str], task_option("The task; by default inferred from the label.")] = None,  # noqa: UP045
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", metavar="NAME", help="The gauge's name; by default that of the file or topic."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The gauge file to write.")] = Path("gauge.toml"),
    delimiter: Delimiter = None,
    events: Annotated[int, typer.Option("--events", min=1, help="Examine at most this many rows.")] = _ROWS,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    json: Json = False,
) -> None:
    """Examine a data file or a topic, and write a commented gauge file that check accepts."""
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
        typer.Option("--against", metavar="OLD", help="The previous gauge file: report what the change costs."),
    ] = None,
    against_state: Annotated[
        bool,
        typer.Option("--against-state", help="Report the same, compared with the gauge file of the kept state."),
    ] = False,
    json: Json = False,
) -> None:
    """Report mistakes in a gauge file, with their place and what was expected, and the cost of a change."""
    from streams.cli.gaugefile.check import run

    end(lambda: run(gauge, against=against, against_state=against_state, as_json=json), as_json=json)


def recipes(
    task: Annotated[Optional[str], task_option("Only those that serve this task.")] = None,  # noqa: UP045
    json: Json = False,
) -> None:
    """List the recipes: tasks, parameters, and how they treat missing values and categories."""
    from schemas.gauge import Task
    from streams.cli.gaugefile.recipes import run

    end(lambda: run(None if task is None else Task(task), as_json=json), as_json=json)


@schema.command(epilog=EPILOG)
def asyncapi(gauge: GaugePath, json: Compact = False) -> None:
    """Print the gauge's topics, their records and how to connect, as AsyncAPI 3.0."""
    from streams.cli.gaugefile.schema import asyncapi as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@schema.command(epilog=EPILOG)
def openapi(gauge: GaugePath, json: Compact = False) -> None:
    """Print the HTTP API of the gauge's workers as OpenAPI 3.1; no worker is needed."""
    from streams.cli.gaugefile.schema import openapi as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@schema.command(epilog=EPILOG)
def records(
    gauge: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(metavar="GAUGE", help="Schemas for this gauge file's records; without it, for every gauge."),
    ] = None,
    directory: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--dir", metavar="DIR", help="Write one file per schema into this directory, which must exist."),
    ] = None,
    json: Compact = False,
) -> None:
    """Print JSON Schemas (2020-12) of the records' values and headers."""
    from streams.cli.gaugefile.schema import records as run

    end(lambda: run(gauge, directory=directory, as_json=json), as_json=json)
