"""What Prometheus sees: the catalogue of metrics, read from the shards when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.http.metrics.alarm_series import ALARMS
from streams.http.metrics.calibration_series import CALIBRATION
from streams.http.metrics.catalogue import CATALOGUE, LABELS, LATENCY, Entry, Reading
from streams.http.metrics.decision_series import DECISION
from streams.http.metrics.error_series import ERRORS
from streams.http.metrics.gap_series import GAPS
from streams.http.metrics.late_series import LATE
from streams.http.metrics.slice_series import SLICES
from streams.http.metrics.uncertainty_series import UNCERTAINTY
from streams.http.metrics.verdict_series import VERDICT
from streams.http.turns import in_turns


class Source(Protocol):
    """Where readings come from."""

    def readings(self) -> Iterable[Reading]:
        """One reading per partition that is ours."""

    def is_ready(self) -> bool:
        """What ``/readyz`` says."""


class Telemetry:
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

    def collect(self) -> Iterable[Metric]:
        """The families of the catalogue, filled."""
        return self._families(list(self._source.readings()))

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return self._written(list(self._source.readings()))

    async def text_in_turns(self) -> bytes:
        """The same. One partition's figures take milliseconds: each is read in a turn of the event loop of its own."""
        return self._written([one async for one in in_turns(self._source.readings())])

    def _written(self, readings: list[Reading]) -> bytes:
        registry = CollectorRegistry()
        registry.register(_Filled(self._families(readings)))
        ProcessCollector(registry=registry)
        return generate_latest(registry)

    def _families(self, readings: list[Reading]) -> Iterator[Metric]:
        ready = GaugeMetricFamily("rivergauge_ready", "1 when caught up, as /readyz says.", labels=["gauge"])
        ready.add_metric([self._gauge], float(self._source.is_ready()))
        yield ready
        for entry in (
            *CATALOGUE,
            *ALARMS,
            *VERDICT,
            *DECISION,
            *SLICES,
            *GAPS,
            *UNCERTAINTY,
            *LATE,
            *ERRORS,
            *CALIBRATION,
        ):
            yield self._family(entry, readings)
        yield self._latencies(readings)

    def _family(self, entry: Entry, readings: Iterable[Reading]) -> Metric:
        family = entry.family(entry.name, entry.meaning, labels=[*LABELS, *entry.labels])
        for reading in readings:
            for own, value in entry.samples(reading):
                if value is not None:
                    family.add_metric([self._gauge, str(reading.partition), *own], float(value))
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


class _Filled(Collector):
    """Families that are made when they are written."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def describe(self) -> Iterable[Metric]:
        """No names in advance; without this, registering would make them."""
        return []

    def collect(self) -> Iterable[Metric]:
        """All of them, once."""
        return self._families
