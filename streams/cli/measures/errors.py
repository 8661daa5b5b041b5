"""Which errors there are: classes taken for each other, how far numbers are off, and the worst of late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from schemas.evaluated import Confusion, Confusions, Residuals, WorstError
from schemas.figure_words import figure
from streams.cli.terminal.output import out
from streams.cli.terminal.tables import Cell, print_table

_FEW: Final = 6
"""Classes that are shown as a square; of more, the pairs that are confused most often."""
_NEWEST: Final = 5


def show_confusion(confusions: Confusions) -> None:
    """Print what was answered for which label, over the sliding window."""
    confusion = confusions.window
    classes = [*dict.fromkeys([*confusion.counts, *(c for row in confusion.counts.values() for c in row)])]
    if not classes:
        return
    if len(classes) <= _FEW:
        rows: list[list[Cell]] = [
            [label, *(f"{confusion.counts.get(label, {}).get(said, 0):,}" for said in classes)] for label in classes
        ]
        print_table(f"labels (rows) by answers (columns), newest {confusion.n:,}", ["label", *classes], rows)
    else:
        print_table(
            f"most frequent mistakes, newest {confusion.n:,} labels",
            ["label", "answered", "times"],
            _mistakes(confusion),
        )
    out.print()


def _mistakes(confusion: Confusion) -> list[list[Cell]]:
    pairs = [
        (times, label, said) for label, row in confusion.counts.items() for said, times in row.items() if said != label
    ]
    pairs.sort(key=lambda pair: -pair[0])
    return [[label, said, f"{times:,}"] for times, label, said in pairs[:_NEWEST]]


def show_residuals(residuals: Residuals) -> None:
    """Print by how much labels lay above what was answered."""
    if residuals.quantiles:
        title = f"label minus answer, quantiles over the newest {residuals.n:,} labels"
        print_table(title, [*residuals.quantiles], [[figure(value) for value in residuals.quantiles.values()]])
        out.print()


def show_worst(worst: Sequence[WorstError]) -> None:
    """Print the worst errors of late."""
    if worst:
        rows: list[list[Cell]] = [
            [f"{one.position:,}", one.id, _told(one.label), _told(one.y_pred), f"{one.loss:.4g}", one.version]
            for one in worst[:_NEWEST]
        ]
        print_table("worst recent errors", ["position", "id", "label", "answered", "loss", "version"], rows)
        out.print()


def _told(label: str | float | bool) -> str:
    return f"{label:.4g}" if isinstance(label, float) else str(label)
