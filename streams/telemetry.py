"""What Prometheus sees: one catalogue of metrics, read from the shards when they are asked for.

Nothing is counted twice: the figures are the learner's own, so they agree with the records on the topics. They are
part of its state: a restored worker goes on from its snapshot's, below where it was if it has to replay. Names follow
Prometheus (base units, ``_total``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.latency import Latency

LABELS: Final = ("gauge", "partition")


class Reading(NamedTuple):
    """The state of one shard at one moment.

    ``summary`` is None while the state is being restored. ``published`` equals ``position`` when the outputs of
    everything folded are on the topics; while ``replaying`` that many records silently it is ahead. ``durable`` is the
    newest snapshot's position. ``redated`` counts what was published with a timestamp other than its input record's.
    """

    partition: int
    summary: Mapping[str, Any] | None
    position: int
    published: int
    durable: int
    replaying: int
    lag: int | None
    latency: Latency
    redated: int = 0


class Source(Protocol):
    """Where readings come from."""

    def readings(self) -> Iterable[Reading]:
        """One reading per partition that is ours."""

    def is_ready(self) -> bool:
        """What ``/readyz`` says."""


class Entry(NamedTuple):
    """One line of the catalogue. ``label`` names a third label, whose values ``samples`` then gives."""

    name: str
    family: type[CounterMetricFamily | GaugeMetricFamily]
    meaning: str
    samples: Callable[[Reading], Iterable[tuple[str | None, float | None]]]
    label: str | None = None


def _plain(key: str) -> Callable[[Reading], Iterable[tuple[str | None, float | None]]]:
    return lambda reading: [(None, (reading.summary or {}).get(key))]


def _named(key: str) -> Callable[[Reading], Iterable[tuple[str | None, float | None]]]:
    def samples(reading: Reading) -> Iterable[tuple[str | None, float | None]]:
        figure = (reading.summary or {}).get(key)
        return [] if figure is None else [(figure["name"], figure["value"])]

    return samples


CATALOGUE: Final = (
    Entry("rivergauge_events", CounterMetricFamily, "Events folded, label records not counted.", _plain("events")),
    Entry("rivergauge_predictions", CounterMetricFamily, "Predictions made.", _plain("predictions")),
    Entry("rivergauge_labels", CounterMetricFamily, "Labels that met their event.", _plain("labels")),
    Entry(
        "rivergauge_dead_letters",
        CounterMetricFamily,
        "Records refused for good.",
        lambda reading: (reading.summary or {}).get("dead_letters", {}).items(),
        "reason",
    ),
    Entry("rivergauge_alerts", CounterMetricFamily, "Drift episodes opened.", _plain("alerts")),
    Entry("rivergauge_versions", CounterMetricFamily, "Model versions made.", _plain("versions")),
    Entry("rivergauge_metric", GaugeMetricFamily, "The leading metric over the whole life.", _named("metric"), "name"),
    Entry(
        "rivergauge_metric_window",
        GaugeMetricFamily,
        "The leading metric over the sliding window.",
        _named("window"),
        "name",
    ),
    Entry(
        "rivergauge_baseline",
        GaugeMetricFamily,
        "The leading metric of the best baseline over the whole life.",
        _named("baseline"),
        "name",
    ),
    Entry(
        "rivergauge_baseline_window",
        GaugeMetricFamily,
        "The leading metric of the best baseline over the sliding window.",
        _named("baseline_window"),
        "name",
    ),
    Entry(
        "rivergauge_faded_error",
        GaugeMetricFamily,
        "Share of wrong answers, or mean absolute error in the label's units; faded.",
        _plain("faded_error"),
    ),
    Entry("rivergauge_coverage_ratio", GaugeMetricFamily, "Share of predictions with a label.", _plain("coverage")),
    Entry("rivergauge_drifting", GaugeMetricFamily, "1 while a drift episode is open.", _plain("drifting")),
    Entry("rivergauge_pending_labels", GaugeMetricFamily, "Predictions waiting for their label.", _plain("pending")),
    Entry(
        "rivergauge_position",
        GaugeMetricFamily,
        "Offset of the next record to learn from.",
        lambda reading: [(None, reading.position)],
    ),
    Entry(
        "rivergauge_published_position",
        GaugeMetricFamily,
        "Offset below which all outputs are acknowledged; equals the position when none is under way.",
        lambda reading: [(None, reading.published)],
    ),
    Entry(
        "rivergauge_snapshot_position",
        GaugeMetricFamily,
        "Offset up to which the state is durable: where a restart would begin.",
        lambda reading: [(None, reading.durable)],
    ),
    Entry(
        "rivergauge_replay_records",
        GaugeMetricFamily,
        "Offsets still to be learned silently after a restore; 0 when live.",
        lambda reading: [(None, reading.replaying)],
    ),
    Entry(
        "rivergauge_lag_records",
        GaugeMetricFamily,
        "Offsets between the position and the end of the log.",
        lambda reading: [(None, reading.lag)],
    ),
    Entry(
        "rivergauge_timestamps_replaced",
        CounterMetricFamily,
        "Outputs with the time of publishing, because their topic refused their input record's; since the start.",
        lambda reading: [(None, reading.redated)],
    ),
)

LATENCY: Final = (
    "rivergauge_latency_seconds",
    "From an input record's timestamp to the acknowledgement of its outputs.",
)


class Telemetry(Collector):
    """The catalogue, filled from a source at each scrape.

    Parameters
    ----------
    gauge
        The gauge's name, a label of every series.
    source
        Asked at each scrape.
    """

    def __init__(self, gauge: str, source: Source) -> None:
        self._gauge = gauge
        self._source = source
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """No names in advance; without this, registering would read the source."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read the source and fill the catalogue."""
        ready = GaugeMetricFamily("rivergauge_ready", "1 when caught up, as /readyz says.", labels=["gauge"])
        ready.add_metric([self._gauge], float(self._source.is_ready()))
        yield ready
        readings = list(self._source.readings())
        for entry in CATALOGUE:
            yield self._family(entry, readings)
        yield self._latencies(readings)

    def _family(self, entry: Entry, readings: Iterable[Reading]) -> Metric:
        labels = [*LABELS, *([entry.label] if entry.label is not None else [])]
        family = entry.family(entry.name, entry.meaning, labels=labels)
        for reading in readings:
            for label, value in entry.samples(reading):
                if value is not None:
                    values = [self._gauge, str(reading.partition), *([label] if label is not None else [])]
                    family.add_metric(values, float(value))
        return family

    def _latencies(self, readings: Iterable[Reading]) -> Metric:
        family = HistogramMetricFamily(*LATENCY, labels=LABELS)
        for reading in readings:
            family.add_metric(
                [self._gauge, str(reading.partition)],
                buckets=reading.latency.cumulative(),
                sum_value=reading.latency.sum_s,
            )
        return family
