"""Metrics of intervals, sets and abstaining: a fixed number of series, absent where the gauge file asks for none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from schemas.evaluated import AbstainedFigures, Figure, UncertaintyFigures
from schemas.status import Status
from streams.http.metrics.catalogue import Entry, Reading, Samples
from streams.http.metrics.figure_entries import Labelled, figure_entries


def _uncertainty(reading: Reading) -> UncertaintyFigures | None:
    return None if reading.status is None else reading.status.evaluated.uncertainty


def _abstained(reading: Reading) -> AbstainedFigures | None:
    found = _uncertainty(reading)
    return None if found is None else found.abstained


def _of(read: Callable[[UncertaintyFigures], float | None]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        found = _uncertainty(reading)
        return [((), None if found is None else read(found))]

    return samples


def _cover(part: Callable[[Figure], float | None]) -> Callable[[Reading], Samples]:
    """A part of the cover so far, and of the newest labels'."""

    def samples(reading: Reading) -> Samples:
        found = _uncertainty(reading)
        over = {} if found is None else {"lifetime": found.cover, "window": found.recent}
        return [((name,), part(figure)) for name, figure in over.items() if figure is not None] or [((), None)]

    return samples


def _errors(status: Status) -> Labelled:
    """The error of the answers that abstained, and of the others."""
    found = status.evaluated.uncertainty
    if found is not None and found.abstained is not None:
        yield ("yes",), found.abstained.error
        yield ("no",), found.abstained.error_answered


def _rules(reading: Reading) -> Samples:
    found = _abstained(reading)
    return [((rule,), count) for rule, count in ({} if found is None else found.rules).items()] or [((), None)]


UNCERTAINTY: Final = (
    Entry(
        "rivergauge_cover_wanted_ratio",
        GaugeMetricFamily,
        "The share of labels that intervals or sets shall hold, as declared.",
        _of(lambda found: found.wanted),
    ),
    Entry(
        "rivergauge_cover_ratio",
        GaugeMetricFamily,
        "The share that they held, so far and of the newest labels; no change younger than the labels' delay is in it.",
        _cover(lambda figure: figure.value),
        ("over",),
    ),
    Entry(
        "rivergauge_cover_low_ratio",
        GaugeMetricFamily,
        "The lower end of its interval; absent while there is none.",
        _cover(lambda figure: figure.low),
        ("over",),
    ),
    Entry(
        "rivergauge_cover_high_ratio",
        GaugeMetricFamily,
        "The upper end of its interval.",
        _cover(lambda figure: figure.high),
        ("over",),
    ),
    Entry("rivergauge_cover_labels", GaugeMetricFamily, "The labels behind it.", _cover(lambda one: one.n), ("over",)),
    Entry(
        "rivergauge_cover_effective_labels",
        GaugeMetricFamily,
        "The number of independent labels that would say as much.",
        _cover(lambda figure: figure.effective_n),
        ("over",),
    ),
    Entry(
        "rivergauge_cover_size",
        GaugeMetricFamily,
        "Mean width of the intervals in the label's units, or mean number of classes in the sets.",
        _of(lambda found: None if found.size is None else found.size.value),
    ),
    Entry(
        "rivergauge_label_delay_events",
        GaugeMetricFamily,
        "Predictions made between a prediction and its label, on average: no cover is promised for a younger change.",
        _of(lambda found: found.delay),
    ),
    Entry(
        "rivergauge_abstained",
        CounterMetricFamily,
        "Predictions that abstained, by the rule that applied.",
        _rules,
        ("rule",),
    ),
    *figure_entries(
        "rivergauge_abstained_error",
        "Share of wrong answers, or mean absolute error in the label's units: of those that abstained, and the others.",
        _errors,
        ("abstained",),
    ),
)
