"""What a gauge lets grow in memory, and in every snapshot: estimates of bytes, for who would allow more than there is.

Measured on CPython 3.11. A waiting event keeps its coded features, so texts count as numbers, and an answer of every
model; a baseline's shares are kept where a metric reads probabilities. A category is known to the vocabulary and to
each model that has met it.
"""

from __future__ import annotations

from typing import Final

from models.evaluation.metrics.chosen import metrics_of
from models.evaluation.metrics.metrics import wants_probabilities
from models.evaluation.metrics.parameters import check_metrics
from schemas.gauge import Arrival, Gauge, Task

MUCH: Final = 1_000_000_000
"""Of what waits: from here on a person should know."""

MANY: Final = 200_000_000
"""Of what categories take, which is never given back."""

_EVENT: Final = 800
_ISSUED: Final = 200
"""How sure its prediction was."""
_FEATURE: Final = 55
_ANSWER: Final = 260
_CLASS: Final = 40
_LABEL: Final = 700

_VOCABULARY: Final = 150
"""Bytes per category in the vocabulary: its text and its code."""

_PER_CATEGORY: Final[dict[str, int]] = {
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


def waiting_event_bytes(gauge: Gauge) -> int:
    """About what one event needs that waits for its label."""
    shares = not check_metrics(gauge) and any(wants_probabilities(one, gauge.task) for one in metrics_of(gauge))
    issued = _ISSUED if gauge.uncertainty.is_declared else 0
    calibrated = sum(candidate.recalibrate is not None for candidate in gauge.candidates)  # what it had answered itself
    answers = len(gauge.candidates) + shares + calibrated
    return _EVENT + issued + _FEATURE * len(gauge.features) + answers * _answer_bytes(gauge)


def warnings(gauge: Gauge) -> list[tuple[str, str]]:
    """Keys that allow more than `MUCH` or `MANY`, as (where, what) pairs."""
    return [*_of_what_waits(gauge), *_of_categories(gauge)]


def _of_what_waits(gauge: Gauge) -> list[tuple[str, str]]:
    found: list[tuple[str, str, str, int, int]] = []
    if gauge.label.arrival is Arrival.LATER:
        found.append(
            ("label.horizon_events", "events", "wait for their labels", gauge.label.horizon_events,
             waiting_event_bytes(gauge))
        )  # fmt: skip
        found.append(
            ("label.early_horizon_events", "labels", "wait for their events", gauge.label.early_horizon_events, _LABEL)
        )
    window = gauge.evaluation.window_events
    series = len(gauge.candidates) + 2
    found.append(("evaluation.window_events", "answers", "are kept", window, series * _answer_bytes(gauge)))
    return [
        (
            where,
            f"up to {count:,} {what} {do}, at about {each:,} bytes each: {count * each / 1e9:,.1f} GB in the memory of "
            "each partition and in its snapshots; lower it, unless there is room",
        )
        for where, what, do, count, each in found
        if count * each > MUCH
    ]


def _of_categories(gauge: Gauge) -> list[tuple[str, str]]:
    categories = {
        name: len(feature.values) if feature.values is not None else feature.max_values
        for name, feature in gauge.features.items()
        if feature.type == "category"
    }
    total = sum(categories.values())
    classes = 1 if gauge.task is Task.REGRESSION else max(2, len(gauge.classes))
    shares = {"the vocabulary": _VOCABULARY * total}
    for candidate in gauge.candidates:
        shares[candidate.name] = _PER_CATEGORY.get(candidate.recipe or "", 0) * total * classes
    size = sum(shares.values())
    if size < MANY:
        return []
    most = max(categories, key=categories.__getitem__)
    told = ", ".join(f"{name} {_bytes(share)}" for name, share in shares.items() if share >= MANY / 20)
    told = told or f"{len(gauge.candidates):,} candidates"
    what = (
        f"up to {total:,} categories may take about {_bytes(size)} of memory in each partition ({told}), more while a "
        f"challenger is on trial; lower max_values, of '{most}' first"
    )
    return [("features", what)]


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _answer_bytes(gauge: Gauge) -> int:
    return _ANSWER + _CLASS * len(gauge.classes)
