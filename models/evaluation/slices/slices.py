"""Slices: the leading metric of every group of events, and whose losses differ from everybody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from models.answer import Answer
from models.asked import Labelled
from models.evaluation.metrics.chosen import leading_of
from models.evaluation.population import Population, population_of
from models.evaluation.slices.evidence import NOWHERE, Evidence, Found
from models.evaluation.slices.flags import flagged
from models.groups import said_of
from models.judging.judge import Judge, judges_by_log_loss
from models.judging.losses import WORST_LOG_LOSS, AbsoluteErrorScale
from schemas.evaluated import Flag, GroupFigures, Sureness
from schemas.events import Label
from schemas.gauge import Gauge, Task

ALPHA: Final = 0.05


_GET: Final[Any] = dict.get


class Slices:
    """The groups of every slice that a gauge declares, over the service's own answers.

    A flag compares the losses by which models are judged: 0/1, clipped log loss, or the absolute error, which is scaled
    to [0, 1] as for drift. There are as many groups as `models.groups.Groups` lets there be.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._metric = leading_of(gauge)
        self._task = gauge.task
        self._judge = Judge(gauge)
        self._scale = AbsoluteErrorScale() if gauge.task is Task.REGRESSION else None
        self._unit = WORST_LOG_LOSS if judges_by_log_loss(gauge) else 1.0
        self._n = 0
        self._said = said_of(gauge)
        """What the gauge file says of each slice: where it changes, another slice begins."""
        self._slices: list[dict[str, Group]] = [{} for _ in self._said]
        self._evidence = Evidence(slices=len(self._said))
        self._nowhere = Group(NOWHERE, population_of(self._metric, gauge.task))
        """Stands for the group of an event that was asked before there was the slice."""

    def extend(self, labelled: Sequence[Labelled]) -> None:
        """Take in the service's answers to events whose labels have come, one after the other."""
        answered: list[tuple[Label, Answer]] = []
        members: list[list[Group]] = []
        for asked, y, _ in labelled:
            served = asked.served
            loss = self._judge.loss(y, served)
            if loss is None:
                continue
            if self._scale is not None:
                loss = self._scale.loss(loss)
            groups: list[Any] = [*map(_GET, self._slices, asked.aside)]
            if None in groups:
                groups = [self._entered(*one) for one in zip(self._slices, asked.aside, strict=True)]
            answered.append((y, served))
            members.append(groups)
            self._evidence.update([group.number for group in groups], loss)
        self._n += len(answered)
        for column in zip(*members, strict=True):
            apart: dict[Group, list[tuple[Label, Answer]]] = {group: [] for group in column}
            for group, one in zip(column, answered, strict=True):
                apart[group].append(one)
            for group, own in apart.items():
                group.population.extend(own)

    def _entered(self, groups: dict[str, Group], name: str | None) -> Group:
        if name is None:
            return self._nowhere
        if name not in groups:
            groups[name] = Group(self._evidence.enter(), population_of(self._metric, self._task))
        return groups[name]

    def adopt(self, gauge: Gauge) -> None:
        """Continue with the slices of another gauge file; those that it describes as before keep what they have."""
        before = self._said
        self._said = said_of(gauge)
        then = [*before.values()]
        at = [then.index(said) if said in then else None for said in self._said.values()]
        self._slices = [{} if place is None else self._slices[place] for place in at]
        groups = [group for one in self._slices for group in one.values()]
        self._evidence.keep(at, [group.number for group in groups])
        for number, group in enumerate(groups):
            group.number = number

    def figures(self) -> dict[str, tuple[GroupFigures, ...]] | None:
        """The groups of each slice, in the order in which they were met; ``None`` without slices."""
        if not self._said:
            return None
        unit = self._unit if self._scale is None else self._scale.scale or 1.0
        found = self._evidence.found()
        sure = flagged([one.value for one in found], alpha=ALPHA)
        return {
            name: tuple(
                _figures(group, named, found[named.number], sure[named.number], unit) for group, named in groups.items()
            )
            for name, groups in zip(self._said, self._slices, strict=True)
        }

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for slice_name, groups in zip(self._said, self._slices, strict=True):
            counted = sum(group.population.n for group in groups.values())
            if counted > self._n:
                yield f"slice {slice_name} has {counted} answers, and {self._n} were given"
            for name, group in groups.items():
                yield from (f"slice {slice_name}, {name}: {what}" for what in group.population.broken())


class Group:
    """One group of a slice; its number is the one that the evidence has it under."""

    __slots__ = ("number", "population")

    def __init__(self, number: int, population: Population) -> None:
        self.number = number
        self.population = population


def _figures(name: str, group: Group, found: Found, sureness: Sureness | None, unit: float) -> GroupFigures:
    gap = found.gap
    return GroupFigures(
        group=name,
        figure=group.population.figure(),
        gap=None if gap is None else gap * unit,
        pairs=found.pairs,
        evidence=found.value,
        flag=None if sureness is None or gap is None else Flag.WORSE if gap > 0 else Flag.BETTER,
        sureness=sureness,
    )
