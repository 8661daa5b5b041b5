"""What type of feature a column can be without one of its rows being refused, or why it can be none."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final, Literal, NamedTuple

from models.door.record_shape import LONGEST_NAME
from streams.data.survey.column import Column, has_comma
from streams.data.survey.table import Table, is_plainly_missing

Type = Literal["number", "category", "boolean"]


class Kind(NamedTuple):
    """A column's type; ``None`` with the reason why it has none."""

    type: Type | None
    why: str = ""


def markers(table: Table, classes: Set[str]) -> list[str]:
    """The texts that stand for a missing value, as `record.missing` lists them; none of them is a class.

    In a column that holds numbers or truths besides, they are all such texts; among words only those that mean nothing
    else.
    """
    found: set[str] = set()
    for column in table.columns.values():
        if column.nans:
            found.add("NaN")
        for text in column.marks:
            if (not column.words and (column.numbers or column.truths)) or is_plainly_missing(text):
                found.add(text)
    return sorted(found - classes)


def missing(column: Column, table: Table, marked: Set[str]) -> int:
    """In how many rows the column has no value."""
    marks = sum(column.marks[text] for text in marked & column.marks.keys())
    return table.rows - table.label_records - column.present + column.nans + marks


def kind_of(column: Column, table: Table, marked: Set[str]) -> Kind:
    """The type that takes every value of the column."""
    words = column.texts - sum(column.marks[text] for text in marked & column.marks.keys())
    if column.others:
        return Kind(None, "it holds lists, or numbers that are infinite")
    if column.nans and "NaN" not in marked:
        return Kind(None, "it holds NaN, and that is a class of the label")
    if not words + column.numbers + column.truths:
        return Kind(None, "it is empty in every row")
    if table.cells:
        return _of_cells(column, table, words)
    if column.truths:
        return Kind("boolean") if not words + column.numbers else Kind(None, "it is true or false in some rows only")
    if words:
        whole = column.whole == column.numbers and not column.vast
        return _category(column) if whole else Kind(None, "it is text in some rows and a fraction in others")
    return _of_numbers(column, table)


def _of_cells(column: Column, table: Table, words: int) -> Kind:
    if words:
        return _category(column)
    if column.truths:
        truths = not column.numbers or (column.minimum >= 0 and column.maximum <= 1 and column.whole == column.numbers)
        return Kind("boolean") if truths and not column.coded else _category(column)
    return _category(column) if column.coded else _of_numbers(column, table)


def _of_numbers(column: Column, table: Table) -> Kind:
    may_be_text = column.whole == column.numbers and (table.cells or not column.vast)
    if may_be_text and (column.huge or names_something(column)):
        return _category(column)
    return Kind(None, "numbers beyond 1e15 would spoil a running mean for good") if column.huge else Kind("number")


def commas(column: Column) -> str | None:
    """What is to be told of a column whose texts are all numbers with a comma; ``None`` of any other."""
    if not column.commas or column.commas < column.words:
        return None
    example = next(text for text in column.values if has_comma(text))
    what = f"numbers with a comma, as {example}, are read as text"
    return f"{what}: write them with a decimal point alone, and run init again"


def _category(column: Column) -> Kind:
    if column.longest > LONGEST_NAME:
        return Kind(None, f"it holds texts of up to {column.longest:,} characters")
    return Kind("category")


def names_something(column: Column) -> bool:
    """Whether the column's name says that its values name something: a customer, a place."""
    return any(word in _NAMES_SOMETHING for word in words_of(column.name)[-1:])


def words_of(name: str) -> list[str]:
    """The words of a column's name, in small letters.

    >>> words_of("customerID"), words_of("TX_FRAUD"), words_of("humid")
    (['customer', 'id'], ['tx', 'fraud'], ['humid'])
    """
    return [word.lower() for word in _WORD.findall(name)]


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[^\W\d_][^\W\d_A-Z]*|[0-9]+")
_NAMES_SOMETHING: Final = frozenset(
    ("id", "ids", "uuid", "guid", "code", "zip", "zipcode", "postcode", "plz", "sku", "isbn", "ean", "phone")
)
