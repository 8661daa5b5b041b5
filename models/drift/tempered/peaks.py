"""The threshold: what the evidence must reach, raised where the stream itself has driven it high before."""

from __future__ import annotations

from math import exp, log
from typing import Final

PRIOR_PEAKS: Final = 4.0
"""Peaks that are taken for seen at the start, of the height that bets against a known mean would have."""

MEMORY_BUDGETS: Final = 4.0
"""Events remembered, in units of 1 / budget; then everything that was counted is halved."""


class Peaks:
    """The evidence's own past peaks above the level u = 0.01 / budget, and the threshold that follows from them.

    The heights ``ln(peak / u)`` of what bets gain by chance have an exponential tail, of mean 1 at most where the mean
    is known. With N peaks in n events, of which C went by without an alarm, and S the sum of all heights::

        threshold = max(1 / budget, u * ((N + 4) / (budget * (n + 4 * u))) ** max(1, (S + 4) / (C + 4)))

    is passed ``budget`` times per event. An alarm is a peak of at least the threshold's height; it counts when it is
    confirmed, and never if it is forgiven before.
    """

    __slots__ = ("_alarm", "_budget", "_complete", "_events", "_heights", "_level", "_peak", "_peaks")

    def __init__(self, budget: float) -> None:
        self._budget = budget
        self._level = 0.01 / budget
        self._events = 0.0
        self._peaks = 0.0
        self._complete = 0.0
        self._heights = 0.0
        self._peak = 0.0
        self._alarm: float | None = None

    @property
    def level(self) -> float:
        """u, from which a peak is one."""
        return self._level

    def see(self, evidence: float) -> None:
        """Count one event."""
        self._events += 1.0
        if evidence > self._level or self._peak:
            if evidence > self._peak:
                self._peak = evidence
            elif evidence < self._level / 4:
                self._peaks += 1.0
                self._complete += 1.0
                self._heights += log(self._peak / self._level)
                self._peak = 0.0
        if self._events > MEMORY_BUDGETS / self._budget:
            self._scale(0.5)
            self._events /= 2

    def alarmed(self, threshold: float) -> None:
        """The evidence has reached the threshold: a peak of which no more is known than that."""
        self.confirm()
        self._alarm = log(threshold / self._level)

    def confirm(self) -> None:
        """Nothing better has come of the newest alarm: the stream jumps so by itself."""
        if self._alarm is not None:
            self._peaks += 1.0
            self._heights += self._alarm
            self._alarm = None

    def forgive(self) -> None:
        """The newest alarm was true, for a better model has come of it: no peak."""
        self._alarm = None

    def drop(self) -> None:
        """The reference has ended, and with it the peak that was open."""
        self._peak = 0.0

    @property
    def threshold(self) -> float:
        """What the evidence has to reach."""
        height = max((self._heights + PRIOR_PEAKS) / (self._complete + PRIOR_PEAKS), 1.0)
        allowed = self._budget * (self._events + PRIOR_PEAKS * self._level)
        above = log(self._level) + height * log((self._peaks + PRIOR_PEAKS) / allowed)
        return exp(min(max(above, -log(self._budget)), 700.0))

    def spend(self, budget: float) -> None:
        """Keep another budget: the tail that was found tells how many peaks pass another level."""
        height = max((self._heights + PRIOR_PEAKS) / (self._complete + PRIOR_PEAKS), 1.0)
        self._scale((budget / self._budget) ** (1 / height))
        if self._alarm is not None:
            self._alarm = max(0.0, self._alarm + log(budget / self._budget))
        self._budget = budget
        self._level = 0.01 / budget
        self._peak = 0.0

    def _scale(self, factor: float) -> None:
        self._peaks *= factor
        self._complete *= factor
        self._heights *= factor
