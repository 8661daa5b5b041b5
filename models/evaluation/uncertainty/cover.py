"""Intervals and sets that hold a declared share of the labels: what is issued with a prediction, and how it is kept to.

What is kept with the prediction is ``q``, one number per side: how far below and above the prediction an interval of a
regression reaches, or how improbable a class may be and still be in the set. A label is held against what was issued
then, not against what would be issued now.

The trackers are the service's, and continue when another version is promoted. Begun anew they leave predictions without
an interval until labels have come; kept by each version for itself they promise the long run of a version that leads
for a short one. Both covered worse where it was measured.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeAlias

from models.answer import Answer
from models.evaluation.uncertainty.quantile_tracker import QuantileTracker
from schemas.events import Label
from schemas.gauge import ClassValue, Gauge, Task

Q: TypeAlias = tuple[float, ...]

_PACE: Final = 4.0
"""Of residuals, whose tails are long; the score of a class is in [0, 1]."""


Given: TypeAlias = tuple[Q, float, tuple[float, float] | None, tuple[ClassValue, ...] | None]
"""What is published with a prediction, and the q behind it: q, the interval's width in the label's units or the number
of classes in the set, the interval, the set. No named tuple: to make one takes as long as all the rest."""


class Cover(Protocol):
    """Intervals or sets, whichever the task has."""

    @property
    def delay(self) -> float:
        """How many predictions are made, on average, between a prediction and its label."""

    def issue(self, answer: Answer) -> Given | None:
        """What goes with this answer; ``None`` before 20 labels, and where the answer has nothing to go by."""

    def label(self, answer: Answer, q: Q | None, y: Label, age: int) -> bool | None:
        """Learn from a label before which ``age`` further predictions were made.

        Returns whether it lies in what was issued; ``None`` where nothing was.
        """


def cover_of(gauge: Gauge) -> Cover | None:
    """What a gauge file asks for; ``None`` where it declares no ``uncertainty.cover``."""
    share = gauge.uncertainty.cover
    if share is None:
        return None
    return Intervals(share) if gauge.task is Task.REGRESSION else Sets(share, gauge.classes)


class Intervals:
    """Intervals of a regression. One tracker per side, for half of the misses each.

    An interval need not hold the prediction: where a model errs to one side, it lies on the other. Where a model is
    nearly exact the ends may cross; both are their middle then.
    """

    __slots__ = ("_above", "_below")

    def __init__(self, share: float) -> None:
        self._below = QuantileTracker(alpha=(1 - share) / 2, pace=_PACE)
        self._above = QuantileTracker(alpha=(1 - share) / 2, pace=_PACE)

    @property
    def delay(self) -> float:
        """See `Cover`."""
        return self._above.delay

    def issue(self, answer: Answer) -> Given | None:
        """See `Cover`."""
        y_pred, below, above = answer.y_pred, self._below.q, self._above.q
        if y_pred is None or below is None or above is None:
            return None
        low, high = ends = _ends(y_pred, below, above)
        return (below, above), high - low, ends, None

    def label(self, answer: Answer, q: Q | None, y: Label, age: int) -> bool | None:
        """See `Cover`."""
        y_pred = answer.y_pred
        if y_pred is None:
            return None
        residual = y - y_pred
        if q is None:
            self._below.update(-residual, None, age)
            self._above.update(residual, None, age)
            return None
        below, above = q
        self._below.update(-residual, below, age)
        self._above.update(residual, above, age)
        low, high = _ends(y_pred, below, above)
        return low <= y <= high


def _ends(y_pred: float, below: float, above: float) -> tuple[float, float]:
    low, high = y_pred - below, y_pred + above
    return (low, high) if low <= high else ((low + high) / 2, (low + high) / 2)


class Sets:
    """Sets of classes: every class whose probability is at least 1 - q, and the most probable one always.

    A model that gives labels only has no set.
    """

    __slots__ = ("_classes", "_pair", "_tracker")

    def __init__(self, share: float, classes: tuple[ClassValue, ...]) -> None:
        self._tracker = QuantileTracker(alpha=1 - share)
        self._classes = classes
        self._pair = (classes[:1], classes[1:]) if len(classes) == 2 else None

    @property
    def delay(self) -> float:
        """See `Cover`."""
        return self._tracker.delay

    def issue(self, answer: Answer) -> Given | None:
        """See `Cover`."""
        shares, q = answer.probabilities, self._tracker.q
        if q is None or not shares:
            return None
        least = 1.0 - q
        if self._pair is not None:  # a third of the time
            first, second = shares.get(0, 0.0), shares.get(1, 0.0)
            if (first >= least or first >= second) and (second >= least or second >= first):
                return (q,), 2.0, None, self._classes
            return (q,), 1.0, None, self._pair[second > first]
        least = min(least, max(shares.values()))
        classes = tuple([name for code, name in enumerate(self._classes) if shares.get(code, 0.0) >= least])
        return (q,), float(len(classes)), None, classes

    def label(self, answer: Answer, q: Q | None, y: Label, age: int) -> bool | None:
        """See `Cover`."""
        shares = answer.probabilities
        if not shares:
            return None
        share = float(shares.get(y, 0.0))  # a user's own model may answer with NumPy's floats
        if q is None:
            self._tracker.update(1.0 - share, None, age)
            return None
        self._tracker.update(1.0 - share, q[0], age)
        return share >= 1.0 - q[0] or share >= float(max(shares.values()))
