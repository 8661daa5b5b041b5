"""How well scores rank events: ROC AUC and average precision, from counts of scores.

Both follow from how often each score was given to either class. While scores differ little they are counted as they
are, and the figures are exact. A longer life meets more of them than can be kept: they are then counted in bins of
equal width on the scale of log-odds, which are fine near 0 and 1 where the scores of rare classes lie, and twice as
wide whenever there would be too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import floor, log
from typing import Any, Final, Self

from river.metrics.base import BinaryMetric

MOST: Final = 4_096
"""Counts kept at most, over both classes: about 0.4 MB."""

_FINEST: Final = 65_536.0
"""Bins per unit of log-odds at first."""
_BELOW_ALL: Final = -(1 << 40)
_ABOVE_ALL: Final = 1 << 40
"""The bins of the scores 0 and 1, beyond those of all others however wide bins become."""


class ScoreCounts:
    """Counts of scores in [0, 1] by class, bounded in number, from which ranking figures follow.

    It depends on which scores came and not on their order. Two are merged to what one would be that had seen all, so
    that figures of blocks of events can be put together, and taken apart for a jackknife.

    Parameters
    ----------
    most
        Counts kept; ``None`` keeps every score apart and is exact.

    >>> counts = ScoreCounts()
    >>> for score, positive in ((0.1, False), (0.4, False), (0.35, True), (0.8, True)):
    ...     counts.add(score, positive)
    >>> counts.roc_auc(), round(counts.average_precision(), 4), counts.roc_auc_error
    (0.75, 0.8333, 0.0)
    """

    __slots__ = ("_by_class", "_level", "_most")

    def __init__(self, most: int | None = MOST) -> None:
        self._most = most
        self._level: int | None = None
        """How often the width of bins was doubled; ``None`` while scores are counted as they are."""
        self._by_class: tuple[dict[float, int], dict[float, int]] = ({}, {})

    def add(self, score: float, positive: bool, times: int = 1) -> None:
        """Count a score that was given to an event of this class."""
        counts = self._by_class[positive]
        key = score if self._level is None else _bin(score) >> self._level
        if key in counts:
            counts[key] += times
        else:
            counts[key] = times
            self._shrink()

    def merge(self, other: ScoreCounts) -> None:
        """Count all that another has counted; the other is left alone."""
        self._take(other, 1)
        self._shrink()

    def without(self, part: ScoreCounts) -> ScoreCounts:
        """What would be left if ``part``, which was merged into this, had not been."""
        left = type(self)(self._most)
        left.merge(self)
        left._take(part, -1)
        return left

    @property
    def positives(self) -> int:
        """How many events were of the positive class."""
        return sum(self._by_class[True].values())

    @property
    def negatives(self) -> int:
        """How many were not."""
        return sum(self._by_class[False].values())

    def roc_auc(self) -> float | None:
        """The probability that an event of the positive class has a higher score than another, ties counting half.

        ``None`` unless both classes came. Equal to the area under the ROC curve (Hanley, McNeil 1982).
        """
        positives, negatives = self.positives, self.negatives
        if not positives or not negatives:
            return None
        doubled = below = 0
        for positive, negative in self._ascending():
            doubled += positive * (2 * below + negative)
            below += negative
        return doubled / (2 * positives * negatives)

    @property
    def roc_auc_error(self) -> float:
        """How far at most `roc_auc` lies from its exact value: half of the pairs whose scores share a bin."""
        pairs = self.positives * self.negatives
        if self._level is None or not pairs:
            return 0.0
        return sum(positive * negative for positive, negative in self._ascending()) / (2 * pairs)

    def average_precision(self) -> float | None:
        """The precision at each score, weighted by the recall that the score adds; ``None`` without a positive event.

        It is scikit-learn's ``average_precision_score``, which does not interpolate.
        """
        positives = self.positives
        if not positives:
            return None
        total, hits, passed = 0.0, 0, 0
        for positive, negative in reversed([*self._ascending()]):
            hits += positive
            passed += positive + negative
            if positive:
                total += positive * hits / passed
        return total / positives

    def _ascending(self) -> Iterator[tuple[int, int]]:
        negative, positive = self._by_class
        for key in sorted(negative.keys() | positive.keys()):
            yield positive.get(key, 0), negative.get(key, 0)

    def _shrink(self) -> None:
        while self._most is not None and sum(map(len, self._by_class)) > self._most:
            self._widen(0 if self._level is None else self._level + 1)

    def _widen(self, level: int) -> None:
        for counts in self._by_class:
            former = [*counts.items()]
            counts.clear()
            for key, times in former:
                wider = self._at(key, level)
                counts[wider] = counts.get(wider, 0) + times
        self._level = level

    def _at(self, key: float, level: int) -> int:
        return _bin(key) >> level if self._level is None else int(key) >> level - self._level

    def _take(self, other: ScoreCounts, sign: int) -> None:
        if other._level is not None and (self._level is None or self._level < other._level):
            self._widen(other._level)
        for mine, others in zip(self._by_class, other._by_class, strict=True):
            for key, times in others.items():
                same = key if self._level is None else other._at(key, self._level)
                mine[same] = mine.get(same, 0) + sign * times


def _bin(score: float) -> int:
    if score <= 0.0:
        return _BELOW_ALL
    if score >= 1.0:
        return _ABOVE_ALL
    return floor(log(score / (1.0 - score)) * _FINEST)


class RankingMetric(BinaryMetric):  # type: ignore[misc]
    """A metric of River's kind that sees the probability of the positive class alone."""

    requires_labels = False

    def __init__(self) -> None:
        super().__init__()
        self.counts = ScoreCounts()

    @classmethod
    def exact(cls) -> Self:
        """One that keeps every score apart: for a window, whose answers are kept anyway."""
        metric = cls()
        metric.counts = ScoreCounts(most=None)
        return metric

    def update(self, y_true: bool, y_pred: dict[Any, float], w: float = 1.0) -> None:
        """Take in one answer, or so many that are alike."""
        self.counts.add(y_pred.get(True, 0.0), y_true, int(w))

    @property
    def is_there(self) -> bool:
        """Whether both classes came."""
        return bool(self.counts.positives and self.counts.negatives)


class ROCAUC(RankingMetric):
    """Area under the ROC curve, where River's counts what passes ten thresholds."""

    def get(self) -> float:
        """The figure; 0 where there is none."""
        return self.counts.roc_auc() or 0.0


class PRAUC(RankingMetric):
    """Average precision, the area under the steps of precision over recall."""

    def get(self) -> float:
        """The figure; 0 where there is none."""
        return self.counts.average_precision() or 0.0
