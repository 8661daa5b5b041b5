"""The catalogue of metrics.

Oracles: Prometheus' own parser, and the naming rules that ``promtool check metrics`` applies (which runs where it is
installed).
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from schemas.alerts import Chance, DriftKind, Severity
from schemas.evaluated import Evaluated, Figure
from schemas.records import VersionStep
from schemas.status import (
    CandidateFigures,
    Failing,
    Lead,
    Leading,
    NamedFigure,
    OpenEpisode,
    Performance,
    PolicyStatus,
    SeriesFigures,
    Status,
    Versions,
    Waiting,
    Watched,
    WindowFigure,
)
from streams.http.metrics.alarm_series import ALARMS
from streams.http.metrics.telemetry import CATALOGUE, Reading, Telemetry
from streams.partition.latency import BOUNDS_S, Latency
from tests import builders

# No two figures are alike, so that none can stand in another's place.


def six(first: int) -> Figure:
    """Six numbers in a row."""
    return Figure(value=first, n=first + 1, effective_n=first + 2, low=first + 3, high=first + 4, coverage=first + 5)


def series(first: int) -> SeriesFigures:
    """One figure with numbers, the others without."""
    none = Figure(value=None, n=0)
    return SeriesFigures(life={"Accuracy": six(first)}, window={"Accuracy": none}, faded_error=none)


STATUS = Status(
    position=10,
    events=11,
    predictions=12,
    labels=13,
    coverage=0.19,
    dead_letters={"not_json": 14},
    waiting=Waiting(pending=28, early=29, early_bytes=30, expired=31),
    alerts=15,
    drifting=True,
    versions=Versions(
        made=16,
        steps={
            VersionStep.REGISTERED: 17,
            VersionStep.ON_TRIAL: 18,
            VersionStep.PROMOTED: 19,
            VersionStep.DEMOTED: 20,
            VersionStep.REJECTED: 21,
            VersionStep.RETIRED: 22,
        },
        on_trial=23,
        failures=24,
        failing={"1-2": Failing(candidate="amf", failures=25, last="ValueError")},
        champion=Leading(version="1-3", candidate="knn"),
        policy=PolicyStatus(
            due=[],
            cooldown_left=0,
            retrains_left=None,
            labels_until_retrain=0,
            next_scheduled=None,
            held=None,
            held_labels=0,
        ),
    ),
    performance=Performance(
        metric=NamedFigure(name="Accuracy", value=0.13),
        metrics={"Accuracy": 0.13, "ROCAUC": None, "F1": 0.14},
        window=WindowFigure(name="Accuracy", value=None, answers=26),
        window_metrics={"Accuracy": None, "ROCAUC": 0.15, "F1": None},
        faded_error=0.16,
        candidates={
            "knn": CandidateFigures(metric=0.11, faded_error=0.12),
            "amf": CandidateFigures(metric=None, faded_error=None),
        },
        baseline=NamedFigure(name="no_change", value=0.17),
        baseline_window=WindowFigure(name="no_change", value=0.18, answers=27),
        figures=series(61),
        candidate_figures={"knn": series(71)},
        baseline_figures={"no_change": series(81)},
        version_figures={"1-3": six(91)},
        leads={"no_change": Lead(life=six(101), recent=six(111))},
    ),
    evaluated=Evaluated(),
    watched=Watched(
        open=[
            OpenEpisode(
                episode="1-1", kind=DriftKind.PRIOR, subject=None, severity=Severity.MAJOR, position=121, quiet=True
            ),
            OpenEpisode(
                episode="1-2", kind=DriftKind.CONCEPT, subject=None, severity=Severity.MINOR, position=126, quiet=False
            ),
        ],
        opened={DriftKind.CONCEPT: 122, DriftKind.PRIOR: 123},
        chances={"errors": Chance(budget=0.21, events=124, expected=0.22, alarms=125)},
    ),
)

NO_LABELS = {
    (name, of, over, who): 0
    for of, who in (("service", "service"), ("candidate", "knn"), ("baseline", "no_change"))
    for name, over in (("Accuracy", "window"), ("error", "faded"))
}

# Every series of the catalogue, as Prometheus sees it for STATUS and the reading below; labels in their names' order.
SERIES = {
    "rivergauge_events_total": {(): 11},
    "rivergauge_predictions_total": {(): 12},
    "rivergauge_labels_total": {(): 13},
    "rivergauge_dead_letters_total": {("not_json",): 14},
    "rivergauge_alerts_total": {(): 15},
    "rivergauge_versions_total": {(): 16},
    "rivergauge_promotions_total": {(): 19},
    "rivergauge_rejections_total": {(): 21},
    "rivergauge_retirements_total": {(): 22},
    "rivergauge_trials": {(): 23},
    "rivergauge_champion": {("knn", "1-3"): 1},
    "rivergauge_metric": {("Accuracy",): 0.13, ("F1",): 0.14},
    "rivergauge_metric_window": {("ROCAUC",): 0.15},
    "rivergauge_candidate_metric": {("knn", "Accuracy"): 0.11},
    "rivergauge_candidate_faded_error": {("knn",): 0.12},
    "rivergauge_failures_total": {(): 24},
    "rivergauge_failing_versions": {("amf", "1-2"): 25},
    "rivergauge_baseline": {("no_change",): 0.17},
    "rivergauge_baseline_window": {("no_change",): 0.18},
    "rivergauge_faded_error": {(): 0.16},
    **{
        f"rivergauge_figure{ending}": {
            ("Accuracy", "service", "life", "service"): 61 + at,
            ("Accuracy", "candidate", "life", "knn"): 71 + at,
            ("Accuracy", "baseline", "life", "no_change"): 81 + at,
            ("Accuracy", "version", "life", "1-3"): 91 + at,
            ("error", "lead", "life", "no_change"): 101 + at,
            ("error", "lead", "window", "no_change"): 111 + at,
            **(NO_LABELS if ending == "_labels" else {}),
        }
        for at, ending in enumerate(("", "_labels", "_effective_labels", "_low", "_high", "_coverage"))
    },
    "rivergauge_coverage_ratio": {(): 0.19},
    "rivergauge_drifting": {(): 1},
    "rivergauge_episodes_total": {("concept",): 122, ("prior",): 123},
    "rivergauge_open_episodes": {("concept",): 1, ("prior",): 1},
    "rivergauge_open_alerts": {("concept", "minor"): 1},
    "rivergauge_alarm_budget": {("errors",): 0.21},
    "rivergauge_alarms_expected": {("errors",): 0.22},
    "rivergauge_alarms_opened": {("errors",): 125},
    "rivergauge_pending_labels": {(): 28},
    "rivergauge_early_labels": {(): 29},
    "rivergauge_early_label_bytes": {(): 30},
    "rivergauge_expired_total": {(): 31},
    "rivergauge_unknown_fields_total": {("colour",): 41},
    "rivergauge_position": {(): 42},
    "rivergauge_published_position": {(): 43},
    "rivergauge_snapshot_position": {(): 44},
    "rivergauge_state_bytes": {(): 45},
    "rivergauge_replay_records": {(): 46},
    "rivergauge_lag_records": {(): 47},
    "rivergauge_timestamps_replaced_total": {(): 48},
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
    made = Reading(
        partition=1,
        status=STATUS,
        position=42,
        published=43,
        durable=44,
        replaying=46,
        lag=47,
        latency=latency(0.002, 0.3, 1e9),
        redated=48,
        unknown_fields={"colour": 41},
        size=45,
    )
    return made._replace(**changes)


def value(series: str, text: bytes, /, **labels: str) -> float | None:
    where = tuple(sorted({"gauge": "pumps", "partition": "1", **labels}.items()))
    return samples(text).get((series, where))


def numbers(part: object) -> Iterator[object]:
    """All figures of a status, those of its parts included."""
    if isinstance(part, dict):
        for inner in part.values():
            yield from numbers(inner)
    elif isinstance(part, int | float):
        yield part


def test_every_figure_comes_out_under_its_name_and_under_no_other():
    text = telemetry(reading()).text().decode()

    found = {
        sample.name: {
            tuple(one.labels[label] for label in sorted(one.labels) if label not in ("gauge", "partition")): one.value
            for one in family.samples
        }
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("partition") == "1" and family.type != "histogram"
    }
    assert found == SERIES
    assert len(found) == len(CATALOGUE) + len(ALARMS)


def test_every_figure_of_a_status_has_a_series():
    shown = {value for series in SERIES.values() for value in series.values()}

    # The position is the reading's own; of a window's length, three steps and the events looked at there is no series.
    assert set(numbers(asdict(STATUS))) - shown == {STATUS.position, 17, 18, 20, 26, 27, 124}


def test_every_shown_metric_has_a_series_where_it_is_defined_the_leading_one_first():
    text = telemetry(reading()).text()

    shown = [(key[1], value) for key, value in samples(text).items() if key[0] == "rivergauge_metric"]
    assert [(dict(labels)["name"], value) for labels, value in shown] == [("Accuracy", 0.13), ("F1", 0.14)]
    assert value("rivergauge_metric", text, name="ROCAUC") is None
    assert value("rivergauge_metric_window", text, name="ROCAUC") == 0.15
    assert b"nan" not in text.lower()


def test_the_figures_are_those_of_the_records():
    gauge = builders.gauge(
        '[evaluation]\nalso = ["F1", "ROCAUC"]\nholdout = 0\n[retraining]\nevery_labels = 20\npatience_labels = 10',
        candidates=["naive_bayes", "no_change"],
    )
    values = [builders.record(n, a=float(n % 5), y="bad" if n % 5 > 2 else "good") for n in range(100)]
    learner, effects = builders.run(gauge, values)

    text = telemetry(Reading(1, learner.status(), 100, 100, 0, 0, 0, Latency())).text()

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
    text = telemetry(reading(status=None, position=40, published=57, replaying=17)).text()

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


def test_promtool_finds_nothing_to_say(require):
    promtool = shutil.which("promtool")
    require("promtool", promtool, "no promtool on the path")

    done = subprocess.run(
        [str(promtool), "check", "metrics"], input=telemetry(reading()).text(), capture_output=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


async def test_others_have_a_turn_between_the_figures_of_two_partitions():
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def readings() -> Iterator[Reading]:
        for partition in range(3):
            seen.append(turns)
            yield reading()._replace(partition=partition)

    seen: list[int] = []
    source = SimpleNamespace(readings=readings, is_ready=lambda: True)
    others = asyncio.create_task(turn())
    await asyncio.sleep(0)

    text = await Telemetry("pumps", source).text_in_turns()
    others.cancel()

    assert seen == sorted({*seen})
    assert figures_alone(text) == figures_alone(Telemetry("pumps", source).text())


def figures_alone(text: bytes) -> list[bytes]:
    """Without the process's own, which change."""
    return [line for line in text.splitlines() if b"process_" not in line]
