"""The verdict as series: one for its kind, five for the lead that decides."""

from __future__ import annotations

import random
from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from streams.http.metrics.telemetry import Reading, Telemetry
from streams.partition.latency import Latency
from tests import builders

PARTS = (("", "value"), ("_low", "low"), ("_high", "high"), ("_labels", "n"), ("_effective_labels", "effective_n"))


def series(records: int) -> tuple[dict[str, tuple[dict[str, str], float]], object]:
    rng = random.Random(5)
    gauge = builders.gauge("[evaluation]\nholdout = 0\n")
    values = [
        builders.record(n, a=(a := rng.gauss(0, 1)), y="bad" if a + rng.gauss(0, 0.5) > 0 else "good")
        for n in range(records)
    ]
    learner, _ = builders.run(gauge, values)
    status = learner.status()
    reading = Reading(1, status, records, records, 0, 0, 0, Latency())
    text = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()
    found = {
        sample.name: (sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(("rivergauge_verdict", "rivergauge_lead"))
    }
    return found, status.evaluated.verdict


def test_the_series_are_those_of_the_status():
    found, verdict = series(900)

    labels, one = found["rivergauge_verdict"]
    assert (labels["kind"], labels["baseline"], one) == (verdict.kind, verdict.baseline, 1.0)
    for name, end in PARTS:
        labels, value = found[f"rivergauge_lead{name}"]
        assert (labels["name"], labels["baseline"]) == ("Accuracy", verdict.baseline)
        assert value == getattr(verdict.lead, end)


def test_before_there_is_an_interval_it_has_no_series():
    found, _ = series(40)

    assert found["rivergauge_verdict"][0]["kind"] == "too_early"
    assert {"rivergauge_lead_low", "rivergauge_lead_high"} & set(found) == set()
