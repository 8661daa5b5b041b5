"""A reason for a challenger: the events' own time has come to the next moment of a schedule.

The time of the log is the median of the newest `TIMES` events' times, so that a few that are late, early or wrong move
nothing. A schedule whose moments were passed while nothing came is due once, and not once for each.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from models.retraining.policy.facts import Facts
from schemas.gauge import Retraining
from schemas.gauge.pace import rhythm
from schemas.moments import EPOCH

TIMES: Final = 15
_MICROSECOND: Final = timedelta(microseconds=1)


class OnSchedule:
    """The moments are numbered: ``origin + number * period``. Due when the log's time is past a later one.

    Parameters
    ----------
    policy
        What may have a schedule; without one no time is looked at.
    """

    def __init__(self, policy: Retraining) -> None:
        self._policy = policy
        self._origin: int | None = None
        self._times: deque[int] = deque(maxlen=TIMES)
        self._number: int | None = None
        """That of the newest moment that was obeyed, or that the schedule began with."""
        self._is_due = False

    @property
    def is_on(self) -> bool:
        """See `Condition.is_on`."""
        return self._policy.schedule is not None

    def adopt(self, policy: Retraining) -> None:
        """See `Condition.adopt`. Another schedule begins with the next event."""
        if policy.schedule != self._policy.schedule:
            self._origin, self._number, self._is_due = None, None, False
            self._times.clear()
        self._policy = policy

    def take(self, facts: Facts) -> None:
        """See `Condition.take`."""
        if facts.time is None or self._policy.schedule is None:
            return
        time, every = _since_epoch(facts.time), rhythm(self._policy.schedule)
        if self._origin is None:
            self._origin = time if every.origin is None else _since_epoch(every.origin)
        self._times.append(time)
        period = every.period // _MICROSECOND
        if len(self._times) < TIMES or (time - self._origin) // period == self._number:
            return  # a time of the present stretch takes the median to no other one
        number = (sorted(self._times)[TIMES // 2] - self._origin) // period
        if self._number is None or number < self._number - 1:
            # The schedule begins; or the events' clock was ahead of itself, and has been set right.
            self._number, self._is_due = number, False
        elif number > self._number:
            self._number, self._is_due = number, True

    def due(self, labels: int) -> str | None:
        """See `Condition.due`."""
        return "schedule" if self._is_due else None

    def started(self, labels: int) -> None:
        """See `Condition.started`."""
        self._is_due = False

    @property
    def next(self) -> datetime | None:
        """The next moment; ``None`` while it is not known."""
        if self._policy.schedule is None or self._number is None or self._origin is None:
            return None
        period = rhythm(self._policy.schedule).period // _MICROSECOND
        try:
            return EPOCH + (self._origin + (self._number + 1) * period) * _MICROSECOND
        except OverflowError:
            return None  # after the year 9999


def _since_epoch(time: datetime) -> int:
    # In microseconds; a division of timedeltas takes three times as long.
    since = time - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
