"""A budget of false alarms: ``"1 per 100000 events"``."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

_RATE: Final = re.compile(r"([0-9][0-9_]*) per ([0-9][0-9_]*) events")


def _a_rate(value: str) -> str:
    if _RATE.fullmatch(value) is None:
        raise ValueError("must read like '1 per 100000 events'")
    if not 0 < per_event(value) <= 0.01:
        raise ValueError("must be above 0 and at most 1 per 100 events")
    return value


FalseAlarms = Annotated[str, AfterValidator(_a_rate)]
"""How many false alarms are allowed per number of events."""


def per_event(budget: str) -> float:
    """False alarms per event; 0 where it allows none, or none in no events.

    >>> per_event("1 per 100_000 events")
    1e-05
    """
    match = _RATE.fullmatch(budget)
    assert match is not None
    alarms, events = (int(group.replace("_", "")) for group in match.groups())
    return alarms / max(events, 1)
