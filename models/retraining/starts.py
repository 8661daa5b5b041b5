"""How a challenger begins: from nothing, from labels that are kept for it, or with the model of another version."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from models.retraining.version import Version
from schemas.events import Features, Label
from schemas.gauge import Retraining

RECALL_LABELS: Final = 100
"""Labels at most by which it is judged whether a retired version is called back."""

Lesson: TypeAlias = tuple[Features, Label, int]
"""A labelled event, and the position of its label."""


class Model(Enum):
    """Whose model a challenger begins with."""

    NEW = "new"
    CHAMPIONS = "champions"
    RETIRED = "retired"


class Since(Enum):
    """From when on labels are kept; of them the newest, up to a bound."""

    BEGINNING = "beginning"
    WARNING = "warning"


class Start(NamedTuple):
    """One way to begin: ``model``, the labels that are kept, at most ``labels`` of them since ``since``."""

    model: Model
    labels: Callable[[Retraining], int]
    since: Since


STARTS: Final[dict[str, Start]] = {
    "fresh": Start(Model.NEW, lambda policy: 0, Since.BEGINNING),
    "recent": Start(Model.NEW, lambda policy: policy.recent_labels, Since.BEGINNING),
    "copy": Start(Model.CHAMPIONS, lambda policy: policy.recent_labels, Since.BEGINNING),
    "warning": Start(Model.NEW, lambda policy: policy.recent_labels, Since.WARNING),
    "recalled": Start(Model.RETIRED, lambda policy: RECALL_LABELS, Since.WARNING),
}
"""By what the gauge file says."""


class Starts:
    """The labels that are kept for new versions, the oldest first, each with the champion's loss."""

    def __init__(self, policy: Retraining) -> None:
        self._policy = policy
        self._recent: deque[Lesson] = deque(maxlen=STARTS[policy.start].labels(policy))
        self._losses: deque[float | None] = deque(maxlen=self._recent.maxlen)
        self._was_warned = False
        self._is_open = STARTS[policy.start].since is Since.BEGINNING

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if self._recent.maxlen != STARTS[self._policy.start].labels(self._policy):
            yield f"up to {self._recent.maxlen} labels are kept, and the gauge file wants another number"
        if len(self._losses) != len(self._recent):
            yield f"{len(self._recent)} labels are kept with {len(self._losses)} losses"

    def adopt(self, policy: Retraining) -> None:
        """Begin as a changed policy says from here on; of the labels that are kept those stay that it keeps, too."""
        start = STARTS[policy.start]
        if start.since is not STARTS[self._policy.start].since:
            self._is_open = start.since is Since.BEGINNING
            if not self._is_open:
                self._recent.clear()
                self._losses.clear()
        self._policy = policy
        most = start.labels(policy)
        self._recent = deque(self._recent, maxlen=most)
        self._losses = deque(self._losses, maxlen=most)

    @property
    def model(self) -> Model:
        """Whose model a challenger begins with."""
        return STARTS[self._policy.start].model

    def keep(
        self, x: Features, y: Label, position: int, *, warned: bool | None = None, loss: float | None = None
    ) -> None:
        """A label was learned at a position.

        ``warned`` says whether the watch on the error is at its warning level, ``None`` if it did not look; ``loss`` is
        the champion's, ``None`` if it gave no answer.
        """
        if not self._recent.maxlen:
            return
        if warned is not None:
            if warned and not self._was_warned and STARTS[self._policy.start].since is Since.WARNING:
                self._recent.clear()
                self._losses.clear()
                self._is_open = True
            self._was_warned = warned
        if self._is_open:
            self._recent.append((x, y, position))
            self._losses.append(loss)

    def lessons(self, newer_than: int | None = None) -> Iterator[Lesson]:
        """What a new version learns before anything else.

        ``newer_than`` is the position of the last label that its model has learned. A copy of the champion learns what
        is kept once more, one that is called back only what came later.
        """
        if newer_than is None or self.model is not Model.RETIRED:
            return iter(self._recent)
        return (lesson for lesson in self._recent if lesson[2] > newer_than)

    def judged(self) -> list[tuple[Lesson, float]]:
        """The labels that are kept and for which the champion had an answer, with its loss."""
        pairs = zip(self._recent, self._losses, strict=True)
        return [(lesson, loss) for lesson, loss in pairs if loss is not None]


class Retired:
    """The last versions of each candidate that others have replaced: at most `KEPT`, the oldest first."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[Version]] = {}

    def __iter__(self) -> Iterator[Version]:
        for versions in self._kept.values():
            yield from versions

    def keep(self, version: Version) -> None:
        """One was replaced. One that keeps failing is of no use any more."""
        if not version.conduct.is_worn_out:
            self._kept.setdefault(version.candidate, deque(maxlen=KEPT)).append(version)

    def of(self, candidate: str) -> Iterator[Version]:
        """Those of a candidate, the newest first."""
        return reversed(self._kept.get(candidate, ()))

    def named(self, name: str) -> Version | None:
        """The one of this name, if it is kept."""
        return next((version for version in self if version.name == name), None)

    def forget(self) -> None:
        """Keep none."""
        self._kept.clear()


KEPT: Final = 2
"""How many retired versions of a candidate are kept."""
FEWEST_JUDGED: Final = 3
"""Labels without which no retired version is called back."""
