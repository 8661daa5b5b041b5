"""What a CSV cell means as JSON, by the type that the gauge gives its column.

A number becomes a JSON number, a boolean (``true``, ``false``, ``1``, ``0``) a boolean, a category or an id text, a
class what the gauge declares. A cell that is none of these stays text, so that intake refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Any, Final, TypeAlias

from schemas.gauge import ClassValue, Gauge, Task

Convert: TypeAlias = Callable[[str], Any]

# The first group is a whole number, kept digit by digit: a time in nanoseconds has 19. -0 is not among them: its sign
# would be lost.
_NUMBER: Final = re.compile(r"(0|-?[1-9][0-9]{0,18})|[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def number(cell: str) -> float | str:
    """A finite decimal number; other text as it is."""
    match = _NUMBER.fullmatch(cell)
    if match is None:
        return cell
    if match[1] is not None:
        return int(cell)
    value = float(cell)
    return value if isfinite(value) else cell  # 1e999 has no JSON number


def boolean(cell: str) -> bool | str:
    """A truth in any case, or as pandas writes it where a column has empty cells (``1.0``); other text as it is."""
    return _BOOLEANS.get(cell.lower(), cell)


def text(cell: str) -> str:
    """The cell as it is."""
    return cell


BY_TYPE: Final[dict[str, Convert]] = {"number": number, "boolean": boolean, "category": text}


def label_reader(gauge: Gauge) -> Convert:
    """Reads the gauge's label: a number, or the class that the cell names; other text as it is."""
    if gauge.task is Task.REGRESSION:
        return number
    as_text: dict[str, ClassValue] = {str(value): value for value in gauge.classes}
    truths = {value for value in gauge.classes if isinstance(value, bool)}
    whole = {value for value in gauge.classes if isinstance(value, int) and not isinstance(value, bool)}

    def read(cell: str) -> ClassValue:
        if cell in as_text:
            return as_text[cell]
        if (truth := boolean(cell)) in truths:
            return truth
        value = number(cell)  # 1.0 is the class 1: so pandas writes whole numbers in a column with empty cells
        return int(value) if isinstance(value, float) and value in whole else cell

    return read
