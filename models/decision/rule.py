"""What a decision is asked for, and which one a gauge file asks for."""

from __future__ import annotations

from typing import Protocol

from models.decision.least_cost import LeastCost
from models.decision.threshold import Threshold
from models.decision.wanted import Wanted
from schemas.events import Label
from schemas.gauge import Gauge


class Rule(Protocol):
    """How one version or baseline comes from its probabilities to its label."""

    def label(self, probabilities: dict[Label, float]) -> Label:
        """The label for probabilities that name at least one class; nothing changes."""

    def learn(self, y: Label, probabilities: dict[Label, float]) -> None:
        """The label of an event that is not held out has come; these probabilities were the answer."""


def rule_of(gauge: Gauge) -> Rule | None:
    """A fresh rule as a gauge wants it; ``None`` where labels are the models' own."""
    decision = gauge.decision
    if decision is None:
        return None
    if decision.costs is not None:
        return LeastCost(gauge)
    if decision.threshold is not None:
        return Threshold(decision.threshold)
    return Wanted(precision=decision.precision, recall=decision.recall)


def adopted(rule: Rule | None, gauge: Gauge) -> Rule | None:
    """The rule of a changed gauge file for who decided by another; scores that were counted stay counted."""
    fresh = rule_of(gauge)
    if isinstance(fresh, Wanted) and isinstance(rule, Wanted):
        if fresh.wanted == rule.wanted:
            return rule
        fresh.continue_from(rule)
    return fresh
