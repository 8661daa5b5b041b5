"""The command that begins a gauge file, with its options; what it does stands in `streams.cli.drafting`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Optional

import typer

from streams.cli.ending import end
from streams.cli.options import DataPath, Delimiter, Json, task_option

_ROWS: Final = 100_000


def init(
    data: DataPath,
    label: Annotated[str, typer.Option("--label", metavar="FIELD", help="The column that is to be predicted.")],
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
        typer.Option("--name", metavar="NAME", help="The gauge's name; by default the file's."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The gauge file to write.")] = Path("gauge.toml"),
    delimiter: Delimiter = None,
    events: Annotated[int, typer.Option("--events", min=1, help="Look at this many rows at most.")] = _ROWS,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
) -> None:
    """Look at a data file and write a commented gauge file for it, which check accepts and backtest runs."""
    from schemas.gauge import Task
    from streams.cli.drafting import Asked, run
    from streams.data.survey.draft import Wanted, name_from

    wanted = Wanted(name_from(data.name) if name is None else name, None if task is None else Task(task), id, time)
    asked = Asked(data, label, wanted, out, delimiter, events, force)
    end(lambda: run(asked, as_json=json), as_json=json)
