"""How many of the events that each population was asked have got their label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from models.asked import Lineup
from models.evaluation.series import Series
from schemas.evaluated import Figure


class Coverage:
    """Events asked and labels that came for them: of the service, each candidate, and each live version.

    Held-out events are never shown to it. An event counts for a candidate while a version stands for it, and for a
    version from its first answer on; so does the label of such an event, and no other. An event to which a model said
    nothing counts on both sides. Per event it adds to one number: the others are differences of it.
    """

    __slots__ = ("_asked", "_asked_of", "_before", "_labels", "_labels_of", "_lineup", "_since", "_versions")

    def __init__(self) -> None:
        self._asked = 0
        self._labels = 0
        self._lineup: Lineup | None = None
        self._since = 0
        """Events asked before the lineup of now."""
        self._asked_of: dict[str, int] = {}
        """Events asked of each candidate, before the lineup of now."""
        self._labels_of: dict[str, int] = {}
        self._before: dict[str, int] = {}
        """Events asked before each live version."""
        self._versions: dict[str, int] = {}
        """Labels of each live version."""

    def living(self, versions: Iterable[str]) -> None:
        """These versions are asked from the next event on, and no others."""
        before, labels = self._before, self._versions
        self._before = {name: before.get(name, self._asked) for name in versions}
        self._versions = {name: labels.get(name, 0) for name in self._before}

    def predicted(self, lineup: Lineup) -> None:
        """An event was asked."""
        if lineup is not self._lineup:
            for name in self._standing():
                self._asked_of[name] = self._asked_of.get(name, 0) + self._asked - self._since
            self._lineup, self._since = lineup, self._asked
        self._asked += 1

    def labelled(self, lineup: Lineup, n: int, versions: Mapping[str, int]) -> None:
        """Labels came for ``n`` events asked under a lineup; ``versions`` says for how many each live one was asked."""
        self._labels += n
        for name in lineup.standing:
            self._labels_of[name] = self._labels_of.get(name, 0) + n
        for name, labels in versions.items():
            self._versions[name] = self._versions.get(name, 0) + labels

    @property
    def service(self) -> float | None:
        """Of the service, and of each baseline: they are asked every event."""
        return share(self._labels, self._asked)

    def candidate(self, name: str) -> float | None:
        """Of a candidate, whichever versions stood for it."""
        asked = self._asked_of.get(name, 0) + (self._asked - self._since if name in self._standing() else 0)
        return share(self._labels_of.get(name, 0), asked)

    def version(self, name: str) -> float | None:
        """Of a live version."""
        return share(self._versions.get(name, 0), self._asked - self._before.get(name, self._asked))

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        shares = {
            "the service": self.service,
            **{f"candidate {name}": self.candidate(name) for name in self._labels_of},
            **{f"version {name}": self.version(name) for name in self._versions},
        }
        for name, found in shares.items():
            if found is not None and found > 1:
                yield f"{name} has labels for {found:.1%} of the events that it was asked"

    def _standing(self) -> Iterable[str]:
        return () if self._lineup is None else self._lineup.standing


def share(labels: int, asked: int) -> float | None:
    """The share of what was asked that has its label; ``None`` before anything was asked."""
    return labels / asked if asked else None


def covered(series: Series, coverage: float | None) -> dict[str, Figure]:
    """A series' lifetime figures with their coverage, but for metrics that were added later: they missed answers."""
    return {
        name: replace(figure, coverage=coverage) if series.seen(name) == series.n else figure
        for name, figure in series.measured().items()
    }
