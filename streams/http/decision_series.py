"""Metrics of the decision: a fixed number of series, absent where the gauge file declares none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import DecisionFigures, Figure
from streams.http.catalogue import Entry, Reading, Samples


def _decision(reading: Reading) -> DecisionFigures | None:
    return None if reading.status is None else reading.status.evaluated.decision


def _of(read: Callable[[DecisionFigures], float | None]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        found = _decision(reading)
        return [((), None if found is None else read(found))]

    return samples


def _figures(part: Callable[[Figure], float | None]) -> Callable[[Reading], Samples]:
    """A part of precision, recall and cost of the labels that were served."""

    def samples(reading: Reading) -> Samples:
        found = _decision(reading)
        named = {} if found is None else {"precision": found.precision, "recall": found.recall, "cost": found.cost}
        return [((name,), part(figure)) for name, figure in named.items() if figure is not None] or [((), None)]

    return samples


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
    Entry(
        "rivergauge_decision_figure",
        GaugeMetricFamily,
        "Precision, recall, and mean cost per answer of the labels that were served since the decision was declared.",
        _figures(lambda figure: figure.value),
        ("name",),
    ),
    Entry(
        "rivergauge_decision_figure_low",
        GaugeMetricFamily,
        "Lower end of its 95 % interval; absent while there is none.",
        _figures(lambda figure: figure.low),
        ("name",),
    ),
    Entry(
        "rivergauge_decision_figure_high",
        GaugeMetricFamily,
        "Upper end of its 95 % interval.",
        _figures(lambda figure: figure.high),
        ("name",),
    ),
    Entry(
        "rivergauge_decision_figure_labels",
        GaugeMetricFamily,
        "Labels behind it.",
        _figures(lambda figure: figure.n),
        ("name",),
    ),
    Entry(
        "rivergauge_decision_figure_effective_labels",
        GaugeMetricFamily,
        "Independent labels that would say as much.",
        _figures(lambda figure: figure.effective_n),
        ("name",),
    ),
)
