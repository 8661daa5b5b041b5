"""Metrics of the metric now, where labels come later: an estimate by its name, and what stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import MetricNow
from streams.http.metrics.catalogue import Entry, Reading, Samples


def _entry(name: str, meaning: str, read: Callable[[MetricNow], float | None]) -> Entry:
    def samples(reading: Reading) -> Samples:
        now = None if reading.status is None else reading.status.evaluated.metric_now
        return [((), None)] if now is None else [((now.metric,), read(now))]

    return Entry(f"rivergauge_metric_now_{name}", GaugeMetricFamily, meaning, samples, ("name",))


LATE: Final = (
    _entry(
        "estimate",
        "An estimate of what the metric over the newest predictions will be when their labels have come.",
        lambda now: now.estimate.value,
    ),
    _entry("estimate_low", "The lower end of its 90 % band; absent while there is none.", lambda now: now.estimate.low),
    _entry("estimate_high", "The upper end of its 90 % band.", lambda now: now.estimate.high),
    _entry("estimate_labels", "How many of those predictions have their label.", lambda now: now.estimate.n),
    _entry("pending_ratio", "The share of those predictions without a label.", lambda now: now.pending),
    _entry("off_by", "By how much estimates were off on average, once it was known.", lambda now: now.off_by),
    _entry("last_labelled", "The metric over the newest labels to arrive.", lambda now: now.last_labelled.value),
    _entry(
        "last_labelled_off_by",
        "By how much that was off on average from what the newest predictions turned out to be.",
        lambda now: now.last_labelled_off_by,
    ),
)
