"""Calibration as series: the figures of the status, and none before there are answers."""

from __future__ import annotations

import random
from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from streams.http.metrics.calibration_series import CALIBRATION
from streams.http.metrics.telemetry import Reading, Telemetry
from streams.partition.latency import Latency
from tests import builders


def served(*, labels: int = 900) -> tuple[dict[tuple[str, ...], float], object]:
    """The series of a learner, by name and own label, and what its status says."""
    rng = random.Random(5)
    values = [
        builders.record(n, a=(a := rng.gauss(0, 1)), b=1.0, y="bad" if a + rng.gauss(0, 1) > 0 else "good")
        for n in range(labels)
    ]
    gauge = builders.gauge("[evaluation]\nholdout = 0\n[drift]\nenabled = false")
    status = builders.run(gauge, values)[0].status()
    reading = Reading(1, status, labels, labels, 0, 0, 0, Latency())
    page = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()
    names = {entry.name for entry in CALIBRATION}
    found = {
        (sample.name, *(value for label, value in sample.labels.items() if label not in ("gauge", "partition"))):
            sample.value
        for family in text_string_to_metric_families(page)
        if family.name in names
        for sample in family.samples
    }  # fmt: skip
    return found, status.evaluated.calibration


def test_the_series_are_the_figures_of_the_status():
    found, calibration = served()

    expected = {
        ("rivergauge_calibration_bias",): calibration.bias.value,
        ("rivergauge_calibration_bias_low",): calibration.bias.low,
        ("rivergauge_calibration_bias_high",): calibration.bias.high,
        ("rivergauge_calibration_effective_labels",): calibration.bias.effective_n,
    }
    for over, reliability in (("lifetime", calibration.lifetime), ("window", calibration.recent)):
        expected |= {
            ("rivergauge_calibration_error", over): reliability.calibration_error.value,
            ("rivergauge_brier_score", over): reliability.brier.value,
            ("rivergauge_brier_score_low", over): reliability.brier.low,
            ("rivergauge_brier_score_high", over): reliability.brier.high,
            ("rivergauge_log_loss", over): reliability.log_loss.value,
            ("rivergauge_log_loss_low", over): reliability.log_loss.low,
            ("rivergauge_log_loss_high", over): reliability.log_loss.high,
            ("rivergauge_calibration_labels", over): reliability.n,
        }
    assert found == expected
    assert None not in expected.values()


def test_there_are_none_before_the_first_answer_with_probabilities():
    assert served(labels=0) == ({}, None)
