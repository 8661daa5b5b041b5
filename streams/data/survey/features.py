"""Which columns a prediction may be made from, as what, and why the others are left out."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Final, NamedTuple

from schemas.gauge import Task
from streams.data.survey.answer import Answer
from streams.data.survey.column import Column
from streams.data.survey.kinds import commas, kind_of, missing, names_something
from streams.data.survey.roles import Roles, comes_with_the_label, is_time
from streams.data.survey.table import Table

_MOST_LISTED: Final = 10
_LEAST_SHARE: Final = 0.01
_LEAST_ROWS: Final = 1_000
"""What a category's values must be to be listed: few, each met often, among rows enough."""

_ENOUGH_ROWS: Final = 50
_OWN_VALUE: Final = 0.5
"""Above this share of different values a text names its row."""

_STRANGE: Final = 0.9
"""The same where there are more values than are kept: so many of the later ones are none of the first."""

_TOLD_ROWS: Final = 20
_TOLD_SHARE: Final = 0.2
_RAREST: Final = 10
"""Fewer rows, more different values or fewer of a class show by chance what tells the label."""


class Chosen(NamedTuple):
    """A feature: its entry in the gauge file, and what is worth knowing of it."""

    column: Column
    entry: dict[str, Any]
    comment: str


class Left(NamedTuple):
    """A column that is left out, and why."""

    column: Column
    why: str


def choose(table: Table, answer: Answer, roles: Roles, marked: Set[str]) -> tuple[list[Chosen], list[Left]]:
    """The features, and the columns that are none and have no other part either."""
    chosen: list[Chosen] = []
    left: list[Left] = []
    names: set[str] = set()
    for column in table.columns.values():
        if column in (table.label, roles.time, roles.id, roles.label_time):
            continue
        why = "another column has this name" if column.name in names else _unfit(column, table, answer)
        names.add(column.name)
        kind = kind_of(column, table, marked)
        without = missing(column, table, marked)
        if why is None and kind.type is None:
            why = kind.why
        values = {text: n for text, n in column.values.items() if text not in marked}
        if why is None and kind.type is not None:
            why = _useless(column, kind.type, values, without)
        if why is not None or kind.type is None:
            left.append(Left(column, why or kind.why))
            continue
        entry: dict[str, Any] = {"type": kind.type}
        if isinstance(path := path_of(column), list):
            entry["field"] = path
        comment = ""
        if kind.type == "number":
            comment = _range(column)
        elif kind.type == "category":
            listed = _listed(column, values, table.rows)
            if listed is not None:
                entry["values"] = listed
            comment = commas(column) or _sizes(column, values, listed)
        if without:
            entry["optional"] = True
            comment += f"; missing in {share_of(without, table.rows)} of the rows"
        chosen.append(Chosen(column, entry, comment.removeprefix("; ")))
    return chosen, left


def path_of(column: Column) -> str | list[str]:
    """Where the column stands, as the gauge file writes it."""
    return list(column.path) if any("." in step or not step for step in column.path) else column.name


def _unfit(column: Column, table: Table, answer: Answer) -> str | None:
    """Why a column must not be a feature, whatever its type."""
    if not column.name.isprintable() or not all(column.path):
        return "its name is empty or holds control characters"
    inside = any(other[: len(column.path)] == column.path != other for other in table.columns)
    if column.path in table.holders or inside:
        return "it is an object in some rows" if column.present else "it is an object, and null in some rows"
    over = [column.path[:n] for n in range(1, len(column.path))]
    if any(holder in table.columns and table.columns[holder].present for holder in over):
        return "what should hold it is no object in some rows"
    label = table.label.path
    if label[: len(column.path)] == column.path or column.path[: len(label)] == label:
        return "it overlaps the label"
    if column.labelled and table.label_records:
        return "records with a label have it too, and would be taken for events"
    if is_time(column) and not column.numbers:
        return "a time is no feature: for an hour or a weekday, add a column that holds it"
    if comes_with_the_label(column, table):
        return "it is there exactly where the label is, so that it may be known only afterwards"
    return _tells(column, table, answer)


def _tells(column: Column, table: Table, answer: Answer) -> str | None:
    """Whether the column gives the label away."""
    rows = table.label.labelled
    if rows < _TOLD_ROWS or column.labelled < rows / 2:
        return None
    if column.copies:
        return "it is a copy of the label"
    if answer.task is not Task.REGRESSION and min(answer.classes.values()) < _RAREST:
        return None
    told = column.told
    if told is None or len(told) > _TOLD_SHARE * column.labelled or len(set(told.values())) < 2:
        return None
    return "each of its values goes with one label, in every row: it may be the label in other words"


def _useless(column: Column, type_: str, values: dict[str, int], without: int) -> str | None:
    if not without and (len(values) == 1 or (type_ == "number" and column.minimum == column.maximum)):
        return f"it is {_quoted(next(iter(values)))} in every row"
    if column.present < _ENOUGH_ROWS:
        return None
    if type_ == "category":
        if _differs(column, values):
            if (told := commas(column)) is not None:
                return told
            if column.unique:
                return "every row has a value of its own, from which nothing can be learned; it may be record.id"
            return "nearly every row has a value of its own, from which nothing can be learned"
        return None
    if type_ == "number" and column.unique and not column.falls and column.numbers == column.present:
        return "it counts up from row to row; it may be record.id"
    return None


def _differs(column: Column, values: dict[str, int]) -> bool:
    """Whether nearly every row has a value that no other row has."""
    if names_something(column):
        return column.unique  # of many customers few come twice among few rows
    if column.full_at is None:
        return len(values) > _OWN_VALUE * column.present
    since = column.present - column.full_at + 1
    return len(values) > _OWN_VALUE * column.full_at and column.strange > _STRANGE * since


def _range(column: Column) -> str:
    return f"{_plain(column.minimum)} to {_plain(column.maximum)}"


def _plain(number: float) -> str:
    if number != int(number) or abs(number) >= 1e15:
        return f"{number:.6g}"
    return f"{int(number):,}" if abs(number) >= 10_000 else str(int(number))  # 2013 is a year


def _listed(column: Column, values: dict[str, int], rows: int) -> list[str] | None:
    """The values, where a new one would be a surprise: another one is refused then."""
    few = column.full_at is None and len(values) <= _MOST_LISTED
    if not few or rows < _LEAST_ROWS or min(values.values()) < _LEAST_SHARE * rows:
        return None
    return sorted(values)


def _sizes(column: Column, values: dict[str, int], listed: list[str] | None) -> str:
    total = sum(values.values())
    often = sorted(values, key=lambda text: (-values[text], text))[:3]
    shown = ", ".join(f"{_quoted(text)} {share_of(values[text], total)}" for text in often)
    if listed is not None:
        return f"{shown}; another value is refused"
    more = "more than " if column.full_at is not None else ""
    count = f"{more}{len(values):,} value{'s' if len(values) != 1 else ''}"
    if len(values) > 1_000:
        return f"{count}, of which the first 1,000 are told apart (max_values)"
    return f"{count}: {shown}" if len(values) <= 3 else f"{count}, most often {shown}"


def _quoted(text: str) -> str:
    short = text if len(text) <= 30 else f"{text[:30]}..."
    return short if short.isprintable() and short.strip() == short and short else repr(short)


def share_of(part: int, whole: int) -> str:
    """A share in percent, as people read it."""
    share = 100 * part / whole
    return f"{share:.0f} %" if 1 <= share <= 99 or part in (0, whole) else "under 1 %" if share < 1 else "over 99 %"
