"""Which columns are no features by what they are for: the event's time, its id, the time of its label."""

from __future__ import annotations

import re
from math import isnan
from typing import Final, NamedTuple

from models.door.event_time import unit_of
from streams.data.datafile import DataFileError
from streams.data.survey.column import Column
from streams.data.survey.kinds import words_of
from streams.data.survey.table import Table

_FALLS: Final = 0.01
"""Of the rows: a column of times that goes back more often is not when the events happened."""

_FEW_ROWS: Final = 5
"""Fewer rows without a label show nothing about what comes with it."""

_TIME: Final = frozenset(
    ("time", "datetime", "date", "timestamp", "ts", "at", "moment", "when", "epoch", "day", "created", "occurred")
)
_ID: Final = frozenset(("id", "uuid", "guid", "key", "nr", "no", "number", "ref", "reference"))
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Roles(NamedTuple):
    """What the columns are for that are neither features nor the label."""

    time: Column | None
    time_format: str
    id: Column | None
    label_time: Column | None
    new_id: str | None
    """The name of an id that the data lack and late labels need: the row's number is written in its place."""


def roles_of(table: Table, time: str | None, name: str | None) -> Roles:
    """Who is what; ``time`` and ``name`` are the columns that the user names as event time and as id.

    Raises
    ------
    DataFileError
        If there is no such column, or it cannot be that.
    """
    when, form = _named_time(table, time) if time is not None else _found_time(table)
    after = _label_time(table, when)
    named: Column | None
    if table.label_records and name is None:
        named = _of_both(table, when)
    elif name is None:
        named = next((column for column in _ids(table) if column is not when), None)
    else:
        named = _named_id(table, name)
    new = None
    if after is not None and named is None:
        new = next(free for free in ("id", "row_id", "record_id", "event_id", "rivergauge_id") if _is_free(free, table))
    return Roles(when, form, named, after, new)


def _is_free(name: str, table: Table) -> bool:
    return all(steps[0] != name for steps in table.columns)


def is_time(column: Column) -> bool:
    """Whether all that the column holds are times in ISO 8601."""
    return column.moments is not None and column.present > 0


def time_format(column: Column, *, cells: bool) -> str | None:
    """The format in which every value of the column is a time, as `record.time_format` has it."""
    if is_time(column):
        return "iso8601"
    if column.numbers < column.present or (cells and column.coded):
        return None
    unit = unit_of(column.minimum)
    return unit if unit is not None and unit == unit_of(column.maximum) else None


def _named_time(table: Table, name: str) -> tuple[Column, str]:
    column = table.find(name, "--time")
    if column is table.label:
        raise DataFileError(f"--time names '{name}', which is the label")
    form = time_format(column, cells=table.cells)
    if form is None:
        some = ", ".join(map(repr, list(column.values)[:3])) or "nothing"
        raise DataFileError(f"--time names '{name}': expected times in ISO 8601 or Unix times of one unit, got {some}")
    if column.present < table.rows:
        raise DataFileError(
            f"--time names '{name}', which {table.rows - column.present:,} of {table.rows:,} rows do not have: an "
            "event without its time is refused; leave --time out, or fill it in"
        )
    return column, form


def _found_time(table: Table) -> tuple[Column | None, str]:
    found: list[tuple[bool, Column, str]] = []
    for column in table.columns.values():
        form = time_format(column, cells=table.cells)
        if form is None or column is table.label or column.present < table.rows or table.rows < 2:
            continue
        hinted = bool(_TIME.intersection(words_of(column.name)))
        if column.falls > _FALLS * table.rows or (not hinted and column.numbers):
            continue
        found.append((hinted and "label" not in words_of(column.name), column, form))
    best = max(found, key=lambda one: one[0], default=None)  # of equals, the first
    return (None, "iso8601") if best is None else (best[1], best[2])


def _named_id(table: Table, name: str) -> Column:
    column = table.find(name, "--id")
    if column is table.label:
        raise DataFileError(f"--id names '{name}', which is the label")
    if column.present < table.rows:
        raise DataFileError(
            f"--id names '{name}', which {table.rows - column.present:,} of {table.rows:,} rows do not have: an event "
            "without its id is refused"
        )
    if column.truths or column.others or column.nans or column.whole < column.numbers or column.longest > 256:
        raise DataFileError(f"--id names '{name}': an id is text of 1 to 256 characters, or a whole number")
    return column


def _ids(table: Table) -> list[Column]:
    """Columns that name events, the likeliest first."""
    unique = [
        column
        for column in table.columns.values()
        if column.unique
        and column is not table.label
        and column.present == table.rows
        and not (is_time(column) or column.truths or column.others or column.nans or column.marks)
        and column.longest <= 256
    ]
    hinted = [column for column in unique if _ID.intersection(words_of(column.name)[-1:] + words_of(column.name)[:1])]
    return hinted or [column for column in unique if all(map(_UUID.fullmatch, list(column.values)[:100]))]


def _of_both(table: Table, time: Column | None) -> Column:
    """The column that joins labels to their events."""
    joining = [
        column
        for column in table.columns.values()
        if column.present == table.rows and column not in (table.label, time) and column.whole == column.numbers
    ]
    hinted = [column for column in joining if _ID.intersection(words_of(column.name))]
    if not joining:
        raise DataFileError("labels stand in rows of their own, and no column joins them to their events")
    return (hinted or joining)[0]


def comes_with_the_label(column: Column, table: Table) -> bool:
    """Whether the column is there exactly where the label is, and some rows lack both."""
    label = table.label
    without = table.rows - label.labelled
    return without >= _FEW_ROWS and column.unlabelled == 0 and column.labelled == label.labelled


def _label_time(table: Table, time: Column | None) -> Column | None:
    if time is None or time.moments is None:
        return None
    for column in table.columns.values():
        if column in (time, table.label) or not is_time(column) or column.labelled < table.label.labelled:
            continue
        if not comes_with_the_label(column, table) and "label" not in words_of(column.name):
            continue
        if len(column.path) == 1 and not _before(column, time):
            return column
    return None


def _before(column: Column, time: Column) -> bool:
    """Whether the column's time is ever before the event's."""
    assert column.moments is not None
    assert time.moments is not None
    pairs = zip(column.moments, time.moments, strict=False)
    return any(after < now for after, now in pairs if not isnan(after) and not isnan(now))
