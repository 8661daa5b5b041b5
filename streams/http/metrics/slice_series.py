"""Metrics of the groups of declared slices: as many series of each as there are groups, which the core bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import Flag, GroupFigures
from streams.http.metrics.catalogue import Entry, Reading, Samples

_SIGNS: Final = {None: 0.0, Flag.WORSE: 1.0, Flag.BETTER: -1.0}


def _each_group(read: Callable[[GroupFigures], float | None]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        slices = None if reading.status is None else reading.status.evaluated.slices
        return [((name, one.group), read(one)) for name, groups in (slices or {}).items() for one in groups] or [
            ((), None)
        ]

    return samples


def _entry(name: str, meaning: str, read: Callable[[GroupFigures], float | None]) -> Entry:
    return Entry(f"rivergauge_slice_{name}", GaugeMetricFamily, meaning, _each_group(read), ("slice", "group"))


SLICES: Final = (
    _entry(
        "metric", "The leading metric over the group's events; absent where not defined.", lambda one: one.figure.value
    ),
    _entry("metric_low", "The lower end of its interval; absent while there is none.", lambda one: one.figure.low),
    _entry("metric_high", "The upper end of its interval.", lambda one: one.figure.high),
    _entry("labels", "The labels behind it.", lambda one: one.figure.n),
    _entry(
        "effective_labels",
        "The number of independent labels that would say as much.",
        lambda one: one.figure.effective_n,
    ),
    _entry("gap", "The group's mean loss less everybody else's, paired in time.", lambda one: one.gap),
    _entry("flag", "1 while the group is flagged as worse, -1 as better, else 0.", lambda one: _SIGNS[one.flag]),
)
