"""A baseline whose label follows a decision, as a version's does."""

from __future__ import annotations

from models.answer import Answer
from models.decision.rule import Rule, adopted
from models.evaluation.verdict.baselines import Baseline
from schemas.events import Label
from schemas.gauge import Gauge


class DecidedBaseline:
    """A baseline that gives probabilities, and the rule by which it comes to its label."""

    def __init__(self, baseline: Baseline, rule: Rule) -> None:
        baseline.give_shares()
        self.name = baseline.name
        self.baseline = baseline
        self.rule = rule

    def answer(self) -> Answer:
        """The baseline's probabilities, and the label that follows."""
        answer = self.baseline.answer()
        probabilities = answer.probabilities
        return Answer(self.rule.label(probabilities), probabilities) if probabilities else answer

    def learn(self, y: Label) -> None:
        """See `models.evaluation.verdict.baselines.Baseline`."""
        self.baseline.learn(y)

    def give_shares(self) -> None:
        """It always does."""


def both_decided(baselines: tuple[Baseline, Baseline], gauge: Gauge) -> tuple[Baseline, Baseline]:
    """Both of a learner's baselines, each as `decided` makes it."""
    first, second = baselines
    return decided(first, gauge), decided(second, gauge)


def decided(baseline: Baseline, gauge: Gauge) -> Baseline:
    """A baseline that decides as a gauge wants it: this one, from here on."""
    bare, former = (baseline.baseline, baseline.rule) if isinstance(baseline, DecidedBaseline) else (baseline, None)
    rule = adopted(former, gauge)
    return bare if rule is None else DecidedBaseline(bare, rule)
