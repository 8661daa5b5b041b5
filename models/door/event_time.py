"""Event time: JSON values read as moments in UTC, as ``record.time_format`` says, and what to do about a mix-up.

Nothing is guessed: what does not fit the format is refused. A value that fits it can still be of another unit, and then
lies thousands of years ahead (refused) or in January 1970 (read, with a warning); either names the unit that fits.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema, to_json

from schemas.gauge import Gauge
from schemas.moments import EPOCH, EXTENDED, moment, written

_PER_SECOND: Final = {
    "unix_seconds": 1,
    "unix_milliseconds": 1_000,
    "unix_microseconds": 1_000_000,
    "unix_nanoseconds": 1_000_000_000,
}
_UNITS: Final = {
    "unix_seconds": timedelta(seconds=1),
    "unix_milliseconds": timedelta(milliseconds=1),
    "unix_microseconds": timedelta(microseconds=1),
}
_YEAR_S: Final = 365.2425 * 86_400
# A unit fits where it puts a number between 1980 and 2100; no number fits two of them.
_FIRST_S, _LAST_S = (year * _YEAR_S for year in (10, 130))


class EventTime:
    """Reads the event times of one gauge."""

    def __init__(self, gauge: Gauge) -> None:
        self._format = gauge.record.time_format
        self._shown = (gauge.record.earliest, gauge.record.latest)
        self._earliest, self._latest = (moment(bound) for bound in self._shown)
        self._doubtful = _LAST_S * _PER_SECOND[self._format] / 1_000 if self._format in _PER_SECOND else 0.0
        self.warnings: list[str] = []
        """What the gauge's owner should hear of, once: times that were read and are probably of another unit. It holds
        nothing of a record."""

    def schema(self) -> CoreSchema:
        """What a JSON value must be to be handed to `read`."""
        if self._format not in _PER_SECOND:
            return core_schema.union_schema([EXTENDED, core_schema.str_schema(strict=True)], mode="left_to_right")
        number = core_schema.float_schema(strict=True, allow_inf_nan=False)
        if _PER_SECOND[self._format] <= 1_000:
            return number
        # As a float, a time in nanoseconds is a multiple of 256 of them.
        return core_schema.union_schema([core_schema.int_schema(strict=True), number], mode="left_to_right")

    def read(self, value: datetime | str | float) -> datetime | str:
        """The moment, in UTC; or as text, why there is none."""
        time: datetime | None
        if isinstance(value, datetime):
            try:
                time = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            except OverflowError:
                time = None
        elif isinstance(value, str):
            try:
                time = moment(value)
            except ValueError:
                return f"event time must be ISO 8601, as 2024-05-01T00:00:00Z, got {value[:80]!r}{self.hint(value)}"
        else:
            if value < self._doubtful:
                self._doubt(value)
            time = _from_unix(value, self._format)
        if time is None or not self._earliest <= time <= self._latest:
            wanted = f"event time must lie between {self._shown[0]} and {self._shown[1]}"
            if isinstance(value, datetime | str):
                return f"{wanted}, got {value}"
            return f"{wanted}, got {_plain(value)}{self._year(value)}{self.hint(value)}"
        return time

    @cached_property
    def _validator(self) -> SchemaValidator:
        return SchemaValidator(self.schema())

    def accepted(self, value: Any) -> datetime | None:
        """The moment, in UTC, that a JSON value means; ``None`` where there is none, or it would be refused."""
        if value is None:
            return None
        try:
            time = self.read(self._validator.validate_json(to_json(value)))
        except ValidationError:
            return None
        return time if isinstance(time, datetime) else None

    def write(self, time: datetime) -> str | float:
        """The JSON value that means a moment: text ending in Z, or a number, whole where it can be."""
        if self._format not in _PER_SECOND:
            return written(time)
        microseconds = (time - EPOCH) // timedelta(microseconds=1)
        number = microseconds * _PER_SECOND[self._format]
        return number // 1_000_000 if number % 1_000_000 == 0 else number / 1_000_000

    def hint(self, value: Any) -> str:
        """What to do about a refused value that has a meaning in another format; nothing about any other."""
        number = value
        if isinstance(value, str):
            if self._format in _PER_SECOND and _is_moment(value):
                return '; for ISO 8601 text, record.time_format is "iso8601"'
            if _OTHER_DATE.match(value) is not None:
                return "; a date is written year-month-day, with hyphens"
            if _DIGITS.fullmatch(value) is None:
                return ""
            number = float(value)
        if isinstance(number, bool) or not isinstance(number, int | float):
            return ""
        unit = unit_of(number)
        if unit is None:
            return "; digits are a Unix time, for which record.time_format says the unit" if value != number else ""
        if unit == self._format:
            return "; a Unix time is a number, without quotation marks" if value != number else ""
        return f"; as {unit} that is {_shown(number, unit)}: see record.time_format"

    def _doubt(self, value: float) -> None:
        unit = unit_of(value)
        if unit is None or unit == self._format:
            return
        self._doubtful = float("-inf")  # once is enough
        self.warnings.append(
            f"event times are in 1970 as {self._format}, and as {unit} they are in {_shown(value, unit)[:4]}: "
            "see record.time_format"
        )

    def _year(self, value: float) -> str:
        years = value / _PER_SECOND[self._format] / _YEAR_S
        return f", which is the year {1970 + years:.0f} as {self._format}" if abs(years) < 1e6 else ""


_OTHER_DATE: Final = re.compile(
    r"\s*([0-9]{1,2}([/.-])[0-9]{1,2}\2([0-9]{2}){1,2}|[0-9]{4}([/.])[0-9]{1,2}\4[0-9]{1,2})(?![0-9])"
)
_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?")


def unit_of(number: float) -> str | None:
    """The unit, as ``record.time_format`` names it, in which a number is a time between 1980 and 2100; or none.

    >>> unit_of(1_714_550_400), unit_of(1_714_550_400_000), unit_of(42)
    ('unix_seconds', 'unix_milliseconds', None)
    """
    fits = (unit for unit, per_second in _PER_SECOND.items() if _FIRST_S <= number / per_second <= _LAST_S)
    return next(fits, None)


def _plain(number: float) -> str:
    return str(int(number)) if abs(number) < 1e21 and number == int(number) else f"{number:.17g}"


def _shown(number: float, unit: str) -> str:
    time = _from_unix(number, unit)
    return "" if time is None else written(time)


def _from_unix(value: float, unit: str) -> datetime | None:
    try:
        if unit == "unix_nanoseconds":
            return EPOCH + timedelta(microseconds=value // 1_000 if isinstance(value, int) else value / 1_000)
        whole = int(value)
        if whole == value:
            return EPOCH + whole * _UNITS[unit]  # half the time that making an interval takes
        return EPOCH + timedelta(**{unit.removeprefix("unix_"): value})
    except OverflowError:
        return None


def _is_moment(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True
