"""Slices: the leading metric of every group of events, and whose losses differ from everybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.answer import Answer
from models.asked import Asked
from models.evaluation.chosen import leading_of
from models.evaluation.population import Population, Rightness, population_of
from models.evaluation.slices.evidence import Evidence
from models.evaluation.slices.flags import flagged
from models.groups import said_of
from models.judge import Judge, judges_by_log_loss
from models.losses import WORST_LOG_LOSS, AbsoluteErrorScale
from models.turn import Turn
from schemas.evaluated import Flag, GroupFigures
from schemas.events import Label
from schemas.gauge import Gauge, Task

ALPHA: Final = 0.05


class Slices:
    """The groups of every slice that a gauge declares, over the service's own answers.

    A flag compares the losses by which models are judged: 0/1, clipped log loss, or the absolute error, which is scaled
    to [0, 1] as for drift. There are as many groups as `models.groups.Groups` lets there be.
    """

    def __init__(self, gauge: Gauge) -> None:
        self.episodes = 0
        self._metric = leading_of(gauge)
        self._task = gauge.task
        self._judge = Judge(gauge)
        self._scale = AbsoluteErrorScale() if gauge.task is Task.REGRESSION else None
        self._unit = WORST_LOG_LOSS if judges_by_log_loss(gauge) else 1.0
        self._by_error = type(population_of(self._metric, gauge.task)) is Rightness
        self._n = 0
        self._total = 0.0
        self._slices = [Slice(name, said) for name, said in said_of(gauge).items()]

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """An event was answered: nothing is known of it yet."""

    def label(self, asked: Asked, y: Label, served: Answer, turn: Turn) -> None:
        """Take in the service's answer to an event, now that its label is known."""
        loss = self._judge.loss(y, served)
        if loss is None:
            return
        if self._scale is not None:
            loss = self._scale.loss(loss)
        n, total = self._n, self._total
        self._n, self._total = after = n + 1, total + loss
        wrong = 0.0 if y == served[0] else 1.0
        by_error = self._by_error
        for one, name in zip(self._slices, asked.aside, strict=False):
            group = one.groups.get(name or "")
            if group is None and name is not None:
                group = one.groups[name] = Group(population_of(self._metric, self._task))
            running = one.running
            if running is not group:
                if running is not None:
                    running.evidence.end_run(n, total)
                if group is not None:
                    group.evidence.begin_run(loss, *after)
                one.running = group
            if group is None:
                continue
            if by_error:
                group.population.error.update(wrong)
            else:
                group.population.update(y, served)

    def adopt(self, gauge: Gauge) -> None:
        """Continue with the slices of another gauge file; those that it describes as before keep what they have."""
        kept = {one.said: one for one in self._slices}
        self._slices = [kept.get(said) or Slice(name, said) for name, said in said_of(gauge).items()]

    def figures(self) -> dict[str, tuple[GroupFigures, ...]] | None:
        """The groups of each slice, in the order in which they were met; ``None`` without slices."""
        if not self._slices:
            return None
        unit = self._unit if self._scale is None else self._scale.scale or 1.0
        evidence = [group.evidence.value() for one in self._slices for group in one.groups.values()]
        sure = zip(evidence, flagged(evidence, alpha=ALPHA), strict=True)
        found: dict[str, tuple[GroupFigures, ...]] = {}
        for one in self._slices:
            groups = []
            for name, group in one.groups.items():
                e, sureness = next(sure)
                gap = group.evidence.gap
                groups.append(
                    GroupFigures(
                        group=name,
                        figure=group.population.figure(),
                        gap=None if gap is None else gap * unit,
                        pairs=group.evidence.pairs,
                        evidence=e,
                        flag=None if sureness is None or gap is None else Flag.WORSE if gap > 0 else Flag.BETTER,
                        sureness=sureness,
                    )
                )
            found[one.name] = tuple(groups)
        return found

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for one in self._slices:
            counted = sum(group.population.n for group in one.groups.values())
            if counted > self._n:
                yield f"slice {one.name} has {counted} answers, and {self._n} were given"
            for name, group in one.groups.items():
                yield from (f"slice {one.name}, {name}: {what}" for what in group.population.broken())


class Slice:
    """One slice: its groups by name, and the one that the newest event was in."""

    __slots__ = ("groups", "name", "running", "said")

    def __init__(self, name: str, said: str) -> None:
        self.name = name
        self.said = said
        """What the gauge file says of it: where this changes, another slice begins."""
        self.groups: dict[str, Group] = {}
        self.running: Group | None = None


class Group:
    """One group of a slice."""

    __slots__ = ("evidence", "population")

    def __init__(self, population: Population) -> None:
        self.population = population
        self.evidence = Evidence()
