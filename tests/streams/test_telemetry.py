"""The catalogue of metrics.

Oracles: Prometheus' own parser, and the naming rules that ``promtool check metrics`` applies (which runs where it is
installed).
"""

from __future__ import annotations

import shutil
import subprocess
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.learner import Learner
from streams.latency import BOUNDS_S, Latency
from streams.telemetry import CATALOGUE, Reading, Telemetry
from tests import builders

SUMMARY = {
    "events": 10,
    "predictions": 8,
    "labels": 5,
    "dead_letters": {"not_json": 2},
    "alerts": 1,
    "versions": 3,
    "metric": {"name": "Accuracy", "value": 0.75},
    "window": {"name": "Accuracy", "value": None},
    "baseline": {"name": "no_change", "value": 0.5},
    "coverage": 0.625,
    "drifting": True,
    "pending": 4,
}


def latency(*seconds: float) -> Latency:
    made = Latency()
    made.observe([0] * len(seconds), 0)
    made.counts = [0] * (len(BOUNDS_S) + 1)
    for value in seconds:
        made.observe([0], value * 1_000)
    return made


def telemetry(*readings: Reading, ready: bool = True) -> Telemetry:
    return Telemetry("pumps", SimpleNamespace(readings=lambda: readings, is_ready=lambda: ready))


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def reading(**changes: object) -> Reading:
    return Reading(1, SUMMARY, 10, 9, 6, 0, 7, latency(0.002, 0.3, 1e9))._replace(**changes)


def value(series: str, text: bytes, /, **labels: str) -> float | None:
    where = tuple(sorted({"gauge": "pumps", "partition": "1", **labels}.items()))
    return samples(text).get((series, where))


def test_the_learners_figures_come_out_under_their_names():
    text = telemetry(reading()).text()

    assert value("rivergauge_events_total", text) == 10
    assert value("rivergauge_predictions_total", text) == 8
    assert value("rivergauge_labels_total", text) == 5
    assert value("rivergauge_dead_letters_total", text, reason="not_json") == 2
    assert value("rivergauge_alerts_total", text) == 1
    assert value("rivergauge_versions_total", text) == 3
    assert value("rivergauge_metric", text, name="Accuracy") == 0.75
    assert value("rivergauge_baseline", text, name="no_change") == 0.5
    assert value("rivergauge_coverage_ratio", text) == 0.625
    assert value("rivergauge_drifting", text) == 1
    assert value("rivergauge_position", text) == 10
    assert value("rivergauge_published_position", text) == 9
    assert value("rivergauge_snapshot_position", text) == 6
    assert value("rivergauge_replay_records", text) == 0
    assert value("rivergauge_lag_records", text) == 7


def test_a_figure_that_is_not_there_yet_has_no_series():
    text = telemetry(reading(lag=None)).text()

    assert value("rivergauge_metric_window", text, name="Accuracy") is None
    assert value("rivergauge_lag_records", text) is None


def test_a_partition_without_a_state_shows_its_place_and_no_figures():
    text = telemetry(reading(summary=None, position=40, published=57, replaying=17)).text()

    assert value("rivergauge_replay_records", text) == 17
    assert value("rivergauge_published_position", text) == 57
    assert value("rivergauge_events_total", text) is None
    assert value("rivergauge_dead_letters_total", text, reason="not_json") is None


def test_latency_is_a_histogram_in_seconds():
    text = telemetry(reading()).text()

    assert value("rivergauge_latency_seconds_bucket", text, le="0.001") == 0
    assert value("rivergauge_latency_seconds_bucket", text, le="0.0025") == 1
    assert value("rivergauge_latency_seconds_bucket", text, le="0.5") == 2
    assert value("rivergauge_latency_seconds_bucket", text, le="+Inf") == 3
    assert value("rivergauge_latency_seconds_count", text) == 3
    assert value("rivergauge_latency_seconds_sum", text) == pytest.approx(1e9 + 0.302)


def test_a_latency_on_a_bound_belongs_to_it_and_clocks_that_disagree_count_as_none():
    made = Latency()

    made.observe([1_000, 2_000, -1], 1_001)

    assert made.cumulative()[0] == ("0.001", 2)
    assert made.cumulative()[-1] == ("+Inf", 2)


@pytest.mark.parametrize("ready", [True, False])
def test_readiness_is_a_metric_too(ready: bool):
    assert samples(telemetry(ready=ready).text())[("rivergauge_ready", (("gauge", "pumps"),))] == ready


def test_every_entry_of_the_catalogue_reads_a_real_learners_summary():
    gauge = builders.gauge()
    learner, _effects = builders.run(gauge, [builders.record(1, a=1.0, y="good"), b"broken"])
    made = Reading(0, learner.summary(), learner.next_offset, learner.next_offset, 0, 0, 0, Latency())

    empty = [entry.name for entry in CATALOGUE if not list(entry.samples(made))]

    assert isinstance(learner, Learner)
    assert empty == []


def test_promtool_finds_nothing_to_say(require):
    promtool = shutil.which("promtool")
    require("promtool", promtool, "no promtool on the path")

    done = subprocess.run(
        [str(promtool), "check", "metrics"], input=telemetry(reading()).text(), capture_output=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
