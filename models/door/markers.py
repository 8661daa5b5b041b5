"""Markers of missing values, ``record.missing`` in the gauge file: where a value is read, a marker reads as null.

A marker is compared as a whole and letter by letter. One that is a number, as ``-999``, also stands for that number, so
that JSON and CSV mean the same; one that is ``NaN`` also for the bare NaN that some writers put where JSON has no word.
"""

from __future__ import annotations

import re
from math import isnan
from typing import Any, Final

from pydantic_core import CoreSchema, core_schema

MISSING: Final = "\0missing"
"""Stands in the place of an error that only says that a value is no marker."""


def or_missing(schema: CoreSchema, markers: list[str]) -> CoreSchema:
    """``schema``, or ``None`` where the value is a marker; ``schema`` itself where there are no markers."""
    if not markers:
        return schema
    choices: list[CoreSchema | tuple[CoreSchema, str]] = [core_schema.literal_schema(markers)]
    numbers = [float(marker) for marker in markers if _NUMBER.fullmatch(marker)]
    if numbers:  # strict, for to a literal true is 1
        number = core_schema.float_schema(strict=True)
        choices.append(core_schema.chain_schema([number, core_schema.literal_schema(numbers)]))
    if "nan" in {marker.lower() for marker in markers}:
        choices.append(core_schema.chain_schema([core_schema.float_schema(strict=True), _NAN]))
    marked = (core_schema.chain_schema([core_schema.union_schema(choices, mode="left_to_right"), _NULL]), MISSING)
    # A number or a boolean is no text: it is read first, so that markers cost nothing where they do not stand.
    first = not numbers and schema["type"] in ("float", "bool")
    return core_schema.union_schema([schema, marked] if first else [marked, schema], mode="left_to_right")


def marker_hint(value: Any) -> str:
    """What to do about a refused value that people often write for a missing one; nothing for any other."""
    common = isnan(value) if isinstance(value, float) else isinstance(value, str) and value.strip().lower() in _COMMON
    return "; if that means a missing value, name it in record.missing" if common else ""


def number_hint(value: Any) -> str:
    """What to do about a refused number that is written as people write it; nothing about any other value."""
    if not isinstance(value, str):
        return ""
    if _WITH_COMMA.fullmatch(value) is not None:
        return "; a number has a decimal point, and no comma"
    if _QUOTED.fullmatch(value) is not None:
        return "; a number stands without quotation marks"
    if _WITH_MORE.fullmatch(value) is not None:
        return "; a number has no signs of percent, currency or unit, and no blanks or underscores"
    return ""


_WITH_COMMA: Final = re.compile(r"[^0-9A-Za-z]{0,3}[0-9][0-9.]{0,30},[0-9][0-9.,]{0,30}[^0-9,]{0,8}")
_QUOTED: Final = re.compile(r"\s?[+-]?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?\s?")
# A sign of currency, digits in groups or alone, a unit; no date (of two marks) and no name that begins with a digit.
_WITH_MORE: Final = re.compile(
    r"[^\w.,]{0,3}[0-9]{1,30}([ _\u00a0\u202f][0-9]{1,30}){0,9}(\.[0-9]{0,30})?"
    r"\s?[^\w.,:/-]?[^\W\d_]{0,4}[^\w.,:/-]{0,2}"
)
_COMMON: Final = frozenset(
    ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "nil", "none", "\\n", "missing", "undefined", "?", "-", "--", ".")
)
# What a float holds exactly: a longer number could be taken for its neighbour.
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?")
_NULL: Final = core_schema.with_default_schema(core_schema.none_schema(), default=None, on_error="default")


def _nan(value: float) -> None:
    if not isnan(value):
        raise ValueError


_NAN: Final = core_schema.no_info_plain_validator_function(_nan)
