"""The model versions that were published: who leads each partition, and each version's life step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from schemas.records import ModelVersion, VersionStep
from streams.view.episodes import order
from streams.view.published import Published

MOST: Final = 1_000
"""Versions kept of a gauge, and the champions of all partitions; the oldest that are gone go first."""
MOST_STEPS: Final = 64
"""Steps kept of one version: the first ones, and of what is more the newest."""

_GONE: Final = frozenset({VersionStep.REJECTED, VersionStep.RETIRED, VersionStep.ROLLED_BACK})
_LEFT_THE_LEAD: Final = frozenset({VersionStep.DEMOTED, *_GONE})


@dataclass(slots=True)
class Life:
    """One version: its steps, the newest last."""

    partition: int
    published: Published
    """The newest step as it was published."""
    steps: list[ModelVersion] = field(default_factory=list)
    is_over: bool = False
    """Whether its partition was started over without it."""

    @property
    def name(self) -> str:
        """Its name, which no other version of the gauge has."""
        return self.last.version

    @property
    def last(self) -> ModelVersion:
        """The newest step."""
        return self.steps[-1]

    @property
    def is_gone(self) -> bool:
        """Whether it has been retired, rejected or rolled back, or ended with its epoch, as far as is known."""
        return self.is_over or self.last.step in _GONE


class Versions:
    """All versions of a gauge that were read and are kept."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_name: dict[str, Life] = {}
        self._champions: dict[int, str] = {}
        self._proposed: dict[int, str] = {}
        self._paused: dict[int, ModelVersion] = {}
        self._epochs: dict[int, int] = {}

    def take(self, published: Published, step: ModelVersion) -> None:
        """The next step of a version."""
        life = self._by_name.get(step.version)
        if life is None:
            self._make_room()
            life = self._by_name[step.version] = Life(published.partition, published)
        elif len(life.steps) == MOST_STEPS:
            del life.steps[MOST_STEPS // 2]
        life.steps.append(step)
        life.published = published
        partition = published.partition
        if step.step is VersionStep.PROMOTED:
            self._champions[partition] = step.version
        elif step.step in _LEFT_THE_LEAD and self._champions.get(partition) == step.version:
            del self._champions[partition]
        self._wait_for_operators(partition, published.place.epoch, step)

    def _wait_for_operators(self, partition: int, epoch: int, step: ModelVersion) -> None:
        if epoch > self._epochs.get(partition, 0):
            self._epochs[partition] = epoch
            if not _goes_on(step, epoch):
                self._end(partition, epoch)
        if step.step is VersionStep.PROPOSED:
            self._proposed[partition] = step.version
        elif self._proposed.get(partition) == step.version:
            del self._proposed[partition]  # every other step ends it
        if step.step is VersionStep.PAUSED:
            self._paused[partition] = step
        elif step.step is VersionStep.RESUMED:
            self._paused.pop(partition, None)

    def _end(self, partition: int, epoch: int) -> None:
        """An epoch begins with nothing: nothing is paused or proposed, and no version from before lives."""
        self._paused.pop(partition, None)
        self._proposed.pop(partition, None)
        for life in self._by_name.values():
            life.is_over |= life.partition == partition and life.published.place.epoch < epoch

    def champion(self, partition: int) -> Life | None:
        """Who leads a partition, as far as is known."""
        name = self._champions.get(partition)
        return None if name is None else self._by_name.get(name)

    def proposed(self, partition: int) -> Life | None:
        """Which version of a partition waits for an operator's approval, as far as is known."""
        name = self._proposed.get(partition)
        return None if name is None else self._by_name.get(name)

    def paused(self, partition: int) -> ModelVersion | None:
        """The step by which an operator paused a partition's learning, if nobody has resumed it, as far as is known."""
        return self._paused.get(partition)

    def newest_first(self) -> list[Life]:
        """By the time of their newest step."""
        return sorted(self._by_name.values(), key=lambda one: order(one.published), reverse=True)

    def get(self, name: str) -> Life | None:
        """A version by its name."""
        return self._by_name.get(name)

    def _make_room(self) -> None:
        if len(self._by_name) >= self._most:
            wanted = {*self._champions.values(), *self._proposed.values()}
            spare = [name for name in self._by_name if name not in wanted]
            if spare:
                del self._by_name[next((name for name in spare if self._by_name[name].is_gone), spare[0])]


def _goes_on(first: ModelVersion, epoch: int) -> bool:
    """Whether an epoch goes on with the state of one before (``reset --version``), by its first step: that is of a
    version from before, of a child of one, or of a candidate that was added to those there were.
    """
    parent = "" if first.parent is None or first.parent.startswith("saved:") else first.parent
    return first.trigger == "added" or any(_epoch_of(name) < epoch for name in (first.version, parent) if name)


def _epoch_of(version: str) -> int:
    """The epoch in which a version was made: 1 of ``2.1-7``, 0 of ``2-7``."""
    epoch = version.partition("-")[0].partition(".")[2]
    return int(epoch) if epoch.isdecimal() else 0
