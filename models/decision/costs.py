"""Costs of mistakes, in the codes that models answer in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from models.answer import class_codes
from schemas.events import Label
from schemas.gauge import Gauge, class_name

Prices: TypeAlias = Mapping[tuple[Label, Label], float]
"""What it costs to predict the second class where the first is true; what is not named costs nothing."""


def prices_of(gauge: Gauge) -> dict[tuple[Label, Label], float]:
    """The costs above 0 that a gauge file gives, in the order of its classes; empty where it gives none."""
    codes = {class_name(value): code for value, code in zip(gauge.classes, sorted(class_codes(gauge)), strict=True)}
    costs = (None if gauge.decision is None else gauge.decision.costs) or {}
    given = {(codes[of], codes[to]): price for of, row in costs.items() for to, price in row.items() if price}
    return dict(sorted(given.items()))


def equal_threshold(prices: Prices) -> float | None:
    """The threshold that comes to the same as the costs of a binary task; ``None`` where none does.

    With c(true, predicted), predicting the positive class costs less from a probability of
    ``(c(-,+) - c(-,-)) / (c(-,+) - c(-,-) + c(+,-) - c(+,+))`` on, if both differences are above 0 (Elkan 2001,
    section 2).
    """
    alarm = prices.get((False, True), 0.0) - prices.get((False, False), 0.0)
    miss = prices.get((True, False), 0.0) - prices.get((True, True), 0.0)
    return alarm / (alarm + miss) if alarm > 0 and miss > 0 else None


def check_costs(gauge: Gauge) -> str | None:
    """What its owner should know of the costs: that they leave probabilities nothing to decide.

    That is so where one class costs no more than any other whatever is true (Elkan 2001, section 1.1).
    """
    names = {code: class_name(value) for value, code in zip(gauge.classes, sorted(class_codes(gauge)), strict=True)}
    rows: dict[Label, dict[Label, float]] = {}
    for (true, predicted), price in prices_of(gauge).items():
        rows.setdefault(true, {})[predicted] = price
    worse: set[Label] = set()
    for row in rows.values():
        least = min(row.values()) if len(row) == len(names) else 0.0
        worse.update(predicted for predicted, price in row.items() if price > least)
    if not rows or len(worse) == len(names):
        return None
    name = next(name for code, name in names.items() if code not in worse)
    return (
        f"predicting '{name}' never costs more than predicting another class, whatever is true, so that probabilities "
        f"decide nothing; say what it costs to predict '{name}' where another class is true"
    )
