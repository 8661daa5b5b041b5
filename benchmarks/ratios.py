"""Ratios of speeds, taken within a repetition: there both met the same machine."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple


class Ratio(NamedTuple):
    """Over all repetitions."""

    median: float
    least: float
    most: float


def ratio(above: list[float], below: list[float]) -> Ratio:
    """Of each repetition's speed to the other contender's in it."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios))
