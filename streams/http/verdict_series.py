"""Metrics of the verdict: its kind, and by how much the service leads the baseline that decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import Verdict
from streams.http.catalogue import Entry, Reading, Samples


def _of(read: Callable[[Verdict], float | None], label: Callable[[Verdict], str]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        verdict = None if reading.status is None else reading.status.evaluated.verdict
        return [((), None)] if verdict is None else [((label(verdict), verdict.baseline or ""), read(verdict))]

    return samples


def _lead(end: str) -> Callable[[Reading], Samples]:
    return _of(
        lambda verdict: None if verdict.lead is None else getattr(verdict.lead, end), lambda verdict: verdict.metric
    )


VERDICT: Final = (
    Entry(
        "rivergauge_verdict",
        GaugeMetricFamily,
        "1 for how the service stands beside the baseline that is hardest to beat.",
        _of(lambda _: 1.0, lambda verdict: str(verdict.kind)),
        ("kind", "baseline"),
    ),
    Entry(
        "rivergauge_lead",
        GaugeMetricFamily,
        "By how much the service is ahead of it, in the metric's units; below 0 where the baseline would serve better.",
        _lead("value"),
        ("name", "baseline"),
    ),
    Entry(
        "rivergauge_lead_low",
        GaugeMetricFamily,
        "Lower end of the lead's 95 % interval, which holds however often one looks.",
        _lead("low"),
        ("name", "baseline"),
    ),
    Entry("rivergauge_lead_high", GaugeMetricFamily, "Upper end of it.", _lead("high"), ("name", "baseline")),
)
