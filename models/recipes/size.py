"""How much memory the categories of a gauge may take: an estimate, for a warning before it happens."""

from __future__ import annotations

from typing import Final

from schemas.gauge import Gauge, Task

WORTH_A_WARNING: Final = 200_000_000
"""Bytes."""

VOCABULARY: Final = 150
"""Bytes per category in the vocabulary: its text and its code."""

PER_CATEGORY: Final[dict[str, int]] = {
    "logistic_regression": 110,
    "linear_regression": 110,
    "passive_aggressive": 110,
    "alma": 110,
    "naive_bayes": 110,
    "hoeffding_tree": 150,
    "hoeffding_adaptive_tree": 300,
    "adaptive_random_forest": 1_500,
    "leveraging_bagging": 1_500,
    "streaming_random_patches": 1_500,
}
"""Recipe to bytes per category and class, with its default number of trees: measured where every category came twice,
and for a forest ten times the tree. Recipes that keep a bounded number of events are not here.
"""


def large(gauge: Gauge) -> list[str]:
    """A warning where the declared number of categories may take much memory; empty where it does not."""
    categories = {
        name: len(feature.values) if feature.values is not None else feature.max_values
        for name, feature in gauge.features.items()
        if feature.type == "category"
    }
    total = sum(categories.values())
    classes = 1 if gauge.task is Task.REGRESSION else max(2, len(gauge.classes))
    shares = {"the vocabulary": VOCABULARY * total}
    for candidate in gauge.candidates:
        shares[candidate.name] = PER_CATEGORY.get(candidate.recipe or "", 0) * total * classes
    size = sum(shares.values())
    if size < WORTH_A_WARNING:
        return []
    most = max(categories, key=categories.__getitem__)
    told = ", ".join(f"{name} {_bytes(share)}" for name, share in shares.items() if share >= WORTH_A_WARNING / 20)
    return [
        f"up to {total:,} categories may take about {_bytes(size)} of memory in each partition ({told}), more while a "
        f"challenger is on trial; lower max_values, of '{most}' first"
    ]


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
