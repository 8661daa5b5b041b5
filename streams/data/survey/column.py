"""What one column of a data file held: counts by kind, range, values, times, and how it goes with the label.

Memory is bounded by the rows that are looked at: up to `MOST_VALUES` values are kept with their counts, and all of them
only for as long as none has come twice and each could be an id.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from math import inf, isfinite, isnan, nan
from typing import Any, Final, TypeAlias

from models.door.markers import marker_hint
from schemas.gauge import LARGEST_NUMBER, Steps
from schemas.moments import EPOCH, moment
from streams.data.cells import boolean, number

MOST_VALUES: Final = 5_000
"""Different values of a column that are told apart."""

Scalar: TypeAlias = bool | int | float | str

_CODED: Final = re.compile(r"[+-]?0[0-9].*|\+.*")
_COMMA: Final = re.compile(
    r"[+-]?(?:[0-9]+,[0-9]+"  # 3,14
    r"|[0-9]{1,3}(?:[. '\u00a0\u202f][0-9]{3})+,[0-9]+"  # 1.234,5
    r"|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?)"  # 1,234.5
)
_TIMES: Final = (moment("1970-01-01"), moment("2100-01-01"))


class Column:
    """What the rows held at ``path``. Empty cells, null and absent fields are not added: they are missing."""

    def __init__(self, path: Steps) -> None:
        self.path = path
        self.name = ".".join(path)
        self.present = 0
        self.numbers = self.whole = self.truths = self.texts = 0
        self.others = 0
        """Lists, and numbers that are infinite."""
        self.nans = 0
        self.coded = 0
        """Cells of digits that are no number as people write them: ``0042``."""
        self.commas = 0
        """Texts that are numbers with a comma in them: ``3,14``, ``1.234,5`` or ``1,234.5``."""
        self.huge = self.vast = 0
        """Numbers beyond what a feature may be, and those of them that are no whole numbers as they are written."""
        self.longest = 0
        self.minimum, self.maximum = inf, -inf
        self.falls = 0
        """How often a number, or a time, was below the one before it."""
        self.marks: Counter[str] = Counter()
        """Texts that often stand for a missing value, letter by letter."""
        self.values: Counter[str] = Counter()
        self.full_at: int | None = None
        """How many had been added when there were more values than are kept."""
        self.strange = 0
        """How many came since then that are not among those that are kept."""
        self.moments: array[float] | None = array("d")
        """Seconds since 1970, row by row, NaN where missing; ``None`` if one is no time."""
        self.labelled = self.unlabelled = 0
        """How often it is there, beside a label and beside none."""
        self.told: dict[str, str] | None = {}
        """The label that goes with each value; ``None`` once a value has gone with two."""
        self.copies = True
        """Whether it has been the label itself wherever both were there."""
        self._unique: set[str] | None = set()
        self._last: float | None = None

    @property
    def unique(self) -> bool:
        """Whether all are whole numbers or texts, and no two alike."""
        return self._unique is not None and self.present > 0

    @property
    def words(self) -> int:
        """Texts that are not such as often stand for a missing value."""
        return self.texts - self.marks.total()

    def add_cell(self, cell: str, row: int, label: str | None) -> None:
        """Take note of a CSV cell, which is not empty."""
        value = number(cell)
        if isinstance(value, str):
            truth = boolean(cell)
            self._add(value if isinstance(truth, str) else truth, cell)
        else:
            self.coded += _CODED.fullmatch(cell) is not None
            self._add(value, cell)
        self._add_time(cell, row)
        self._add_label(cell, label)

    def add_value(self, value: Any, row: int, label: str | None) -> None:
        """Take note of a JSON value, which is not null and no object."""
        if isinstance(value, list):
            self.present += 1
            self.others += 1
            self.moments = self._unique = self.told = None
            self.copies = False
            return
        text = written(value)
        self._add(value, text)
        self._add_time(value, row)
        self._add_label(text, label)

    def _add(self, value: Scalar, text: str) -> None:
        self.present += 1
        unique = self._unique
        if isinstance(value, bool):
            self.truths += 1
        elif isinstance(value, str):
            self.texts += 1
            self.longest = max(self.longest, len(value))
            if marker_hint(value):
                self.marks[value] += 1
            elif has_comma(value):
                self.commas += 1
        elif isinstance(value, int):
            self._add_number(value)
        else:
            unique = self._unique = None
            if isfinite(value):
                self._add_number(value)
            elif isnan(value):
                self.nans += 1
            else:
                self.others += 1
        if unique is not None:
            if text in unique:
                self._unique = None
            else:
                unique.add(text)
        if text in self.values or len(self.values) < MOST_VALUES:
            self.values[text] += 1
        else:
            self.full_at = self.present if self.full_at is None else self.full_at
            self.strange += 1

    def _add_number(self, value: float) -> None:
        self.numbers += 1
        self.whole += isinstance(value, int) or value.is_integer()
        if abs(value) > LARGEST_NUMBER:
            self.huge += 1
            self.vast += isinstance(value, float)
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        if self.moments is None:
            self.falls += self._last is not None and value < self._last
            self._last = value

    def _add_time(self, value: Any, row: int) -> None:
        times = self.moments
        if times is None:
            return
        seconds = None
        if isinstance(value, str) and value[:4].isdecimal():
            try:
                time = moment(value)
            except ValueError:
                pass
            else:
                seconds = (time - EPOCH).total_seconds() if _TIMES[0] <= time <= _TIMES[1] else None
        if seconds is None:
            self.moments = self._last = None
            self.falls = 0
            return
        times.extend([nan] * (row - len(times)))
        times.append(seconds)
        self.falls += self._last is not None and seconds < self._last
        self._last = seconds

    def _add_label(self, text: str, label: str | None) -> None:
        if label is None:
            self.unlabelled += 1
            return
        self.labelled += 1
        self.copies = self.copies and text == label
        told = self.told
        if told is not None and (told.setdefault(text, label) != label or len(told) > MOST_VALUES):
            self.told = None


def has_comma(text: str) -> bool:
    """Whether a text is a number with a comma in it, for decimals or between thousands.

    >>> [has_comma(text) for text in ("3,14", "-1.234,50", "1,234,567.8", "3.14", "1,2,3", "a,1", ",")]
    [True, True, True, False, False, False, False]
    """
    return _COMMA.fullmatch(text) is not None


def written(value: Scalar) -> str:
    """A JSON value as the text that a CSV cell would have."""
    return str(value).lower() if isinstance(value, bool) else str(value)
