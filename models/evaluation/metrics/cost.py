"""What wrong answers cost, as a metric."""

from __future__ import annotations

from typing import Final

from river.metrics.base import ClassificationMetric

from models.decision.costs import Prices

COST: Final = "Cost"
"""The metric's name in the gauge file: it takes its costs from ``[decision]``."""


class Cost(ClassificationMetric):  # type: ignore[misc]
    """Mean cost per answer, of the labels that were served: ``sum_ij n(i, j) costs[i][j] / n``.

    Parameters
    ----------
    prices
        What it costs to predict the second class of a pair where the first is true; 0 for pairs that are not named.
    """

    def __init__(self, prices: Prices) -> None:
        super().__init__()
        self.prices = prices

    @property
    def bigger_is_better(self) -> bool:
        """Less is better."""
        return False

    @property
    def requires_labels(self) -> bool:
        """Probabilities cost nothing."""
        return True

    def get(self) -> float:
        """0 before the first answer."""
        n = self.cm.total_weight
        total = sum(price * self.cm[true][predicted] for (true, predicted), price in self.prices.items())
        return total / n if n else 0.0
