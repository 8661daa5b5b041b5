"""The command that begins a gauge file, with its options; what it does stands in `streams.cli.drafting`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Optional

import typer

from streams.cli.ending import end
from streams.cli.options import Delimiter, Json, OptionalDataPath, task_option

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
    from streams.cli.drafting import Asked, run
    from streams.cli.sources import Source
    from streams.data.survey.draft import Wanted

    wanted = Wanted(name or "", None if task is None else Task(task), id, time)
    source = Source(data, topic, bootstrap_servers, connection)
    asked = Asked(source, label, wanted, out, delimiter, events, force)
    end(lambda: run(asked, as_json=json), as_json=json)
