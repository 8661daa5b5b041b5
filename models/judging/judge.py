"""The losses by which models are judged: one for detectors and the order of succession, and what contests compare by.

A contest judges by what leads, wherever that can be (`models.judging.judged`). A detector needs a loss of each answer:
0/1 loss by default, clipped log loss where probabilities are what is served, absolute error for regression.
"""

from __future__ import annotations

from models.answer import Answer, class_codes
from models.decision.costs import prices_of
from models.evaluation.metrics.chosen import leading_of
from models.evaluation.metrics.metrics import wants_probabilities
from models.judging.blocks import Blocks
from models.judging.differences import Difference, PairedCosts, PairedErrors, PairedLosses, PairedMeans
from models.judging.judged import By, judged
from models.judging.losses import AbsoluteErrorScale, log_loss
from models.judging.worth import Worth
from schemas.events import Label
from schemas.gauge import Gauge, Task


def judges_by_log_loss(gauge: Gauge) -> bool:
    """Whether the loss of an answer is log loss: as ``retraining.judge`` says, else where the leading metric reads
    probabilities, or the threshold follows the stream.

    A model that is better in 0/1 loss can be worse in log loss, so one should judge what is read. And where a threshold
    is moved towards a precision or a recall, 0/1 loss tells where it stands: a new version would win by its plain one.
    """
    asked = gauge.retraining.judge
    if asked not in (None, "metric"):
        return asked == "log_loss"
    follows = asked is None and gauge.decision is not None and gauge.decision.way in ("precision", "recall")
    return gauge.task is not Task.REGRESSION and (follows or wants_probabilities(leading_of(gauge), gauge.task))


def losses_are_binary(gauge: Gauge) -> bool:
    """Whether the loss of an answer is always 0 or 1, which some detectors need."""
    return gauge.task is not Task.REGRESSION and not judges_by_log_loss(gauge)


class Judge:
    """Judges answers by one loss, and makes what contests compare pairs of them by. It keeps nothing of them."""

    def __init__(self, gauge: Gauge) -> None:
        self._task = gauge.task
        self._numeric = gauge.task is Task.REGRESSION
        self._classes = class_codes(gauge)
        self._by_log_loss = judges_by_log_loss(gauge)
        self._judged = judged(gauge)
        self._prices = prices_of(gauge)

    def adopt(self, gauge: Gauge) -> None:
        """Judge by what a changed gauge file judges by."""
        self._by_log_loss = judges_by_log_loss(gauge)
        self._judged = judged(gauge)
        self._prices = prices_of(gauge)

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
        by, metric = self._judged
        if by is By.COST:
            return PairedCosts(self._prices)
        if metric is None:
            return self._paired_losses()
        if by is By.MEAN:
            return PairedMeans(metric, self._task)
        return Worth(metric, self._task, self._classes) if by is By.WORTH else Blocks(metric, self._task)

    def paired_each(self) -> Difference:
        """What tells on each label by itself which answer was better: losses, where `paired` is in blocks."""
        paired = self.paired()
        return paired if paired.per_label else self._paired_losses()

    def _paired_losses(self) -> Difference:
        return PairedErrors() if self._numeric else PairedLosses(self)


class DriftLoss:
    """The champion's loss as detectors take it, in [0, 1], and the error it is made of, as people read it.

    The error is the loss itself for classes and the absolute error in the label's units for numbers, whose losses have
    a scale that may start anew: only errors can be compared across an alarm. It is `Judge.loss` whatever contests
    judge by: a detector needs a figure of each answer, which F1 or an area under a curve has not.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._judge = Judge(gauge)
        self._scale = AbsoluteErrorScale() if gauge.task is Task.REGRESSION else None

    def adopt(self, gauge: Gauge) -> None:
        """See `Judge.adopt`."""
        self._judge.adopt(gauge)

    def error(self, y: Label, answer: Answer) -> float | None:
        """The error of one answer; ``None`` without prediction."""
        return self._judge.loss(y, answer)

    def loss(self, error: float) -> float:
        """The loss that an error is, when its turn to be watched has come."""
        return error if self._scale is None else self._scale.loss(error)

    def of(self, y: Label, answer: Answer) -> tuple[float, float] | None:
        """The loss and the error of one answer; ``None`` without prediction."""
        error = self.error(y, answer)
        return None if error is None else (self.loss(error), error)

    def restart(self) -> None:
        """The model was replaced, or its reference has ended: errors get a new scale."""
        if self._scale is not None:
            self._scale.reset()
