"""What the labels that were served come to under ``[decision]``: precision, recall and cost, with how sure they are."""

from __future__ import annotations

from collections.abc import Iterator

from models.answer import Answer
from models.asked import Asked
from models.decision.costs import equal_threshold, prices_of
from models.decision.rule import Rule
from models.decision.threshold import Threshold
from models.decision.wanted import NEEDED, Wanted
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.loss_sums import Kind
from models.evaluation.metrics.forms import RIGHT
from models.turn import Turn
from schemas.evaluated import DecisionFigures, Figure
from schemas.events import Label
from schemas.gauge import Gauge, Task
from schemas.plurals import count


class Decided:
    """A measure: see `schemas.evaluated.DecisionFigures`. ``rule`` is that of the version that leads."""

    def __init__(self, gauge: Gauge) -> None:
        self.rule: Rule | None = None
        self._begin(gauge)

    @classmethod
    def of(cls, gauge: Gauge) -> Decided | None:
        """The measure of a gauge that declares a decision."""
        return None if gauge.decision is None else cls(gauge)

    def _begin(self, gauge: Gauge) -> None:
        decision = gauge.decision
        self._by = "" if decision is None else decision.way
        self._wanted = None if decision is None else decision.precision or decision.recall
        self._declared = "" if decision is None else decision.model_dump_json()
        self._binary = gauge.task is Task.BINARY
        self._prices = prices_of(gauge)
        self._misses = DependentMean()
        self._false_alarms = DependentMean()
        self._costs = DependentMean()

    def adopt(self, gauge: Gauge) -> None:
        """Begin anew where the decision is another one."""
        if gauge.decision is not None and gauge.decision.model_dump_json() != self._declared:
            self._begin(gauge)

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """Its label counts when it comes."""

    def label(self, asked: Asked, y: Label, served: Answer, turn: Turn) -> None:
        """See `models.evaluation.measure.Measure`."""
        y_pred = served.y_pred
        if y_pred is None:
            return
        if self._binary:
            if y:
                self._misses.update(0.0 if y_pred else 1.0)
            if y_pred:
                self._false_alarms.update(0.0 if y else 1.0)
        if self._prices:
            self._costs.update(self._prices.get((y, y_pred), 0.0))

    def figures(self) -> DecisionFigures:
        """See `models.evaluation.measure.Measure`."""
        rule = self.rule
        threshold = reached = missing = None
        if isinstance(rule, Threshold | Wanted):
            threshold = rule.threshold
        elif self._binary:
            threshold = equal_threshold(self._prices)
        if isinstance(rule, Wanted):
            reached = rule.reached
            if reached is None:
                missing = count(NEEDED - rule.positives, "more label") + " of the positive class"
        return DecisionFigures(
            by=self._by,
            wanted=self._wanted,
            threshold=threshold,
            reached=reached,
            missing=missing,
            precision=_share_without(self._false_alarms) if self._binary else None,
            recall=_share_without(self._misses) if self._binary else None,
            cost=self._costs.sums.figure(Kind.SIZE) if self._prices else None,
        )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if self.rule is None and self._costs.n + self._misses.n:
            yield "labels were decided by no rule"


def _share_without(losses: DependentMean) -> Figure:
    value = losses.value
    return RIGHT.figure(losses.rate(), None if value is None else 1 - value)
