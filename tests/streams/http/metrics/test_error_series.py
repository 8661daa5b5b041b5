"""Confusion and residuals as series: those of the sliding window, bounded in number."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from streams.http.metrics.error_series import PAIRS
from streams.http.metrics.telemetry import Reading, Telemetry
from streams.partition.latency import Latency
from tests import builders, strategies


def series(status: object, name: str) -> dict[tuple[str, ...], float]:
    """A metric's samples by the values of its own labels."""
    reading = Reading(1, status, 0, 0, 0, 0, 0, Latency())
    page = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()
    return {
        tuple(value for label, value in sample.labels.items() if label not in ("gauge", "partition")): sample.value
        for family in text_string_to_metric_families(page)
        if family.name == name
        for sample in family.samples
    }


def status_of(task: str, candidate: str):
    gauge = builders.gauge(task=task, candidates=[candidate])
    return builders.run(gauge, strategies.stream(gauge, strategies.Plan(seed=1, events=300)))[0].status()


def test_confused_classes_are_those_of_the_window():
    status = status_of("multiclass", "no_change")

    found = series(status, "rivergauge_confusion_window")

    counts = status.evaluated.confusion.window.counts
    assert found == {(label, said): n for label, row in counts.items() for said, n in row.items()}
    assert series(status, "rivergauge_residual_window") == {}


def test_residuals_are_those_of_the_window():
    status = status_of("regression", "mean")

    found = series(status, "rivergauge_residual_window")

    assert found == {(level,): value for level, value in status.evaluated.residuals.quantiles.items()}
    assert series(status, "rivergauge_confusion_window") == {}


def test_of_many_classes_the_most_frequent_pairs_have_series():
    names = [f"c{n}" for n in range(30)]
    rng = random.Random(1)
    gauge = builders.gauge(f"[label]\nclasses = {json.dumps(names)}", task="multiclass", candidates=["no_change"])
    labels = [names[min(int(rng.expovariate(0.1)), 29)] for _ in range(1_000)]
    learner, _ = builders.run(gauge, [builders.record(n, a=1.0, y=y) for n, y in enumerate(labels)])
    status = learner.status()

    found = series(status, "rivergauge_confusion_window")

    times = sorted((n for row in status.evaluated.confusion.window.counts.values() for n in row.values()), reverse=True)
    assert len(times) > PAIRS
    assert sorted(found.values(), reverse=True) == times[:PAIRS]
