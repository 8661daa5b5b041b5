"""Naive Bayes: each feature alone, a Gaussian for a number, counts for a category."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

from river import naive_bayes

from models.recipes.inputs import nominal
from models.recipes.recipe import CLASSIFICATION, Recipe
from schemas.gauge import Gauge


class MixedNB(naive_bayes.GaussianNB):  # type: ignore[misc]
    """River's Gaussian naive Bayes with Laplace-smoothed counts for nominal features.

    The likelihood of value v in class c is  (n_cv + 1) / (n_c + V + 1)  with V the values of that feature seen so far
    in any class; the one more is for those not seen yet. A missing feature says nothing.
    """

    def __init__(self, nominal: tuple[str, ...]) -> None:
        super().__init__()
        self.nominal = nominal
        self.counts: dict[Any, dict[str, Counter[Any]]] = defaultdict(_counters)
        self.weights: dict[Any, Counter[str]] = defaultdict(Counter)
        self.values: dict[str, dict[Any, None]] = {name: {} for name in nominal}

    def learn_one(self, x: dict[str, Any], y: Any) -> None:
        """Count the nominal features, and leave the numbers to the Gaussians."""
        super().learn_one({name: value for name, value in x.items() if name not in self.values}, y)
        for name in self.nominal:
            if name in x:
                self.counts[y][name][x[name]] += 1
                self.weights[y][name] += 1
                self.values[name][x[name]] = None

    def joint_log_likelihood(self, x: dict[str, Any]) -> dict[Any, float]:
        """log P(c) + log P(x | c) for every class seen."""
        numbers = {name: value for name, value in x.items() if name not in self.values}
        present = [(name, x[name], len(self.values[name]) + 1) for name in self.nominal if name in x]
        return {
            label: likelihood + sum(self._log_share(label, name, value, kinds) for name, value, kinds in present)
            for label, likelihood in super().joint_log_likelihood(numbers).items()
        }

    def _log_share(self, label: Any, name: str, value: Any, kinds: int) -> float:
        counts = self.counts.get(label, _NONE).get(name, _NONE)  # looking must not add anything: a prediction is pure
        return math.log((counts.get(value, 0) + 1) / (self.weights.get(label, _NONE).get(name, 0) + kinds))


_NONE: dict[Any, Any] = {}


def _counters() -> defaultdict[str, Counter[Any]]:
    return defaultdict(Counter)


def _naive_bayes(gauge: Gauge, seed: int) -> Any:
    del seed  # nothing here is drawn
    return MixedNB(nominal(gauge)) if nominal(gauge) else naive_bayes.GaussianNB()


NAIVE_BAYES = Recipe(
    name="naive_bayes",
    tasks=CLASSIFICATION,
    summary="a Gaussian per number and class, smoothed counts per category and class",
    missing="says nothing: the feature is left out",
    categories="smoothed counts for each one met, by class",
    build=_naive_bayes,
)
