"""Metrics of the verdict: its kind, and by how much the service leads the baseline that decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import Verdict
from schemas.status import Status
from streams.http.metrics.catalogue import Entry, Reading, Samples
from streams.http.metrics.figure_entries import Labelled, figure_entries


def _of(read: Callable[[Verdict], float | None], label: Callable[[Verdict], str]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        verdict = None if reading.status is None else reading.status.evaluated.verdict
        return [((), None)] if verdict is None else [((label(verdict), verdict.baseline or ""), read(verdict))]

    return samples


def _lead(status: Status) -> Labelled:
    verdict = status.evaluated.verdict
    if verdict is not None and verdict.lead is not None:
        yield (verdict.metric, verdict.baseline or ""), verdict.lead


VERDICT: Final = (
    Entry(
        "rivergauge_verdict",
        GaugeMetricFamily,
        "1 for how the service stands beside the baseline that is hardest to beat.",
        _of(lambda _: 1.0, lambda verdict: str(verdict.kind)),
        ("kind", "baseline"),
    ),
    *figure_entries(
        "rivergauge_lead",
        "By how much the service is ahead of it, in the metric's units; below 0 where the baseline would serve better. "
        "Its interval holds however often one looks.",
        _lead,
        ("name", "baseline"),
    ),
)
