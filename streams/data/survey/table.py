"""The rows of a data file looked at once, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from schemas.gauge import Steps
from schemas.hints import closest, did_you_mean
from streams.data.csvfile import Broken
from streams.data.datafile import DataFileError, Row, rows
from streams.data.survey.column import Column, written

MOST_COLUMNS: Final = 10_000
_NEAREST: Final = 3
_LISTED: Final = 20

PLAINLY_MISSING: Final = frozenset(("?", "na", "n/a", "#n/a", "<na>", "nan", "null", "\\n"))
"""What stands for a missing value even among words; ``none`` or ``-`` may be one of them."""


class Table(NamedTuple):
    """What the rows held. A cell that is empty, null or not there is in no column."""

    columns: dict[Steps, Column]
    label: Column
    rows: int
    """Those that could be read."""
    broken: int
    """Those that are no row of their file, or no JSON object."""
    cells: bool
    """Whether they are rows of CSV, whose cells have no types."""
    holders: frozenset[Steps]
    """Where an object stood in some row."""

    label_records: int
    """How many of the rows are labels in records of their own."""

    def find(self, name: str, option: str) -> Column:
        """The column that a user means.

        Raises
        ------
        DataFileError
            If there is none of this name.
        """
        return _find(self.columns, name, option)


def look(path: Path, label: str, *, delimiter: str | None = None, limit: int | None = None) -> Table:
    """Look at the first ``limit`` rows of a file, or at all.

    Raises
    ------
    DataFileError
        If it cannot be read, holds no row, or no column is the label.
    """
    columns: dict[Steps, Column] = {}
    holders: set[Steps] = set()
    count = broken = 0
    cells = True
    for row in islice(rows(path, delimiter), limit):
        cells = not isinstance(row, bytes)
        found = _values(row, columns, holders)
        if found is None:
            broken += 1
            continue
        value = next((value for steps, value in found if ".".join(steps) == label), None)
        answer = None if value is None or is_plainly_missing(value) else written(value)
        for steps, value in found:
            column = columns[steps]
            if isinstance(value, str) and cells:
                column.add_cell(value, count, answer)
            else:
                column.add_value(value, count, answer)
        count += 1
    if not count:
        what = "rows" if cells else "JSON objects"
        unread = f", and {broken:,} lines that are none" if broken else ""
        raise DataFileError(f"{path}: expected {what} to look at, got no row{unread}")
    asked = _find(columns, label, "--label")
    apart = 0 if cells else _label_records(columns, asked)
    return Table(columns, asked, count, broken, cells, frozenset(holders), apart)


def _label_records(columns: dict[Steps, Column], label: Column) -> int:
    """How many rows are labels alone: whatever else is in them is in the events, too, and the events have more."""
    others = [column for column in columns.values() if column is not label and column.present]
    of_events = [column for column in others if not column.labelled]
    shared = [column for column in others if column.labelled == label.labelled and column.unlabelled]
    apart = of_events and shared and len(of_events) + len(shared) == len(others)
    return label.labelled if apart else 0


def is_plainly_missing(value: Any) -> bool:
    """Whether a value is a text that means nothing else."""
    return isinstance(value, str) and value.strip().lower() in PLAINLY_MISSING


def _values(row: Row, columns: dict[Steps, Column], holders: set[Steps]) -> list[tuple[Steps, Any]] | None:
    """What is there in a row, by place; its places become columns. ``None`` if it is no row."""
    if isinstance(row, Broken):
        return None
    if isinstance(row, bytes):
        try:
            content = from_json(row)
        except ValueError:
            return None
        if not isinstance(content, dict):
            return None
        placed = list(_flat(content, (), holders))
    else:
        placed = [((name,), cell.strip()) for name, cell in row.items() if name]
    for steps, _ in placed:
        if steps not in columns:
            if len(columns) == MOST_COLUMNS:
                raise DataFileError(f"expected at most {MOST_COLUMNS:,} columns, got more")
            columns[steps] = Column(steps)
    missing = ("",) if not isinstance(row, bytes) else ()
    return [(steps, value) for steps, value in placed if value is not None and value not in missing]


def _flat(content: dict[str, Any], above: Steps, holders: set[Steps]) -> Iterator[tuple[Steps, Any]]:
    for key, value in content.items():
        if isinstance(value, dict):
            holders.add((*above, key))
            yield from _flat(value, (*above, key), holders)
        else:
            yield (*above, key), value


def _find(columns: dict[Steps, Column], name: str, option: str) -> Column:
    for column in columns.values():
        if column.name == name:
            return column
    known = [column.name for column in columns.values()]
    within = [other for other in known if name and name.casefold() in other.casefold()]
    near = did_you_mean(closest(name, known) or within[:_NEAREST])
    listed = ", ".join(known[:_LISTED]) + (f", and {len(known) - _LISTED:,} more" if len(known) > _LISTED else "")
    raise DataFileError(f"{option} names '{name}', which no row has{near} (columns: {listed})")
