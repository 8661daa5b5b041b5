"""Whose model a challenger begins with, where it does not begin with a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from models.judging.judge import Judge
from models.retraining.guard import Guard
from models.retraining.registry import Registry
from models.retraining.roster import Roster
from models.retraining.starts import FEWEST_JUDGED, Model, Starts
from models.retraining.version import Version


class Source(NamedTuple):
    """A copy of a version to begin as; ``words`` says of which, and why."""

    twin: Version
    words: str


class Sources:
    """Finds the version that a challenger of the leading candidate begins as; its model is copied.

    A model that cannot be copied is passed over.
    """

    def __init__(self, starts: Starts, roster: Roster, registry: Registry, guard: Guard, judge: Judge) -> None:
        self._starts = starts
        self._roster = roster
        self._registry = registry
        self._guard = guard
        self._judge = judge

    def find(self) -> Source | None:
        """``None`` where the challenger begins with a new model."""
        return _BY_MODEL[self._starts.model](self)

    def _champions(self) -> Source | None:
        standing = self._roster.standing.get(self._roster.leader)
        twin = None if standing is None else self._twin(standing)
        return None if twin is None else Source(twin, f"it begins as a copy of version {twin.name}")

    def _retired(self) -> Source | None:
        """The retired version that would have been better than the champion on the labels that are kept, the best one.

        Labels that it has learned are left out. The champion's answers are those that it gave before it learned each.
        """
        best, most = None, 0.0
        for version in self._registry.retired.of(self._roster.leader):
            twin = self._twin(version)
            gain = None if twin is None else self._gain(twin)
            if twin is not None and gain is not None and gain > most:
                best, most = twin, gain
        if best is None:
            return None
        return Source(best, f"version {best.name} is called back: its loss on the newest labels is {most:.3g} lower")

    def _gain(self, twin: Version) -> float | None:
        gains = []
        for (x, y, position), loss in self._starts.judged():
            if twin.learned_last is not None and position <= twin.learned_last:
                continue
            answers, _ = self._guard.ask((twin,), x, position)
            other = self._judge.loss(y, answers[twin.name])
            if other is not None:
                gains.append(loss - other)
        return sum(gains) / len(gains) if len(gains) >= FEWEST_JUDGED else None

    def _twin(self, version: Version) -> Version | None:
        return self._guard.attempt(lambda: self._registry.twin(version))


_BY_MODEL: Final[dict[Model, Callable[[Sources], Source | None]]] = {
    Model.NEW: lambda sources: None,
    Model.CHAMPIONS: Sources._champions,
    Model.RETIRED: Sources._retired,
}
