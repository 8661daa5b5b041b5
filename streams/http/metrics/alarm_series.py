"""Metrics of alarms: episodes by kind, and what the budget of false alarms came to, by the watch that spends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from schemas.alerts import Chance
from schemas.status import Status, Watched
from streams.http.metrics.catalogue import Entry, Reading, Samples


def _by_kind(count: Callable[[Watched], dict[str, int]]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        if reading.status is None:
            return [((), None)]
        return [((kind,), number) for kind, number in count(reading.status.watched).items()]

    return samples


def _by_watch(read: Callable[[Chance], float]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        return [((watch,), read(chance)) for watch, chance in _chances(reading.status)] or [((), None)]

    return samples


def _chances(status: Status | None) -> list[tuple[str, Chance]]:
    return [] if status is None else [*status.watched.chances.items()]


def _opened(watched: Watched) -> dict[str, int]:
    return {str(kind): number for kind, number in watched.opened.items()}


def _open(watched: Watched) -> dict[str, int]:
    counts = Counter(one.kind for one in watched.open)
    return {str(kind): counts[kind] for kind in watched.opened}


def _loud(reading: Reading) -> Samples:
    found = [] if reading.status is None else [one for one in reading.status.watched.open if not one.quiet]
    return [*Counter((str(one.kind), str(one.severity)) for one in found).items()] or [((), None)]


ALARMS: Final = (
    Entry("rivergauge_episodes", CounterMetricFamily, "Episodes opened, quiet ones too.", _by_kind(_opened), ("kind",)),
    Entry(
        "rivergauge_open_episodes",
        GaugeMetricFamily,
        "Episodes that are open, quiet ones too.",
        _by_kind(_open),
        ("kind",),
    ),
    Entry(
        "rivergauge_open_alerts",
        GaugeMetricFamily,
        "Episodes that are open and are told: all but quiet ones.",
        _loud,
        ("kind", "severity"),
    ),
    Entry(
        "rivergauge_alarm_budget",
        GaugeMetricFamily,
        "False alarms that a watch may spend per event that it looks at.",
        _by_watch(lambda chance: chance.budget),
        ("watch",),
    ),
    Entry(
        "rivergauge_alarms_expected",
        GaugeMetricFamily,
        "False alarms that chance gives at most in what a watch has looked at: the budget that is spent.",
        _by_watch(lambda chance: chance.expected),
        ("watch",),
    ),
    Entry(
        "rivergauge_alarms_opened",
        GaugeMetricFamily,
        "Episodes that a watch with a budget has opened.",
        _by_watch(lambda chance: chance.alarms),
        ("watch",),
    ),
)
