"""Metrics of what the errors are made of, over the sliding window: confused classes, or residuals."""

from __future__ import annotations

from itertools import islice
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import Evaluated
from streams.http.metrics.catalogue import Entry, Reading, Samples

PAIRS: Final = 99
"""The most frequent pairs of label and prediction have a series each; of more than nine classes not all can."""


def _evaluated(reading: Reading) -> Evaluated:
    return Evaluated() if reading.status is None else reading.status.evaluated


def _confusion(reading: Reading) -> Samples:
    confusion = _evaluated(reading).confusion
    counts = {} if confusion is None else confusion.window.counts
    pairs = [((label, said), times) for label, row in counts.items() for said, times in row.items()]
    most_frequent = sorted(pairs, key=lambda pair: -pair[1])
    return list(islice(most_frequent, PAIRS)) or [((), None)]


def _residuals(reading: Reading) -> Samples:
    residuals = _evaluated(reading).residuals
    return [((), None)] if residuals is None else [((level,), value) for level, value in residuals.quantiles.items()]


ERRORS: Final = (
    Entry(
        "rivergauge_confusion_window",
        GaugeMetricFamily,
        "How often which label met which served prediction, over the sliding window.",
        _confusion,
        ("label", "predicted"),
    ),
    Entry(
        "rivergauge_residual_window",
        GaugeMetricFamily,
        "Quantiles of label less served prediction over the sliding window, in the label's units.",
        _residuals,
        ("quantile",),
    ),
)
