"""Metrics of the decision: a fixed number of series, absent where the gauge file declares none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import DecisionFigures
from schemas.status import Status
from streams.http.metrics.catalogue import Entry, Reading, Samples
from streams.http.metrics.figure_entries import Labelled, figure_entries


def _decision(reading: Reading) -> DecisionFigures | None:
    return None if reading.status is None else reading.status.evaluated.decision


def _of(read: Callable[[DecisionFigures], float | None]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        found = _decision(reading)
        return [((), None if found is None else read(found))]

    return samples


def _figures(status: Status) -> Labelled:
    """Precision, recall and cost of the labels that were served."""
    found = status.evaluated.decision
    named = {} if found is None else {"precision": found.precision, "recall": found.recall, "cost": found.cost}
    return [((name,), figure) for name, figure in named.items() if figure is not None]


DECISION: Final = (
    Entry(
        "rivergauge_decision_threshold",
        GaugeMetricFamily,
        "The probability of the positive class from which it is served now.",
        _of(lambda found: found.threshold),
    ),
    Entry(
        "rivergauge_decision_wanted_ratio",
        GaugeMetricFamily,
        "The precision or recall that is wanted, as declared.",
        _of(lambda found: found.wanted),
    ),
    Entry(
        "rivergauge_decision_reached_ratio",
        GaugeMetricFamily,
        "What it has been, of late, at the threshold of now; absent while the threshold is plain.",
        _of(lambda found: found.reached),
    ),
    *figure_entries(
        "rivergauge_decision_figure",
        "Precision, recall, and mean cost per answer of the labels that were served since the decision was declared.",
        _figures,
        ("name",),
    ),
)
