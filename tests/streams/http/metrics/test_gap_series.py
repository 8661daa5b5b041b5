"""Every gap between protected groups has series of its own."""

from __future__ import annotations

import random
from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from streams.http.metrics.telemetry import Reading, Telemetry
from streams.partition.latency import Latency
from tests import builders


def test_the_series_of_gaps_are_the_figures_of_the_status():
    rng = random.Random(5)
    gauge = builders.gauge(
        '[evaluation]\nholdout = 0\n[slices.sex]\nprivate = true\n[fairness]\nprotected = ["sex"]\n',
        candidates=["no_change"],
    )
    # The answer to an event is the label before: it foresees the group.
    labels = [rng.choice(("bad", "good")) for _ in range(900)]
    groups = ["fm"[(label == "bad") ^ (rng.random() < 0.2)] for label in ["good", *labels]]
    values = [builders.record(n, a=1.0, sex=groups[n], y=label) for n, label in enumerate(labels)]
    learner, _ = builders.run(gauge, values)
    status = learner.status()
    reading = Reading(1, status, 900, 900, 0, 0, 0, Latency())

    text = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()

    found = {
        (sample.name, sample.labels["criterion"], sample.labels["group"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("attribute") == "sex"
    }
    assert status.evaluated.fairness is not None
    sex = status.evaluated.fairness.attributes["sex"]
    parities = {
        "demographic parity": sex.demographic_parity,
        "equal opportunity": sex.equal_opportunity,
        "equalised odds": sex.equalised_odds.false_positives,
    }
    expected = {}
    for criterion, parity in parities.items():
        [gap] = parity.gaps
        values_of = {"": gap.gap.value, "_low": gap.gap.low, "_high": gap.gap.high}
        values_of |= {"_labels": gap.gap.n, "_effective_labels": gap.gap.effective_n}
        values_of["_alarmed"] = float(gap.episode is not None)
        expected |= {(f"rivergauge_gap{what}", criterion, gap.group): value for what, value in values_of.items()}
    assert found == expected
    assert {group for _, _, group in found} <= {"group-1", "group-2"}
    assert 1.0 in {value for (name, *_), value in found.items() if name == "rivergauge_gap_alarmed"}


def test_without_protected_attributes_there_is_none():
    learner, _ = builders.run(builders.gauge(), [builders.record(1, a=1.0, y="bad")])
    reading = Reading(1, learner.status(), 1, 1, 0, 0, 0, Latency())

    text = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()

    assert not [line for line in text.splitlines() if line.startswith("rivergauge_gap")]
