"""Metrics that read the probabilities of all classes: River's cross entropy mended, the Brier score, calibration.

A class that an answer does not name has probability 0 in it: a baseline names the one class that it expects, a model
those that it has met.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from math import log
from typing import Any, Final

from river import metrics
from river.metrics.base import BinaryMetric, MeanMetric, MultiClassMetric

from schemas.events import Label

LEAST: Final = 1e-15
"""River's bound: a smaller probability counts as this one, so that no answer costs more than 34.54."""


@cache
def edges_of(bins: int) -> tuple[float, ...]:
    """The inner edges of bins of equal width between 0 and 1; an edge belongs to the bin below it."""
    return tuple(n / bins for n in range(1, bins))


def log_loss_of(share: float) -> float:
    """The loss of an answer that gave its label's class this probability; scikit-learn's, bounded."""
    return -log(min(max(share, LEAST), 1 - LEAST))


class CrossEntropy(metrics.CrossEntropy):  # type: ignore[misc]
    """River's, which adds nothing for a class that has no probability, so that the surest wrong answer costs nothing.

    >>> entropy = CrossEntropy()
    >>> entropy.update(1, {0: 1.0})
    >>> round(entropy.get(), 2)
    34.54
    """

    def _eval(self, y_true: Label, y_pred: Mapping[Label, float]) -> float:
        return log_loss_of(y_pred.get(y_true, 0.0))


class _Brier(MeanMetric):  # type: ignore[misc]
    """Mean squared error of probabilities (Brier 1950)."""

    requires_labels = False
    bigger_is_better = False


class BinaryBrierScore(_Brier, BinaryMetric):  # type: ignore[misc]
    """Of the positive class' probability, in [0, 1]: scikit-learn's ``brier_score_loss``."""

    def _eval(self, y_true: bool, y_pred: Mapping[Any, float]) -> float:
        return (y_pred.get(True, 0.0) - y_true) ** 2


class BrierScore(_Brier, MultiClassMetric):  # type: ignore[misc]
    """Summed over the classes, in [0, 2]: for two classes twice what the binary one is."""

    def _eval(self, y_true: Label, y_pred: Mapping[Label, float]) -> float:
        return 1.0 + sum(p * p for p in y_pred.values()) - 2 * y_pred.get(y_true, 0.0)


class _CalibrationError:
    """Expected calibration error over bins of equal width (Naeini, Cooper, Hauskrecht 2015).

    It is the mean, over all answers, of the distance between the mean probability and the share of labels in the bin
    of the answer.
    """

    requires_labels = False
    bigger_is_better = False

    def __init__(self, bins: int = 10) -> None:
        super().__init__()
        self.bins = bins
        self._gaps = [0.0] * bins
        self.n = 0.0

    def _take(self, share: float, came: bool, w: float) -> None:
        self._gaps[bisect_left(edges_of(self.bins), share)] += (share - came) * w
        self.n += w

    def get(self) -> float:
        """The figure; 0 before the first answer."""
        return sum(map(abs, self._gaps)) / self.n if self.n else 0.0


class BinaryCalibrationError(_CalibrationError, BinaryMetric):  # type: ignore[misc]
    """Of the positive class' probability."""

    def update(self, y_true: bool, y_pred: Mapping[Any, float], w: float = 1.0) -> None:
        """Take in one answer."""
        self._take(y_pred.get(True, 0.0), y_true, w)


class CalibrationError(_CalibrationError, MultiClassMetric):  # type: ignore[misc]
    """Of the probability of the most probable class, which is right or wrong."""

    def update(self, y_true: Label, y_pred: Mapping[Label, float], w: float = 1.0) -> None:
        """Take in one answer; of equally probable classes the first counts, as for the predicted label."""
        if y_pred:
            top = max(y_pred, key=y_pred.__getitem__)
            self._take(y_pred[top], top == y_true, w)
