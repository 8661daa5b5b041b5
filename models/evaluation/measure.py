"""Measures: what is looked at in the service's own answers, beside the metrics.

A new measure is a class in a file of its own, a row in `MEASURES`, and a field of `schemas.evaluated.Evaluated` that
goes by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol, runtime_checkable

from models.answer import Answer
from models.asked import Asked, Labelled
from models.drift.episodes import Episodes
from models.evaluation.calibration import Calibration
from models.evaluation.decided import Decided
from models.evaluation.fairness.watch import FairnessWatch
from models.evaluation.late.metric_now import LateMetric
from models.evaluation.slices.slices import Slices
from models.evaluation.uncertainty.uncertainty import uncertainty_of
from models.turn import Turn
from schemas.events import Label
from schemas.gauge import Gauge


class Measure(Protocol):
    """Something measured over the service's answers; held-out events are never shown to it.

    It is a part of the state: what it holds is bounded, and follows from its arguments alone.
    """

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
class Closing(Measure, Protocol):
    """A measure that may have episodes to close of what is no longer asked for."""

    @property
    def given_up(self) -> bool:
        """Whether it has."""


@runtime_checkable
class Counting(Measure, Protocol):
    """A measure that only counts: it is shown many labels at once, which costs less."""

    def extend(self, labelled: Sequence[Labelled]) -> None:
        """These labels have come, in this order. In any portions they come to the same, to the last bit."""


MEASURES: Final[dict[str, Callable[[Gauge, Episodes], Measure | None]]] = {
    "fairness": FairnessWatch.of,
    "slices": lambda gauge, _: Slices(gauge) if gauge.slices else None,
    "metric_now": lambda gauge, _: LateMetric.of(gauge),
    "decision": lambda gauge, _: Decided.of(gauge),
    "uncertainty": lambda gauge, _: uncertainty_of(gauge),
    "calibration": lambda gauge, _: Calibration.of(gauge),
}
"""By name, what makes the measure that a gauge file asks for; ``None`` where it does not."""


class Measures:
    """The measures that a gauge file asks for."""

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self._episodes = episodes
        self._arrange(self._made(gauge))

    def _made(self, gauge: Gauge) -> dict[str, Measure]:
        made = {name: make(gauge, self._episodes) for name, make in MEASURES.items()}
        return {name: measure for name, measure in made.items() if measure is not None}

    def _arrange(self, measures: dict[str, Measure]) -> None:
        self.by_name = measures
        self._watching = [measure for measure in measures.values() if isinstance(measure, Watching)]
        self._counting = [measure for measure in measures.values() if isinstance(measure, Counting)]

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file from the next record on."""
        for measure in self.by_name.values():
            measure.adopt(gauge)
        made = self._made(gauge)
        # One that is no longer asked for and has open episodes stays to close them.
        left = {
            name: one
            for name, one in self.by_name.items()
            if name not in made and isinstance(one, Closing) and one.given_up
        }
        self._arrange({name: self.by_name.get(name, measure) for name, measure in made.items()} | left)

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """An event was answered; its label is not known yet."""
        for measure in self._watching:
            measure.predicted(asked, turn)

    def label(self, asked: Asked, y: Label, turn: Turn) -> None:
        """The label of an event has come: for those that have to see it at once."""
        if self._watching:
            served = asked.served
            for measure in self._watching:
                measure.label(asked, y, served, turn)

    def extend(self, labelled: Sequence[Labelled]) -> None:
        """These labels have come, in this order: for those that only count."""
        for measure in self._counting:
            measure.extend(labelled)

    def figures(self) -> dict[str, Any]:
        """What each has found, by the name of its field of `schemas.evaluated.Evaluated`."""
        return {name: measure.figures() for name, measure in self.by_name.items()}

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for name, measure in self.by_name.items():
            yield from (f"{name}: {what}" for what in measure.broken())
