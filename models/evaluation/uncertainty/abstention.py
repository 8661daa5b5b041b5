"""Predictions that had better not be acted on: the rules, how often each applied, and whether it pays to heed them."""

from __future__ import annotations

from collections.abc import Iterator

from models.answer import Answer
from models.asked import Asked
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.loss_sums import Kind
from models.evaluation.uncertainty.novelty import Novelty
from models.vocabulary import Vocabulary
from schemas.evaluated import AbstainedFigures
from schemas.events import Features, Label
from schemas.gauge import Gauge, Task


class Abstention:
    """The rules of ``[uncertainty.abstain]``, and the errors of the answers that abstained beside the others'.

    Of several rules that apply the first of these counts: missing, novelty, set_size or width. What an event lacks
    explains more than what the model makes of it.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._limits = limits_of(gauge)
        self._features = len(gauge.features)
        self._numeric = gauge.task is Task.REGRESSION
        self._novelty = Novelty(gauge) if "novelty" in self._limits else None
        self._begin()

    def _begin(self) -> None:
        self._first: int | None = None
        self._size_rule = "width" if self._numeric else "set_size"
        self._largest = self._limits.get(self._size_rule)
        self._counts: dict[str, int] = dict.fromkeys(self._limits, 0)
        self._predictions = 0
        self._abstained = DependentMean()
        self._answered = DependentMean()

    def adopt(self, gauge: Gauge) -> None:
        """Continue with other rules: counts and errors begin anew, what was met so far stays met."""
        limits, before = limits_of(gauge), self._limits
        if limits == before:
            return
        self._limits = limits
        if "novelty" not in limits:
            self._novelty = None
        elif self._novelty is None:
            self._novelty = Novelty(gauge)
        self._begin()

    def of_event(self, x: Features, vocabulary: Vocabulary) -> str | None:
        """The rule by which an event makes every answer abstain. Ask before the event is coded."""
        limits = self._limits
        if "missing" in limits and 1.0 - len(x) / self._features > limits["missing"]:
            return "missing"
        if self._novelty is not None and self._novelty.share(x, vocabulary) > limits["novelty"]:
            return "novelty"
        return None

    def of_size(self, size: float) -> str | None:
        """The rule by which an answer abstains whose interval is so wide, or whose set holds so many classes."""
        return self._size_rule if self._largest is not None and size > self._largest else None

    def predicted(self, asked: Asked, rule: str | None) -> None:
        """An event was answered."""
        if self._first is None:
            self._first = asked.position
        if self._novelty is not None:
            self._novelty.learn(asked.x)
        if asked.served.y_pred is None:
            return
        self._predictions += 1
        if rule is not None:
            self._counts[rule] += 1

    def label(self, asked: Asked, rule: str | None, answer: Answer, y: Label) -> None:
        """A label came for an answer that abstained by this rule, or by none."""
        y_pred = answer.y_pred
        if y_pred is None or self._first is None or asked.position < self._first:
            return
        error = abs(y - y_pred) if self._numeric else float(y != y_pred)
        (self._answered if rule is None else self._abstained).update(error)

    def figures(self) -> AbstainedFigures:
        """How often which rule applied, and the errors on either side."""
        abstained = sum(self._counts.values())
        answered, held_back = self._answered, self._abstained
        kind = Kind.SIZE if self._numeric else Kind.RATE
        return AbstainedFigures(
            predictions=self._predictions,
            share=abstained / self._predictions if self._predictions else None,
            rules=dict(self._counts),
            error=held_back.sums.figure(kind),
            error_answered=answered.sums.figure(kind),
        )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if sum(self._counts.values()) > self._predictions:
            yield f"{self._counts} abstained of {self._predictions} predictions"
        if self._answered.n + self._abstained.n > self._predictions:
            yield f"errors of {self._answered.n} and {self._abstained.n} answers, of {self._predictions} predictions"


def limits_of(gauge: Gauge) -> dict[str, float]:
    """What a gauge file declares, in the order in which the rules count."""
    rules = gauge.uncertainty.abstain
    limits = {"missing": rules.missing, "novelty": rules.novelty, "set_size": rules.set_size, "width": rules.width}
    return {rule: limit for rule, limit in limits.items() if limit is not None}
