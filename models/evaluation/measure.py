"""Measures: what is looked at in the service's own answers, beside the metrics.

A new measure is a class in a file of its own, a row in `MEASURES`, and a field of `schemas.evaluated.Evaluated` that
goes by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol, runtime_checkable

from models.answer import Answer
from models.asked import Asked, Labelled
from models.counts import Counts
from models.evaluation.calibration import Calibration
from models.evaluation.decided import Decided
from models.evaluation.fairness.watch import FairnessWatch
from models.evaluation.metric_now import LateMetric
from models.evaluation.slices.slices import Slices
from models.evaluation.uncertainty import uncertainty_of
from models.names import Names
from models.turn import Turn
from schemas.events import Label
from schemas.gauge import Gauge


class Measure(Protocol):
    """Something measured over the service's answers; held-out events are never shown to it.

    It is a part of the state: what it holds is bounded, and follows from its arguments alone.
    """

    episodes: int
    """How many alerts it has opened."""

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file from the next record on."""

    def figures(self) -> Any:
        """What it has found, for its field of `schemas.evaluated.Evaluated`. Asked for seldom: it may take its time."""

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""


@runtime_checkable
class Watching(Measure, Protocol):
    """A measure that has to see each label as it comes: it emits alerts, or answers depend on it."""

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """An event was answered; its label is not known yet."""

    def label(self, asked: Asked, y: Label, served: Answer, turn: Turn) -> None:
        """The label of an event has come, in order of arrival; ``served`` is what the service had answered."""


@runtime_checkable
class Counting(Measure, Protocol):
    """A measure that only counts: it is shown many labels at once, which costs less."""

    def extend(self, labelled: Sequence[Labelled]) -> None:
        """These labels have come, in this order. In any portions they come to the same, to the last bit."""


MEASURES: Final[dict[str, Callable[[Gauge, Names, Counts], Measure | None]]] = {
    "fairness": FairnessWatch.of,
    "slices": lambda gauge, names, counts: Slices(gauge) if gauge.slices else None,
    "metric_now": LateMetric.of,
    "decision": lambda gauge, names, counts: Decided.of(gauge),
    "uncertainty": lambda gauge, names, counts: uncertainty_of(gauge),
    "calibration": lambda gauge, names, counts: Calibration.of(gauge),
}
"""By name, what makes the measure that a gauge file asks for; ``None`` where it does not."""


def measures_of(gauge: Gauge, names: Names, counts: Counts) -> dict[str, Measure]:
    """The measures that a gauge file asks for, empty."""
    made = {name: make(gauge, names, counts) for name, make in MEASURES.items()}
    return {name: measure for name, measure in made.items() if measure is not None}
