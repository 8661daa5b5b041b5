"""The label that is expected to cost least."""

from __future__ import annotations

from math import inf

from models.answer import class_codes
from models.decision.costs import prices_of
from schemas.events import Label
from schemas.gauge import Gauge


class LeastCost:
    """The class whose expected cost is least; of several, the one declared first (negative before positive).

    Predicting j is expected to cost ``sum_i p(i) * costs[i][j]``, whatever the probabilities add up to.

    References
    ----------
    Elkan (2001). The foundations of cost-sensitive learning. IJCAI.
    """

    def __init__(self, gauge: Gauge) -> None:
        columns: dict[Label, list[tuple[Label, float]]] = {code: [] for code in sorted(class_codes(gauge))}
        for (true, predicted), price in prices_of(gauge).items():
            columns[predicted].append((true, price))
        self._columns = [*columns.items()]

    def label(self, probabilities: dict[Label, float]) -> Label:
        """See `models.decision.rule.Rule`."""
        best, least = self._columns[0][0], inf
        for predicted, column in self._columns:
            cost = 0.0
            for true, price in column:
                cost += price * probabilities.get(true, 0.0)
            if cost < least:
                best, least = predicted, cost
        return best

    def learn(self, y: Label, probabilities: dict[Label, float]) -> None:
        """Costs are declared."""
