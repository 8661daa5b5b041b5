"""Moments as ISO 8601 writes them: extended, as ``2024-05-01T10:15:00Z``, or basic, as ``20240501T101500Z``.

Digits alone are a date if they are eight. All other digits are refused: they may be seconds, milliseconds or a date
with a time, and whoever guesses is wrong without a sound.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from pydantic_core import SchemaValidator, ValidationError, core_schema

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

EXTENDED: Final = core_schema.chain_schema(
    [core_schema.str_schema(strict=True, pattern=r"^[0-9]{4}-"), core_schema.datetime_schema(strict=False)]
)
"""Reads the extended form alone. By how the text begins it is no number: pydantic would read digits as a Unix time."""

_BASIC: Final = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[Tt ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}(?:[.,][0-9]+)?))?([Zz]|[+-][0-9:]+)?)?"
)
_READ: Final = SchemaValidator(EXTENDED)


def moment(text: str) -> datetime:
    """The moment that ISO 8601 text names, in UTC; text without a zone means UTC, a date its first moment.

    Raises
    ------
    ValueError
        If it names none.

    >>> moment("20240501") == moment("2024-05-01T00:00:00Z") == moment("2024-05-01 02:00+02:00")
    True
    """
    basic = _BASIC.fullmatch(text)
    if basic is not None:
        year, month, day, hour, minute, second, zone = basic.groups("")
        text = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
    try:
        return in_utc(_READ.validate_python(text))
    except (ValidationError, OverflowError):
        raise ValueError(f"not ISO 8601: {text!r}") from None


def in_utc(time: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is read as UTC.

    Raises
    ------
    OverflowError
        If it lies before the year 1 or after 9999 there.
    """
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def written(time: datetime) -> str:
    """A moment in UTC as extended ISO 8601 that ends in Z."""
    return time.isoformat().replace("+00:00", "Z")
