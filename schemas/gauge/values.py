"""What a value of the user may be: a number's bounds, a category, a class, a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

from schemas.moments import moment, written

LARGEST_NUMBER = 1e15
"""A number feature without bounds of its own lies within ±1e15: squares and sums of such numbers stay finite, and one
wild value cannot poison a running mean for good (one 1e308 does)."""


def _category(value: Any) -> Any:
    # As in a record: a whole number is the text it is written with.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number and abs(value) <= LARGEST_NUMBER and float(value).is_integer() else value


Category = Annotated[str, BeforeValidator(_category)]


def _class_value(value: Any) -> bool | int | str:
    # A union would take 1.0 for true.
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    if not isinstance(value, bool | int | str):
        raise PydanticCustomError("class", "a class is text, a whole number, true or false")
    return value


ClassValue: TypeAlias = bool | int | str
Class = Annotated[ClassValue, PlainValidator(_class_value)]
"""A label's value: 1.0 is the whole number 1; text is never a number, and neither is true or false."""


def class_name(value: ClassValue) -> str:
    """A class as a JSON key, and as a key of TOML: booleans as both write them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(value: Any) -> str:
    # TOML has dates and times of its own.
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, date):
        return value.isoformat()
    try:
        moment(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("moment", "must be an ISO 8601 time such as 2024-05-01T00:00:00Z") from None
    return str(value)


Moment = Annotated[str, PlainValidator(_moment)]
"""A time of ISO 8601 as text; text without a zone is read as UTC, as events' times are."""
