"""Metrics of gaps between protected groups: as many series as the groups of the attributes that a gauge file names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import GapFigure
from schemas.status import Status
from streams.http.metrics.catalogue import Entry, Reading, Samples
from streams.http.metrics.figure_entries import figure_entries

_LABELS: Final = ("attribute", "criterion", "group")


def _gaps(status: Status) -> Iterator[tuple[tuple[str, ...], GapFigure]]:
    fairness = status.evaluated.fairness
    for attribute, found in {} if fairness is None else fairness.attributes.items():
        parities = {
            "demographic parity": found.demographic_parity,
            "equal opportunity": found.equal_opportunity,
            "equalised odds": found.equalised_odds.false_positives,
        }
        for criterion, parity in parities.items():
            for gap in parity.gaps:
                yield (attribute, criterion, gap.group), gap


def _each_gap(read: Callable[[GapFigure], float | None]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        gaps = [] if reading.status is None else _gaps(reading.status)
        return [(labels, read(gap)) for labels, gap in gaps] or [((), None)]

    return samples


GAPS: Final = (
    *figure_entries(
        "rivergauge_gap",
        "Lead of a protected group's rate over the others'; its interval holds at every look; pairs count as labels.",
        lambda status: [(labels, gap.gap) for labels, gap in _gaps(status)],
        _LABELS,
    ),
    Entry(
        "rivergauge_gap_alarmed",
        GaugeMetricFamily,
        "1 while an episode of the gap is open.",
        _each_gap(lambda one: float(one.episode is not None)),
        _LABELS,
    ),
)
