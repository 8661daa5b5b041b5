"""The metric now as series: the figures of the status, and none where labels come with their events."""

from __future__ import annotations

from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from streams.http.metrics.telemetry import Reading, Telemetry
from streams.partition.latency import Latency
from tests import builders, strategies

TEXT = "[evaluation]\nwindow_events = 60\n"


def served(text: str) -> tuple[dict[str, tuple[str, float]], object]:
    """The series by name, with the metric they are of, and what the status says."""
    gauge = builders.gauge(text)
    learner, _ = builders.run(gauge, strategies.stream(gauge, strategies.Plan(seed=1, events=1_500)))
    status = learner.status()
    reading = Reading(1, status, 0, 0, 0, 0, 0, Latency())
    page = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()
    prefix = "rivergauge_metric_now_"
    found = {
        family.name.removeprefix(prefix): (sample.labels["name"], sample.value)
        for family in text_string_to_metric_families(page)
        if family.name.startswith(prefix)
        for sample in family.samples
    }
    return found, status.evaluated.metric_now


def test_the_series_are_the_figures_of_the_status():
    found, now = served(TEXT)

    assert found == {
        name: ("Accuracy", value)
        for name, value in {
            "estimate": now.estimate.value,
            "estimate_low": now.estimate.low,
            "estimate_high": now.estimate.high,
            "estimate_labels": now.estimate.n,
            "pending_ratio": now.pending,
            "off_by": now.off_by,
            "last_labelled": now.last_labelled.value,
            "last_labelled_off_by": now.last_labelled_off_by,
        }.items()
    }


def test_where_labels_come_with_their_events_there_are_none():
    assert served(TEXT + '[label]\narrival = "with_event"') == ({}, None)
