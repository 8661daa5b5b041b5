"""A threshold that follows the stream to a wanted precision or recall."""

from __future__ import annotations

from bisect import bisect_right
from math import exp
from typing import Final

from schemas.events import Label

PLAIN: Final = 0.5
"""The threshold while there are too few labels to know a better one."""

NEEDED: Final = 50
"""Labels of the positive class before the threshold is chosen."""

SUPPORT: Final = 30.0
"""Positive predictions, as many as count, that a precision must be over: of the topmost few any may be all right."""

MEMORY: Final = 500
"""The counts fade with each positive label, to 1/e over this number of them."""

LOOK_EVERY: Final = 256
"""Labels between two looks for the threshold."""

_PER_LOGIT: Final = 64
_EDGES: Final = tuple(1 / (1 + exp(-step / _PER_LOGIT)) for step in range(-16 * _PER_LOGIT, 16 * _PER_LOGIT + 1))
"""Bins are narrow in the odds, 1.6 % each, so that rare classes find their thresholds, far below 0.5."""

_LARGE: Final = 1e100


class Wanted:
    """The largest threshold whose recall, or the smallest whose precision, reached what is wanted on the labels so far.

    Give one of the two. Scores are counted by the bin they fall in, for either class, and fade with each label of the
    positive class: so a rare class is remembered as long as it needs. Each label counts with the probability that was
    the answer at the time, however late it comes. The simple form, with w = (1 - 1/500) ** (positive labels since)::

        tp, fp = sum of w over positive (negative) labels whose score is at least t
        recall(t) = tp / (sum of w over positive labels)
        precision(t) = tp / (tp + fp), for t with tp + fp >= 30

    over all edges t of bins. A threshold of 0 reaches every recall. Where no threshold reaches the precision, it is the
    one that comes nearest; `reached` says what it comes to. Until 50 labels of the positive class have come it is 0.5.

    The state is at most 2,050 bins of two numbers.
    """

    def __init__(self, *, precision: float | None, recall: float | None) -> None:
        self._precision = precision
        self._recall = recall
        self.threshold = PLAIN
        self.reached: float | None = None
        """The precision or recall of the threshold on the labels so far, as they count; ``None`` while it is plain."""
        self.positives = 0
        """Labels of the positive class so far."""
        self._positive: dict[int, float] = {}
        self._negative: dict[int, float] = {}
        self._weight = 1.0  # of the next label: it grows, as older ones fade
        self._unseen = 0

    @property
    def wanted(self) -> tuple[float | None, float | None]:
        """The precision and the recall that are wanted, one of them."""
        return self._precision, self._recall

    def continue_from(self, other: Wanted) -> None:
        """Count what another one has counted, too, and choose by it."""
        self.positives, self._weight = other.positives, other._weight
        self._positive, self._negative = dict(other._positive), dict(other._negative)
        self._look()

    def label(self, probabilities: dict[Label, float]) -> Label:
        """See `models.decision.rule.Rule`."""
        return bool(probabilities.get(True, 0.0) >= self.threshold)

    def learn(self, y: Label, probabilities: dict[Label, float]) -> None:
        """See `models.decision.rule.Rule`."""
        self._unseen += 1
        if y:
            self.positives += 1
            self._weight /= 1 - 1 / MEMORY
        counts = self._positive if y else self._negative
        place = bisect_right(_EDGES, probabilities.get(True, 0.0))
        counts[place] = counts.get(place, 0.0) + self._weight
        if self._unseen >= LOOK_EVERY or (y and self.positives == NEEDED):
            self._look()

    def _look(self) -> None:
        self._unseen = 0
        if self._weight > _LARGE:
            self._renew()
        if self.positives >= NEEDED:
            place, self.reached = self._by_recall() if self._precision is None else self._by_precision(self._precision)
            self.threshold = _EDGES[place - 1] if place else 0.0

    def _by_recall(self) -> tuple[int, float]:
        wanted, found, place = self._recall or 0.0, 0.0, 0
        in_all = sum(self._positive.values())
        for place in sorted(self._positive, reverse=True):
            found += self._positive[place]
            if found >= wanted * in_all:
                return place, found / in_all
        return place, 1.0  # by rounding

    def _by_precision(self, wanted: float) -> tuple[int, float]:
        positive, negative, least = self._positive, self._negative, SUPPORT * self._weight
        right = wrong = 0.0
        lowest, nearest = None, (0, -1.0)
        for place in sorted({**positive, **negative}, reverse=True):
            right += positive.get(place, 0.0)
            wrong += negative.get(place, 0.0)
            if right + wrong < least:
                continue
            precision = right / (right + wrong)
            if precision >= wanted:
                lowest = place, precision
            elif precision > nearest[1]:
                nearest = place, precision
        return nearest if lowest is None else lowest

    def _renew(self) -> None:
        for counts in (self._positive, self._negative):
            for place in counts:
                counts[place] /= self._weight
        self._weight = 1.0
