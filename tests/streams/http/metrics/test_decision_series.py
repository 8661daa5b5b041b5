"""The decision as series: the figures of the status, and none where the gauge file declares none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from schemas.evaluated import DecisionFigures
from streams.http.metrics.decision_series import DECISION
from streams.http.metrics.telemetry import Reading, Telemetry
from streams.partition.latency import Latency
from tests import builders
from tests.models.decision.test_served import DECISIONS, WITH_EVENT, records


def served(text: str) -> tuple[dict[tuple[str, ...], float], DecisionFigures | None]:
    """The series of a learner after 1,200 events, by name and own label, and what its status says."""
    learner, _ = builders.run(builders.gauge(WITH_EVENT + text), records(1_200))
    status = learner.status()
    reading = Reading(1, status, 1_200, 1_200, 0, 0, 0, Latency())
    page = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()
    names = {entry.name for entry in DECISION}
    found = {
        (sample.name, *(value for label, value in sample.labels.items() if label not in ("gauge", "partition"))):
            sample.value
        for family in text_string_to_metric_families(page)
        if family.name in names
        for sample in family.samples
    }  # fmt: skip
    return found, status.evaluated.decision


@pytest.mark.parametrize("way", ["costs", "recall"])
def test_the_series_are_the_figures_of_the_status(way):
    found, decision = served(DECISIONS[way])

    own = {"threshold": decision.threshold, "wanted_ratio": decision.wanted, "reached_ratio": decision.reached}
    expected = {(f"rivergauge_decision_{name}",): value for name, value in own.items()}
    named = {"precision": decision.precision, "recall": decision.recall, "cost": decision.cost}
    for name, figure in named.items():
        if figure is not None:
            parts = {"": figure.value, "_low": figure.low, "_high": figure.high}
            parts |= {"_labels": figure.n, "_effective_labels": figure.effective_n}
            expected |= {(f"rivergauge_decision_figure{part}", name): value for part, value in parts.items()}
    assert found == {key: value for key, value in expected.items() if value is not None}
    assert len(found) == {"costs": 16, "recall": 13}[way]


def test_without_a_decision_there_are_none():
    assert served("") == ({}, None)
