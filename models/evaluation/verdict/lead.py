"""How far the service is ahead of a baseline, on the same events: over its life, and over the newest labels.

What makes both wrong at once is in neither's favour, so the lead is surer than the two figures are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import sub
from typing import Any, Final, NamedTuple

from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.verdict.differing import Differing, differing
from models.judging.losses import LARGEST_ERROR
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Gauge, Task

PERIOD: Final = 2_000
"""Labels after which a further stretch begins: enough for errors that come in bursts of ten and more."""


class Found(NamedTuple):
    """Of labels one after the other: the service's errors, by how much it was ahead, and where they came."""

    own: list[float]
    ahead: list[float]
    positions: list[int]

    def part(self, begin: int, end: int) -> Found:
        """Those from one to before another."""
        return Found(self.own[begin:end], self.ahead[begin:end], self.positions[begin:end])


class Stretch:
    """The baseline's error less the service's over the labels from the one at position ``first`` on."""

    __slots__ = ("_errors", "_numeric", "ahead", "first")

    def __init__(self, *, numeric: bool) -> None:
        self._numeric = numeric
        self.first: int | None = None
        self.ahead = DependentMean()
        self._errors = 0.0

    def extend(self, found: Found) -> None:
        """Take in labels one after the other."""
        if self.first is None and found.positions:
            self.first = found.positions[0]
        errors = self._errors
        for error in found.own:
            errors += error
        self._errors = errors
        self.ahead.extend(found.ahead)

    @property
    def n(self) -> int:
        """How many labels it is over."""
        return self.ahead.n

    @property
    def error(self) -> float | None:
        """The service's mean error; ``None`` before the first label."""
        return self._errors / self.n if self.n else None

    def figure(self, *, alpha: float = 0.05) -> Figure:
        """The lead, with an interval that holds however often one looks."""
        return _figure(self.ahead, numeric=self._numeric, alpha=alpha)


class Lead:
    """The baseline's error less the service's, label by label, where both have answered.

    An interval that may be looked at after every label has to begin at a label that was chosen beforehand: a window
    that slides has none. So a stretch begins every `PERIOD` labels and is looked at until it has twice as many. At any
    moment the older one has one to two periods of labels, once there are so many, and the younger one the newest of
    them.
    """

    __slots__ = ("_life", "_numeric", "older", "younger")

    def __init__(self, gauge: Gauge) -> None:
        self._numeric = gauge.task is Task.REGRESSION
        self._life = DependentMean()
        self.older = self.stretch()
        self.younger = self.stretch()

    @property
    def n(self) -> int:
        """How many labels both have answered."""
        return self._life.n

    def extend(self, labelled: Iterable[tuple[Label, Label | None, Label | None, int]]) -> Found:
        """Take in labels, what the service and the baseline said, and positions; what was found of those with both."""
        found = self._found([one for one in labelled if one[1] is not None and one[2] is not None])
        self._life.extend(found.ahead)
        at, size = 0, len(found.own)
        while at < size:
            opened = self.older.n < PERIOD
            until = at + PERIOD - (self.older if opened else self.younger).n
            part, at = found.part(at, until), until
            self.older.extend(part)
            if not opened:
                self.younger.extend(part)
                if self.younger.n == PERIOD:
                    self.older, self.younger = self.younger, self.stretch()
        return found

    def _found(self, both: Sequence[tuple[Label, Any, Any, int]]) -> Found:
        if self._numeric:
            own = [min(abs(ours - y), LARGEST_ERROR) for y, ours, _, _ in both]
            other = [min(abs(theirs - y), LARGEST_ERROR) for y, _, theirs, _ in both]
        else:
            own = [1.0 if ours != y else 0.0 for y, ours, _, _ in both]
            other = [1.0 if theirs != y else 0.0 for y, _, theirs, _ in both]
        return Found(own, [*map(sub, other, own)], [at for _, _, _, at in both])

    def stretch(self) -> Stretch:
        """One that begins at the next label."""
        return Stretch(numeric=self._numeric)

    def forget_the_newest(self) -> None:
        """Begin the stretches anew, and keep the whole life."""
        self.older, self.younger = self.stretch(), self.stretch()

    def figure(self) -> Figure:
        """Over the whole life, above 0 where the service is better: a share of events, or units of the label.

        The interval holds however often one looks.
        """
        return _figure(self._life, numeric=self._numeric, alpha=0.05)

    def differing(self, error: Figure) -> Differing | None:
        """How little the two differ over the whole life; ``None`` if they do. ``error`` is the baseline's."""
        return differing(self._life.sums, error, numeric=self._numeric)

    def recent(self) -> Figure:
        """The same over the newest labels, one to two periods of them."""
        return self.older.figure()

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if self.younger.n != max(0, self.older.n - PERIOD) or self.younger.n >= PERIOD or self.older.n > self.n:
            yield f"stretches of {self.older.n} and {self.younger.n} labels are open, of {self.n}"


def _figure(ahead: DependentMean, *, numeric: bool, alpha: float) -> Figure:
    # Of classes most differences are 0: they count by the runs of those that are not. Numbers hardly ever tie.
    return ahead.mean(alpha=alpha, any_time=True) if numeric else ahead.difference(alpha=alpha)
