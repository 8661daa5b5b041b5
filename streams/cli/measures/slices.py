"""The groups of each slice."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.evaluated import Flag, GroupFigures
from schemas.figure_words import figure
from streams.cli.measures.figures import sure
from streams.cli.terminal.output import out
from streams.cli.terminal.tables import Cell, print_table


def show_slices(slices: Mapping[str, tuple[GroupFigures, ...]]) -> None:
    """Print the leading metric of every group, and which groups surely differ from all others."""
    for name, groups in slices.items():
        rows: list[list[Cell]] = [
            [
                (group.group, "bold red" if group.flag is Flag.WORSE else ""),
                *sure(group.figure),
                f"{group.figure.n:,}",
                figure(group.gap),
                "" if group.flag is None else f"{group.flag} than the others",
            ]
            for group in groups
        ]
        if rows:
            header = ["group", "value", "low", "high", "labels", "more errors", "sure"]
            print_table(f"slice {name}", header, rows)
            out.print()
