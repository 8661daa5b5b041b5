"""How often: a schedule in event time (``"24h"``, ``"@daily"``), and a budget per labels (``"5 per 10000 labels"``)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator

from schemas.moments import EPOCH


class Rhythm(NamedTuple):
    """A schedule: a moment every ``period``, counted from ``origin``; from the first event where that is ``None``."""

    period: timedelta
    origin: datetime | None


_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_PERIOD: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_MONDAY: Final = EPOCH + timedelta(days=4)
_CALENDAR: Final = {
    "@hourly": Rhythm(timedelta(hours=1), EPOCH),
    "@daily": Rhythm(timedelta(days=1), EPOCH),
    "@weekly": Rhythm(timedelta(days=7), _MONDAY),
}
_RETRAINS: Final = re.compile(r"([0-9][0-9_]*) per ([0-9][0-9_]*) labels")

MOST_RETRAINS: Final = 1_000
"""That a budget may allow: so many starts are remembered."""


def _a_schedule(value: str) -> str:
    if value not in _CALENDAR and _PERIOD.fullmatch(value) is None:
        wanted = ", ".join(_CALENDAR)
        raise ValueError(f"must be a period such as '30m', '24h' or '7d', or one of {wanted}")
    return value


def _an_allowance(value: str) -> str:
    match = _RETRAINS.fullmatch(value)
    if match is None:
        raise ValueError("must read like '5 per 10000 labels'")
    retrains, labels = allowance(value)
    if not 1 <= retrains <= MOST_RETRAINS or labels < 1:
        raise ValueError(f"must be 1 to {MOST_RETRAINS:,} per at least 1 label")
    return value


Schedule = Annotated[str, AfterValidator(_a_schedule)]
"""A rhythm as it is written."""

MaxRetrains = Annotated[str, AfterValidator(_an_allowance)]
"""A budget of challengers as it is written."""


@cache
def rhythm(schedule: str) -> Rhythm:
    """What a schedule means; calendars are in UTC, and weeks begin on Monday.

    >>> rhythm("36h").period, rhythm("36h").origin
    (datetime.timedelta(days=1, seconds=43200), None)
    """
    if schedule in _CALENDAR:
        return _CALENDAR[schedule]
    match = _PERIOD.fullmatch(schedule)
    assert match is not None
    return Rhythm(timedelta(**{_UNITS[match[2]]: int(match[1])}), None)


@cache
def allowance(budget: str) -> tuple[int, int]:
    """How many challengers may start in how many labels.

    >>> allowance("5 per 10_000 labels")
    (5, 10000)
    """
    match = _RETRAINS.fullmatch(budget)
    assert match is not None
    retrains, labels = (int(group.replace("_", "")) for group in match.groups())
    return retrains, labels
