"""Arguments and options that several commands have, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Optional

import typer

from streams.here.exit_codes import ExitCode

_CODES: Final = ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in ExitCode)
EPILOG: Final = f"Exit codes: {_CODES}."


def _delimiter(text: str) -> str:
    from streams.data.csvfile import delimiter_named

    try:
        return delimiter_named(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _task(text: str) -> str:
    # The gauge file's schema takes longer to import than a help text may take to appear.
    from schemas.gauge import Task

    if text not in [*Task]:
        raise typer.BadParameter(f"expected one of {', '.join(Task)}, got '{text}'")
    return text


def task_option(words: str) -> Any:
    """``--task``, which is a `schemas.gauge.Task` by its text."""
    return typer.Option(
        "--task",
        metavar="binary|multiclass|regression",
        parser=_task,
        autocompletion=lambda: ["binary", "multiclass", "regression"],
        help=words,
    )


GaugePath = Annotated[Path, typer.Argument(metavar="GAUGE", help="The gauge file (TOML).")]
_DATA: Final = "CSV or JSON lines, plain or compressed (.gz, .bz2, .xz), or Parquet."
DataPath = Annotated[Path, typer.Argument(metavar="DATA", help=_DATA)]
OptionalDataPath = Annotated[Optional[Path], typer.Argument(metavar="DATA", help=_DATA)]  # noqa: UP045
Delimiter = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--delimiter",
        metavar="CHARACTER",
        parser=_delimiter,
        help="The separator of a CSV file, such as ';' or 'tab'; by default detected in its header.",
    ),
]
DeadLetters = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--dead-letters", metavar="FILE", help="Write one JSON line per refused record."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, on standard output.")]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line, and nothing else, on standard output.")
]
Events = Annotated[Optional[int], typer.Option("--events", min=1, help="Stop after this many events.")]  # noqa: UP045
Partition = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--partition", min=0, help="Only this partition; by default all partitions."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation; required without a terminal.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="The number of rows to show, newest first.")]
Past = Annotated[
    int,
    typer.Option(
        "--past", min=1, metavar="RECORDS", help="The number of records to read back from the end of each partition."
    ),
]

FAR: Final = 20_000
"""``--past`` by default: `streams.view.follower.PAST`, too heavy to import for a help text; a test compares."""
FEW: Final = 20
"""``--limit`` of a list by default."""


def group(help_text: str) -> typer.Typer:
    """A command that has commands of its own."""
    return typer.Typer(help=help_text, epilog=EPILOG, no_args_is_help=True)
