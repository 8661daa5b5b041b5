"""``rivergauge schema`` and its options: documents of a gauge, for programs that read or write its topics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.cli.ending import end
from streams.cli.options import EPILOG, GaugePath, group

schema = group("Print documents of a gauge: its topics as AsyncAPI, its server as OpenAPI, its records as JSON Schema.")

Compact = Annotated[bool, typer.Option("--json", help="Print it on one line, and problems as JSON.")]


@schema.command(epilog=EPILOG)
def asyncapi(gauge: GaugePath, json: Compact = False) -> None:
    """Print the gauge's topics, what is on them and how they are reached, as AsyncAPI 3.0."""
    from streams.cli.documents import asyncapi as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@schema.command(epilog=EPILOG)
def openapi(gauge: GaugePath, json: Compact = False) -> None:
    """Print what a worker of the gauge answers over HTTP, as OpenAPI 3.1; no worker is needed."""
    from streams.cli.documents import openapi as run

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
    from streams.cli.documents import records as run

    end(lambda: run(gauge, directory=directory, as_json=json), as_json=json)
