"""What the label asks: its task, its classes, and which of two is the positive one."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.gauge import ClassValue, Task
from schemas.plurals import count
from streams.data.datafile import DataFileError
from streams.data.survey.column import Column
from streams.data.survey.kinds import commas
from streams.data.survey.table import Table, is_plainly_missing

FEW: Final = 20
"""Whole numbers are classes where they are so few or fewer."""

MOST_CLASSES: Final = 1_000


class Answer(NamedTuple):
    """The label's task. ``classes`` are in the order of their codes, with their counts; none in a regression."""

    task: Task
    classes: dict[ClassValue, int]
    positive: ClassValue | None
    absent: int
    """Rows without a label."""
    why: str
    """Why this task, for whoever meant another."""


def answer_of(table: Table, wanted: Task | None) -> Answer:
    """The task of a table's label.

    Raises
    ------
    DataFileError
        If there is no label, or but one, or it cannot be what is wanted.
    """
    column = table.label
    plain = sum(count for text, count in column.marks.items() if is_plainly_missing(text))
    absent = table.rows - column.present + column.nans + plain
    if absent == table.rows:
        raise DataFileError(f"the label '{column.name}' is empty in every row ({count(table.rows, 'row')} looked at)")
    if column.others:
        raise DataFileError(f"the label '{column.name}' holds lists, or numbers that are infinite: expected one value")
    numbers = column.numbers > 0 and not column.words and not column.truths
    if (column.minimum == column.maximum and numbers) or (not numbers and len(_texts(column)) == 1):
        raise DataFileError(_constant(column, table))
    few = column.full_at is None and len(_texts(column)) <= FEW
    if wanted is Task.REGRESSION or (wanted is None and numbers and not (few and column.whole == column.numbers)):
        if not numbers:
            raise DataFileError(
                f"a regression needs numbers, and the label '{column.name}' has others: {_some(column)}{_hint(column)}"
            )
        absent = table.rows - column.numbers
        return Answer(Task.REGRESSION, {}, None, absent, "" if wanted else _why_number(column))
    classes = {value: count for value, count in _classes(column, table).items() if count}
    if len(classes) == 1:
        raise DataFileError(_constant(column, table))
    if wanted is Task.BINARY and len(classes) != 2:
        raise DataFileError(
            f"a binary task needs two classes, and '{column.name}' has {len(classes):,}: {_some(column)}"
        )
    task = wanted or (Task.BINARY if len(classes) == 2 else Task.MULTICLASS)
    positive = _positive(classes) if task is Task.BINARY else None
    if positive is not None:
        classes = {value: classes[value] for value in sorted(classes, key=lambda value: value == positive)}
    why = commas(column) or ""
    if not wanted and numbers and len(classes) > 2:
        why = f"{len(classes)} whole numbers: for a regression, --task regression"
    return Answer(task, classes, positive, absent, why)


def _texts(column: Column) -> dict[str, int]:
    # Among words, "none" may be a class; among numbers it is none of them.
    marks = column.marks if column.numbers and not column.words else ()
    return {text: n for text, n in column.values.items() if text not in marks and not is_plainly_missing(text)}


def _why_number(column: Column) -> str:
    return f"numbers from {column.minimum:g} to {column.maximum:g}: for classes, --task multiclass"


def _constant(column: Column, table: Table) -> str:
    value = next(iter(_texts(column)))
    return (
        f"the label '{column.name}' is {value!r} in every row ({count(table.rows, 'row')} looked at): nothing is left "
        "to predict; look at more rows (--events), or name another label"
    )


def _hint(column: Column) -> str:
    told = commas(column)
    return "" if told is None else f"; {told}"


def _some(column: Column) -> str:
    some = sorted(_texts(column))
    return ", ".join(map(repr, some[:5])) + (", ..." if len(some) > 5 else "")


def _classes(column: Column, table: Table) -> dict[ClassValue, int]:
    """The classes as the gauge file writes them, with their counts."""
    kinds = [name for name, n in (("numbers", column.numbers), ("text", column.words)) if n]
    kinds += ["true or false"] * (column.truths > 0)
    if not table.cells and len(kinds) > 1:
        what = f"is {' in some rows and '.join(kinds)} in others"
        raise DataFileError(f"the label '{column.name}' {what}: write each class in one way")
    texts = _texts(column)
    if column.full_at is not None or len(texts) > MOST_CLASSES or len(texts) > max(FEW, table.rows // 2):
        more = "more than " if column.full_at is not None else ""
        what = f"the label '{column.name}' has {more}{len(texts):,} different values in {table.rows:,} rows"
        raise DataFileError(f"{what}, which are too many for classes: {_some(column)}{_hint(column)}")
    if column.numbers and len(kinds) == 1 and not column.coded:
        if column.whole < column.numbers:
            raise DataFileError(
                f"a class is text or a whole number, and '{column.name}' has fractions: {_some(column)}"
            )
        whole: dict[ClassValue, int] = {}
        for text, count in texts.items():
            whole[int(float(text))] = whole.get(int(float(text)), 0) + count
        return dict(sorted(whole.items()))
    if column.truths and not column.words and not column.coded and _are_truths(texts):
        truths: dict[ClassValue, int] = {False: 0, True: 0}
        for text, count in texts.items():
            truths[text.lower() in ("true", "1", "1.0")] += count
        return truths
    return dict(sorted(texts.items()))


def _are_truths(texts: dict[str, int]) -> bool:
    return all(text.lower() in ("true", "false", "1", "0", "1.0", "0.0") for text in texts)


def _positive(classes: dict[ClassValue, int]) -> ClassValue:
    """The class that is named as one looks for it, or else the rarer one."""
    for value in classes:
        others = [other for other in classes if other is not value]
        if _letters(value) in _YES and _letters(others[0]) in _NO:
            return value
    return min(reversed(classes), key=lambda value: classes[value])


def _letters(value: ClassValue) -> str:
    return str(value).lower()


_YES: Final = frozenset(("1", "true", "yes", "y", "t", "positive", "pos", "p", "+", "on"))
_NO: Final = frozenset(("0", "-1", "false", "no", "n", "f", "negative", "neg", "-", "off", "2"))
