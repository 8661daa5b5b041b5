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
from streams.http.telemetry import CATALOGUE, Reading, Telemetry
from streams.partition.latency import BOUNDS_S, Latency
from tests import builders

SUMMARY = {
    "events": 10,
    "predictions": 8,
    "labels": 5,
    "dead_letters": {"not_json": 2},
    "alerts": 1,
    "versions": 3,
    "steps": {"registered": 4, "on_trial": 3, "promoted": 2, "demoted": 0, "rejected": 1, "retired": 1},
    "on_trial": 1,
    "champion": "1-3",
    "candidate": "knn",
    "candidates": {"knn": {"metric": 0.75, "faded_error": 0.25}, "amf": {"metric": None, "faded_error": None}},
    "failures": 6,
    "failing": {"1-2": {"candidate": "amf", "failures": 5, "last": "ValueError"}},
    "metric": {"name": "Accuracy", "value": 0.75},
    "metrics": {"Accuracy": 0.75, "ROCAUC": None, "F1": 0.5},
    "window": {"name": "Accuracy", "value": None},
    "window_metrics": {"Accuracy": None, "ROCAUC": 0.625, "F1": None},
    "baseline": {"name": "no_change", "value": 0.5},
    "coverage": 0.625,
    "drifting": True,
    "pending": 4,
    "early": 2,
    "expired": 3,
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
    return Reading(1, SUMMARY, 10, 9, 6, 0, 7, latency(0.002, 0.3, 1e9), 0, {"colour": 12}, 4_096)._replace(**changes)


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
    assert value("rivergauge_state_bytes", text) == 4_096
    assert value("rivergauge_replay_records", text) == 0
    assert value("rivergauge_lag_records", text) == 7


def test_every_shown_metric_has_a_series_where_it_is_defined_the_leading_one_first():
    text = telemetry(reading()).text()

    shown = [(key[1], value) for key, value in samples(text).items() if key[0] == "rivergauge_metric"]
    assert [(dict(labels)["name"], value) for labels, value in shown] == [("Accuracy", 0.75), ("F1", 0.5)]
    assert value("rivergauge_metric", text, name="ROCAUC") is None
    assert value("rivergauge_metric_window", text, name="ROCAUC") == 0.625
    assert b"nan" not in text.lower()


def test_candidates_versions_and_who_leads_come_out():
    text = telemetry(reading()).text()

    assert value("rivergauge_promotions_total", text) == 2
    assert value("rivergauge_retirements_total", text) == 1
    assert value("rivergauge_rejections_total", text) == 1
    assert value("rivergauge_trials", text) == 1
    assert value("rivergauge_champion", text, version="1-3", candidate="knn") == 1
    assert value("rivergauge_candidate_metric", text, candidate="knn", name="Accuracy") == 0.75
    assert value("rivergauge_candidate_metric", text, candidate="amf", name="Accuracy") is None
    assert value("rivergauge_candidate_faded_error", text, candidate="knn") == 0.25
    assert value("rivergauge_failures_total", text) == 6
    assert value("rivergauge_failing_versions", text, version="1-2", candidate="amf") == 5
    assert value("rivergauge_unknown_fields_total", text, field="colour") == 12
    assert value("rivergauge_early_labels", text) == 2
    assert value("rivergauge_expired_total", text) == 3


def test_the_figures_are_those_of_the_records():
    gauge = builders.gauge(
        '[evaluation]\nalso = ["F1", "ROCAUC"]\nholdout = 0\n[retraining]\nevery_labels = 20\npatience_labels = 10',
        candidates=["naive_bayes", "no_change"],
    )
    values = [builders.record(n, a=float(n % 5), y="bad" if n % 5 > 2 else "good") for n in range(100)]
    learner, effects = builders.run(gauge, values)

    text = telemetry(Reading(1, learner.summary(), 100, 100, 0, 0, 0, Latency())).text()

    for step, series in (("promoted", "promotions"), ("rejected", "rejections"), ("retired", "retirements")):
        steps = [event for event in builders.versions(effects) if event.step == step]
        assert value(f"rivergauge_{series}_total", text) == len(steps)
    champion = learner.panel.champion
    assert value("rivergauge_champion", text, version=champion.name, candidate=champion.candidate) == 1
    for name, figure in learner.board.served.figures().items():
        assert value("rivergauge_metric", text, name=name) == pytest.approx(figure)
        assert value("rivergauge_metric_window", text, name=name) == pytest.approx(figure)
    for name, score in learner.board.candidates.items():
        assert value("rivergauge_candidate_metric", text, candidate=name, name="Accuracy") == score.leading_figure()
        assert value("rivergauge_candidate_faded_error", text, candidate=name) == score.faded_error()


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
