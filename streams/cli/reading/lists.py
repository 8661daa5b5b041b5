"""A list of what was published: a table for people, one object for programs, and in both how many were left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from streams.cli.reading.look import Look
from streams.cli.terminal.output import out, print_json
from streams.cli.terminal.tables import Cell, print_table
from streams.view.shown import Shown

One = TypeVar("One")


def print_list(
    look: Look,
    what: str,
    found: Sequence[One],
    *,
    limit: int,
    header: Sequence[str],
    row: Callable[[One], list[Cell]],
    shown_as: Callable[[One], Shown],
    as_json: bool,
) -> None:
    """Print the first ``limit``, each as a ``row``, or as JSON under the name ``what``."""
    listed, left_out = found[:limit], max(len(found) - limit, 0)
    if as_json:
        print_json({what.replace(" ", "_"): [shown_as(one) for one in listed], "left_out": left_out})
        return
    if not found:
        out.print(f"no {what} {look.bound}")
        return
    print_table(f"{what}, the newest first", header, [row(one) for one in listed], prose=True)
    if left_out:
        out.print(f"… {left_out:,} older: --limit shows more", style="dim")
