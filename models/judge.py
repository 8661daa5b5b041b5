"""The loss by which models are judged: one choice for detectors, contests and the order of succession.

0/1 loss by default, clipped log loss where probabilities are what is served, absolute error for regression.
"""

from __future__ import annotations

from typing import Protocol

from models.answer import Answer
from models.evaluation.chosen import leading_of
from models.evaluation.metrics import wants_probabilities
from models.losses import AbsoluteErrorScale, PairedErrorScale, log_loss
from schemas.events import Label
from schemas.gauge import Gauge, Task


class Difference(Protocol):
    """``loss(champion) - loss(challenger)`` on one label, in [-1, 1]; it may keep a scale from earlier labels."""

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float | None:
        """Both answers have a prediction. ``None`` while there is no scale yet: that label says nothing."""


def judges_by_log_loss(gauge: Gauge) -> bool:
    """Whether the judged loss is log loss: as ``retraining.judge`` says, else where the leading metric reads
    probabilities, or the threshold follows the stream.

    A model that is better in 0/1 loss can be worse in log loss, so one should judge what is read. And where a threshold
    is moved towards a precision or a recall, 0/1 loss tells where it stands: a new version would win by its plain one.
    """
    if gauge.retraining.judge is not None:
        return gauge.retraining.judge == "log_loss"
    follows = gauge.decision is not None and gauge.decision.way in ("precision", "recall")
    return gauge.task is not Task.REGRESSION and (follows or wants_probabilities(leading_of(gauge), gauge.task))


def losses_are_binary(gauge: Gauge) -> bool:
    """Whether the judged loss is always 0 or 1, which some detectors need."""
    return gauge.task is not Task.REGRESSION and not judges_by_log_loss(gauge)


class Judge:
    """Judges answers by one loss. It keeps nothing of them."""

    def __init__(self, gauge: Gauge) -> None:
        self._numeric = gauge.task is Task.REGRESSION
        self._by_log_loss = judges_by_log_loss(gauge)

    def adopt(self, gauge: Gauge) -> None:
        """Judge by what a changed gauge file judges by."""
        self._by_log_loss = judges_by_log_loss(gauge)

    def loss(self, y: Label, answer: Answer) -> float | None:
        """The loss of one answer, in [0, 1] for classes, in the label's units for numbers; ``None`` without one."""
        if answer.y_pred is None:
            return None
        if self._numeric:
            return abs(y - answer.y_pred)
        if self._by_log_loss:
            return log_loss(y, answer.probabilities or {})
        return 0.0 if y == answer.y_pred else 1.0

    def paired(self) -> Difference:
        """What a new contest compares by."""
        return _PairedErrors() if self._numeric else _PairedLosses(self)


class DriftLoss:
    """The champion's loss as detectors take it, in [0, 1], and the error it is made of, as people read it.

    The error is the loss itself for classes and the absolute error in the label's units for numbers, whose losses have
    a scale that may start anew: only errors can be compared across an alarm.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._judge = Judge(gauge)
        self._scale = AbsoluteErrorScale() if gauge.task is Task.REGRESSION else None

    def adopt(self, gauge: Gauge) -> None:
        """See `Judge.adopt`."""
        self._judge.adopt(gauge)

    def of(self, y: Label, answer: Answer) -> tuple[float, float] | None:
        """The loss and the error of one answer; ``None`` without prediction."""
        error = self._judge.loss(y, answer)
        if error is None:
            return None
        return error if self._scale is None else self._scale.loss(error), error

    def restart(self) -> None:
        """The model was replaced, or its reference has ended: errors get a new scale."""
        if self._scale is not None:
            self._scale.reset()


class _PairedLosses:
    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float:
        loss, other = self._judge.loss(y, champion), self._judge.loss(y, challenger)
        assert loss is not None
        assert other is not None
        return loss - other


class _PairedErrors:
    def __init__(self) -> None:
        self._scale = PairedErrorScale()

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float | None:
        assert champion.y_pred is not None
        assert challenger.y_pred is not None
        return self._scale.difference(y - champion.y_pred, y - challenger.y_pred)
