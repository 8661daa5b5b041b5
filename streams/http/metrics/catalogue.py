"""The catalogue of metrics: each with its name, its kind, its meaning, and where in a reading it stands.

Nothing is counted twice: the figures are the learner's own, so they agree with the records on the topics. They are
part of its state: a restored worker continues from its snapshot's, which are lower until it has replayed. Names follow
Prometheus (base units, ``_total``). Of every series there are as many as the gauge file names things, or fewer than a
hundred; of versions only those that live.

Over 300 lines because it is one table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from schemas.records import VersionStep
from schemas.status import NamedFigure, Status
from streams.http.metrics import figures
from streams.partition.latency import Latency

LABELS: Final = ("gauge", "partition")


class Reading(NamedTuple):
    """The state of one shard at one moment.

    ``status`` is None while the state is being restored. ``published`` equals ``position`` when the outputs of
    everything folded are on the topics; while ``replaying`` that many records silently it is ahead. ``durable`` is the
    newest snapshot's position. ``redated`` counts what was published with a timestamp other than its input record's,
    ``unknown_fields`` the records that had one; both since this worker began, and no part of the state.
    ``size`` are the bytes of the newest snapshot, if there is one.
    """

    partition: int
    status: Status | None
    position: int
    published: int
    durable: int
    replaying: int
    lag: int | None
    latency: Latency
    redated: int = 0
    unknown_fields: Mapping[str, int] = MappingProxyType({})
    size: int | None = None


Samples: TypeAlias = Iterable[tuple[tuple[str, ...], float | None]]
"""Values by the values of an entry's own labels; a value that is None has no series."""

_NONE: Final[Samples] = [((), None)]


class Entry(NamedTuple):
    """One line of the catalogue. ``labels`` names its labels, apart from gauge and partition."""

    name: str
    family: type[CounterMetricFamily | GaugeMetricFamily]
    meaning: str
    samples: Callable[[Reading], Samples]
    labels: tuple[str, ...] = ()


def _of(read: Callable[[Status], float | None]) -> Callable[[Reading], Samples]:
    return lambda reading: [((), None if reading.status is None else read(reading.status))]


def _each(read: Callable[[Status], Mapping[str, float | None]]) -> Callable[[Reading], Samples]:
    return _several(lambda status: [((name,), value) for name, value in read(status).items()])


def _several(read: Callable[[Status], Samples]) -> Callable[[Reading], Samples]:
    """One series per sample that there is, and one without a value as long as there is none."""
    return lambda reading: (() if reading.status is None else read(reading.status)) or _NONE


def _figures(field: str) -> Callable[[Reading], Samples]:
    return _several(lambda status: [(labels, getattr(found, field)) for labels, found in figures.figures_of(status)])


def _baseline(figure: NamedFigure) -> Mapping[str, float | None]:
    return {figure.name: figure.value}


def _candidate_metrics(status: Status) -> Samples:
    performance = status.performance
    return [((name, performance.metric.name), one.metric) for name, one in performance.candidates.items()]


def _leads(status: Status) -> Samples:
    champion = status.versions.champion
    return [] if champion is None else [((champion.version, champion.candidate), 1.0)]


def _failing(status: Status) -> Samples:
    return [((name, one.candidate), one.failures) for name, one in status.versions.failing.items()]


CATALOGUE: Final = (
    Entry(
        "rivergauge_events",
        CounterMetricFamily,
        "Events folded, label records not counted.",
        _of(lambda status: status.events),
    ),
    Entry("rivergauge_predictions", CounterMetricFamily, "Predictions made.", _of(lambda status: status.predictions)),
    Entry("rivergauge_labels", CounterMetricFamily, "Labels that met their event.", _of(lambda status: status.labels)),
    Entry(
        "rivergauge_dead_letters",
        CounterMetricFamily,
        "Records refused for good.",
        _each(lambda status: status.dead_letters),
        ("reason",),
    ),
    Entry("rivergauge_alerts", CounterMetricFamily, "Drift episodes opened.", _of(lambda status: status.alerts)),
    Entry("rivergauge_versions", CounterMetricFamily, "Model versions made.", _of(lambda status: status.versions.made)),
    Entry(
        "rivergauge_promotions",
        CounterMetricFamily,
        "Versions that took the lead.",
        _of(lambda status: status.versions.steps[VersionStep.PROMOTED]),
    ),
    Entry(
        "rivergauge_rejections",
        CounterMetricFamily,
        "Challengers that were given up.",
        _of(lambda status: status.versions.steps[VersionStep.REJECTED]),
    ),
    Entry(
        "rivergauge_retirements",
        CounterMetricFamily,
        "Versions replaced, or ended by failures.",
        _of(lambda status: status.versions.steps[VersionStep.RETIRED]),
    ),
    Entry(
        "rivergauge_trials", GaugeMetricFamily, "Challengers on trial.", _of(lambda status: status.versions.on_trial)
    ),
    Entry(
        "rivergauge_champion",
        GaugeMetricFamily,
        "1 for the version that leads.",
        _several(_leads),
        ("version", "candidate"),
    ),
    Entry(
        "rivergauge_metric",
        GaugeMetricFamily,
        "What the service answered, by every shown metric, over the whole life; absent where not defined.",
        _each(lambda status: status.performance.metrics),
        ("name",),
    ),
    Entry(
        "rivergauge_metric_window",
        GaugeMetricFamily,
        "The same over the sliding window.",
        _each(lambda status: status.performance.window_metrics),
        ("name",),
    ),
    Entry(
        "rivergauge_candidate_metric",
        GaugeMetricFamily,
        "Each candidate's leading metric over the whole life.",
        _several(_candidate_metrics),
        ("candidate", "name"),
    ),
    Entry(
        "rivergauge_candidate_faded_error",
        GaugeMetricFamily,
        "Each candidate's share of wrong answers, or mean absolute error in the label's units; faded.",
        _each(
            lambda status: {name: one.faded_error for name, one in status.performance.candidates.items()},
        ),
        ("candidate",),
    ),
    Entry(
        "rivergauge_failures",
        CounterMetricFamily,
        "Failing answers and lessons of all models.",
        _of(lambda status: status.versions.failures),
    ),
    Entry(
        "rivergauge_failing_versions",
        GaugeMetricFamily,
        "Failing answers and lessons of each live version that has any.",
        _several(_failing),
        ("version", "candidate"),
    ),
    Entry(
        "rivergauge_baseline",
        GaugeMetricFamily,
        "The leading metric of the best baseline over the whole life.",
        _each(lambda status: _baseline(status.performance.baseline)),
        ("name",),
    ),
    Entry(
        "rivergauge_baseline_window",
        GaugeMetricFamily,
        "The leading metric of the best baseline over the sliding window.",
        _each(lambda status: _baseline(status.performance.baseline_window)),
        ("name",),
    ),
    Entry(
        "rivergauge_faded_error",
        GaugeMetricFamily,
        "Share of wrong answers, or mean absolute error in the label's units; faded.",
        _of(lambda status: status.performance.faded_error),
    ),
    *(
        Entry(f"rivergauge_figure{ending}", GaugeMetricFamily, said or figures.MEANING, _figures(field), figures.LABELS)
        for ending, field, said in figures.FIGURES
    ),
    Entry(
        "rivergauge_coverage_ratio",
        GaugeMetricFamily,
        "Share of predictions with a label.",
        _of(lambda status: status.coverage),
    ),
    Entry(
        "rivergauge_drifting",
        GaugeMetricFamily,
        "1 while a drift episode is open.",
        _of(lambda status: status.drifting),
    ),
    Entry(
        "rivergauge_pending_labels",
        GaugeMetricFamily,
        "Predictions waiting for their label.",
        _of(lambda status: status.waiting.pending),
    ),
    Entry(
        "rivergauge_early_labels",
        GaugeMetricFamily,
        "Labels waiting for their event.",
        _of(lambda status: status.waiting.early),
    ),
    Entry(
        "rivergauge_early_label_bytes",
        GaugeMetricFamily,
        "Their records, with keys.",
        _of(lambda status: status.waiting.early_bytes),
    ),
    Entry(
        "rivergauge_expired",
        CounterMetricFamily,
        "Predictions whose label never came.",
        _of(lambda status: status.waiting.expired),
    ),
    Entry(
        "rivergauge_unknown_fields",
        CounterMetricFamily,
        "Records with a field that the gauge does not name, since this worker began.",
        lambda reading: [((name,), count) for name, count in reading.unknown_fields.items()] or _NONE,
        ("field",),
    ),
    Entry(
        "rivergauge_position",
        GaugeMetricFamily,
        "Offset of the next record to learn from.",
        lambda reading: [((), reading.position)],
    ),
    Entry(
        "rivergauge_published_position",
        GaugeMetricFamily,
        "Offset below which all outputs are acknowledged; equals the position when none is under way.",
        lambda reading: [((), reading.published)],
    ),
    Entry(
        "rivergauge_snapshot_position",
        GaugeMetricFamily,
        "Offset up to which the state is durable: where a restart would begin.",
        lambda reading: [((), reading.durable)],
    ),
    Entry(
        "rivergauge_state_bytes",
        GaugeMetricFamily,
        "Size of the newest snapshot of the state.",
        lambda reading: [((), reading.size)],
    ),
    Entry(
        "rivergauge_replay_records",
        GaugeMetricFamily,
        "Offsets still to be learned silently after a restore; 0 when live.",
        lambda reading: [((), reading.replaying)],
    ),
    Entry(
        "rivergauge_lag_records",
        GaugeMetricFamily,
        "Offsets between the position and the end of the log.",
        lambda reading: [((), reading.lag)],
    ),
    Entry(
        "rivergauge_timestamps_replaced",
        CounterMetricFamily,
        "Outputs with the time of publishing, because their topic refused their input record's; since the start.",
        lambda reading: [((), reading.redated)],
    ),
)

LATENCY: Final = (
    "rivergauge_latency_seconds",
    "From an input record's timestamp to the acknowledgement of its outputs.",
)
