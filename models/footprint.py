"""What a gauge lets wait in memory, and in every snapshot: estimates of bytes, for who would allow more than there is.

Measured on CPython 3.11: a waiting event keeps its coded features, so texts count as numbers, and an answer of every
model; a baseline's shares are kept where a metric reads probabilities.
"""

from __future__ import annotations

from typing import Final

from models.evaluation.metrics import METRICS, wants_probabilities
from schemas.gauge import Arrival, Gauge

MUCH: Final = 1_000_000_000
"""From here on a person should know."""

_EVENT: Final = 800
_FEATURE: Final = 55
_ANSWER: Final = 260
_CLASS: Final = 40
_LABEL: Final = 700


def waiting_event_bytes(gauge: Gauge) -> int:
    """About what one event needs that waits for its label."""
    shown = (gauge.metric, *gauge.evaluation.also)
    shares = any(name in METRICS[gauge.task] and wants_probabilities(name, gauge.task) for name in shown)
    return _EVENT + _FEATURE * len(gauge.features) + (len(gauge.candidates) + shares) * _answer_bytes(gauge)


def warnings(gauge: Gauge) -> list[tuple[str, str]]:
    """Keys that allow more than `MUCH`, as (where, what) pairs."""
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


def _answer_bytes(gauge: Gauge) -> int:
    return _ANSWER + _CLASS * len(gauge.classes)
