"""How far the service is ahead of a baseline, on the same events."""

from __future__ import annotations

from collections import deque
from typing import Final

from models.answer import Answer
from models.evaluation.dependent_mean import DependentMean
from models.evaluation.loss_sums import Kind, LossSums
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Gauge, Task

MOST: Final = 2_000
"""The longest stretch of newest events that is looked at."""


class Lead:
    """The baseline's error less the service's, event by event, where both have answered.

    What makes both wrong at once is in neither's favour, so the lead is surer than the two figures are.
    """

    __slots__ = ("_mean", "_newest", "_numeric")

    def __init__(self, gauge: Gauge) -> None:
        self._numeric = gauge.task is Task.REGRESSION
        self._mean = DependentMean()
        self._newest: deque[float] = deque(maxlen=min(gauge.evaluation.window_events, MOST))

    @property
    def n(self) -> int:
        """How many events both have answered."""
        return self._mean.n

    def update(self, y: Label, served: Answer, baseline: Answer) -> None:
        """Take in one event."""
        ours, theirs = served[0], baseline[0]
        if ours is None or theirs is None:
            return
        ahead = abs(theirs - y) - abs(ours - y) if self._numeric else 0.0 + (theirs != y) - (ours != y)
        self._mean.update(ahead)
        self._newest.append(ahead)

    def figure(self) -> Figure:
        """Over all events, above 0 where the service is better: a share of events, or units of the label.

        The interval holds however often one looks.
        """
        return self._mean.difference()

    def recent(self) -> Figure:
        """The same over the newest events."""
        return LossSums.of(self._newest).figure(Kind.DIFFERENCE, any_time=True)
