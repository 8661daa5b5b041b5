"""Figures as rows: the value, how sure it is, and what is missing where that cannot be known yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from schemas.evaluated import Figure
from schemas.figure_words import figure
from streams.cli.terminal.output import out
from streams.cli.terminal.tables import Cell, print_table

_SURENESS: Final = ("value", "low", "high")


def print_figures(
    title: str, names: Sequence[str], rows: Sequence[tuple[Sequence[Cell], Figure]], *, counted: str = "labels"
) -> None:
    """Print a table of figures, each behind the cells that name it; nothing if there is none.

    Behind the interval stand the labels, or what else is ``counted``, and how many independent ones would say as much.
    A last column says what is missing, where anything is.
    """
    if not rows:
        return
    lacking = any(shown.missing is not None for _, shown in rows)
    needs = ["needs"] if lacking else []
    table = [[*cells, *_counted(shown), *([shown.missing or ""] if lacking else [])] for cells, shown in rows]
    print_table(title, [*names, *_SURENESS, counted, "independent", *needs], table, prose=lacking)
    out.print()


def sure(shown: Figure) -> list[Cell]:
    """Value, lower and upper end."""
    return [figure(shown.value), figure(shown.low), figure(shown.high)]


def _counted(shown: Figure) -> list[Cell]:
    independent = "–" if shown.effective_n is None else f"{shown.effective_n:,.0f}"
    return [*sure(shown), f"{shown.n:,}", independent]
