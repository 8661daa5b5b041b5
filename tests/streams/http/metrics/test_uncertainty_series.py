"""Cover and abstaining as series: the figures of the status, and none where the gauge file asks for none."""

from __future__ import annotations

import random
from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from streams.http.metrics.telemetry import Reading, Telemetry
from streams.http.metrics.uncertainty_series import UNCERTAINTY
from streams.partition.latency import Latency
from tests import builders

BARE = "[evaluation]\nholdout = 0\n"
TEXT = BARE + "[uncertainty]\ncover = 0.8\n[uncertainty.abstain]\nset_size = 1\nmissing = 0.5\n"


def served(text: str) -> tuple[dict[tuple[str, ...], float], object]:
    """The series of a learner after 900 events, by name and own label, and what its status says."""
    rng = random.Random(5)
    values = [
        builders.record(n, a=(a := rng.gauss(0, 1)), b=1.0, y="bad" if a + rng.gauss(0, 1) > 0 else "good")
        for n in range(900)
    ]
    learner, _ = builders.run(builders.gauge(text), values)
    status = learner.status()
    reading = Reading(1, status, 900, 900, 0, 0, 0, Latency())
    page = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()
    names = {entry.name for entry in UNCERTAINTY}
    found = {
        (sample.name, *(value for label, value in sample.labels.items() if label not in ("gauge", "partition"))):
            sample.value
        for family in text_string_to_metric_families(page)
        if family.name in names
        for sample in family.samples
    }  # fmt: skip
    return found, status.evaluated.uncertainty


def test_the_series_are_the_figures_of_the_status():
    found, uncertainty = served(TEXT)

    expected = {
        ("rivergauge_cover_wanted_ratio",): 0.8,
        ("rivergauge_cover_size",): uncertainty.size.value,
        ("rivergauge_label_delay_events",): 0.0,
    }
    for over, figure in (("lifetime", uncertainty.cover), ("window", uncertainty.recent)):
        parts = {"ratio": figure.value, "low_ratio": figure.low, "high_ratio": figure.high}
        parts |= {"labels": figure.n, "effective_labels": figure.effective_n}
        expected |= {(f"rivergauge_cover_{part}", over): value for part, value in parts.items()}
    for yes, figure in (("yes", uncertainty.abstained.error), ("no", uncertainty.abstained.error_answered)):
        parts = {"": figure.value, "_low": figure.low, "_high": figure.high, "_labels": figure.n}
        parts["_effective_labels"] = figure.effective_n
        expected |= {(f"rivergauge_abstained_error{part}", yes): value for part, value in parts.items()}
    for rule, count in uncertainty.abstained.rules.items():
        expected["rivergauge_abstained_total", rule] = count
    assert found == expected
    assert None not in expected.values()
    assert found["rivergauge_abstained_total", "set_size"] > 100


def test_there_are_none_where_the_gauge_file_asks_for_none():
    assert served(BARE) == ({}, None)
