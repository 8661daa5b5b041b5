"""The budget of false alarms: the part that each kind of watch may spend, and what it came to so far."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from schemas.alerts import Chance
from schemas.gauge import Drift

_DAY_S: Final = 86_400.0


class Part(StrEnum):
    """What spends a part of the budget."""

    ERRORS = "errors"
    COLUMNS = "columns"
    PERFORMANCE = "performance"


def budget_of(drift: Drift, part: Part) -> float:
    """False alarms per event that a part may spend."""
    share: float = getattr(drift.shares, part)
    return drift.budget * share


class Spending:
    """What one part may spend, how much it has looked at, and what it opened.

    ``events`` are those it has looked at: labels where it looks at labels.
    """

    __slots__ = ("_before", "_first", "_since", "alarms", "budget", "events", "newest")

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.events = 0
        self.alarms = 0
        self._before = 0.0
        self._since = 0
        self._first: datetime | None = None
        self.newest: datetime | None = None

    def look(self, time: datetime | None, events: int = 1) -> None:
        """Count events that were looked at, the newest of them at ``time``."""
        self.events += events
        if time is not None:
            self.newest = time
            if self._first is None:
                self._first = time

    def spend(self, budget: float) -> None:
        """Spend another budget from here on; what was looked at so far was looked at under the former."""
        if budget != self.budget:
            self._before, self._since, self.budget = self.expected, self.events, budget

    @property
    def expected(self) -> float:
        """Alarms that chance gives at most among the events so far."""
        return self._before + self.budget * (self.events - self._since)

    def chance(self, note: str | None = None) -> Chance:
        """What it comes to."""
        days = None
        if self._first is not None and self.newest is not None:
            days = max(0.0, (self.newest - self._first).total_seconds() / _DAY_S)
        return Chance(
            budget=self.budget, events=self.events, expected=self.expected, alarms=self.alarms, note=note, days=days
        )
