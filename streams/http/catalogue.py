"""The catalogue of metrics: each with its name, its kind, its meaning, and where in a reading it stands.

Nothing is counted twice: the figures are the learner's own, so they agree with the records on the topics. They are
part of its state: a restored worker goes on from its snapshot's, below where it was if it has to replay. Names follow
Prometheus (base units, ``_total``). Of every series there are as many as the gauge file names things, or fewer than a
hundred; of versions only those that live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from streams.partition.latency import Latency

LABELS: Final = ("gauge", "partition")


class Reading(NamedTuple):
    """The state of one shard at one moment.

    ``summary`` is None while the state is being restored. ``published`` equals ``position`` when the outputs of
    everything folded are on the topics; while ``replaying`` that many records silently it is ahead. ``durable`` is the
    newest snapshot's position. ``redated`` counts what was published with a timestamp other than its input record's,
    ``unknown_fields`` the records that had one; both since this worker began, and no part of the state.
    ``size`` are the bytes of the newest snapshot, if there is one.
    """

    partition: int
    summary: Mapping[str, Any] | None
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
    """One line of the catalogue. ``labels`` names its labels beside gauge and partition."""

    name: str
    family: type[CounterMetricFamily | GaugeMetricFamily]
    meaning: str
    samples: Callable[[Reading], Samples]
    labels: tuple[str, ...] = ()


def _plain(key: str) -> Callable[[Reading], Samples]:
    return lambda reading: [((), (reading.summary or {}).get(key))]


def _each(key: str) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        return [((name,), value) for name, value in (reading.summary or {}).get(key, {}).items()] or _NONE

    return samples


def _step(step: str) -> Callable[[Reading], Samples]:
    return lambda reading: [((), (reading.summary or {}).get("steps", {}).get(step))]


def _named(key: str, others: str = "") -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        summary = reading.summary or {}
        first = summary.get(key)
        if first is None:
            return _NONE
        # The leading one comes first.
        return [((name,), value) for name, value in {first["name"]: first["value"], **summary.get(others, {})}.items()]

    return samples


def _of_candidates(key: str) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        candidates = (reading.summary or {}).get("candidates", {})
        return [((name,), figures[key]) for name, figures in candidates.items()] or _NONE

    return samples


def _metric_of_candidates(reading: Reading) -> Samples:
    summary = reading.summary or {}
    candidates = summary.get("candidates", {})
    return [((name, summary["metric"]["name"]), figures["metric"]) for name, figures in candidates.items()] or _NONE


def _leads(reading: Reading) -> Samples:
    summary = reading.summary or {}
    version = summary.get("champion")
    return _NONE if version is None else [((version, summary["candidate"]), 1.0)]


def _failing(reading: Reading) -> Samples:
    versions = (reading.summary or {}).get("failing", {})
    return [((name, version["candidate"]), version["failures"]) for name, version in versions.items()] or _NONE


CATALOGUE: Final = (
    Entry("rivergauge_events", CounterMetricFamily, "Events folded, label records not counted.", _plain("events")),
    Entry("rivergauge_predictions", CounterMetricFamily, "Predictions made.", _plain("predictions")),
    Entry("rivergauge_labels", CounterMetricFamily, "Labels that met their event.", _plain("labels")),
    Entry(
        "rivergauge_dead_letters",
        CounterMetricFamily,
        "Records refused for good.",
        _each("dead_letters"),
        ("reason",),
    ),
    Entry("rivergauge_alerts", CounterMetricFamily, "Drift episodes opened.", _plain("alerts")),
    Entry("rivergauge_versions", CounterMetricFamily, "Model versions made.", _plain("versions")),
    Entry("rivergauge_promotions", CounterMetricFamily, "Versions that took the lead.", _step("promoted")),
    Entry("rivergauge_rejections", CounterMetricFamily, "Challengers that were given up.", _step("rejected")),
    Entry("rivergauge_retirements", CounterMetricFamily, "Versions replaced, or ended by failures.", _step("retired")),
    Entry("rivergauge_trials", GaugeMetricFamily, "Challengers on trial.", _plain("on_trial")),
    Entry("rivergauge_champion", GaugeMetricFamily, "1 for the version that leads.", _leads, ("version", "candidate")),
    Entry(
        "rivergauge_metric",
        GaugeMetricFamily,
        "What the service answered, by every shown metric, over the whole life; absent where not defined.",
        _named("metric", "metrics"),
        ("name",),
    ),
    Entry(
        "rivergauge_metric_window",
        GaugeMetricFamily,
        "The same over the sliding window.",
        _named("window", "window_metrics"),
        ("name",),
    ),
    Entry(
        "rivergauge_candidate_metric",
        GaugeMetricFamily,
        "Each candidate's leading metric over the whole life.",
        _metric_of_candidates,
        ("candidate", "name"),
    ),
    Entry(
        "rivergauge_candidate_faded_error",
        GaugeMetricFamily,
        "Each candidate's share of wrong answers, or mean absolute error in the label's units; faded.",
        _of_candidates("faded_error"),
        ("candidate",),
    ),
    Entry("rivergauge_failures", CounterMetricFamily, "Failing answers and lessons of all models.", _plain("failures")),
    Entry(
        "rivergauge_failing_versions",
        GaugeMetricFamily,
        "Failing answers and lessons of each live version that has any.",
        _failing,
        ("version", "candidate"),
    ),
    Entry(
        "rivergauge_baseline",
        GaugeMetricFamily,
        "The leading metric of the best baseline over the whole life.",
        _named("baseline"),
        ("name",),
    ),
    Entry(
        "rivergauge_baseline_window",
        GaugeMetricFamily,
        "The leading metric of the best baseline over the sliding window.",
        _named("baseline_window"),
        ("name",),
    ),
    Entry(
        "rivergauge_faded_error",
        GaugeMetricFamily,
        "Share of wrong answers, or mean absolute error in the label's units; faded.",
        _plain("faded_error"),
    ),
    Entry("rivergauge_coverage_ratio", GaugeMetricFamily, "Share of predictions with a label.", _plain("coverage")),
    Entry("rivergauge_drifting", GaugeMetricFamily, "1 while a drift episode is open.", _plain("drifting")),
    Entry("rivergauge_pending_labels", GaugeMetricFamily, "Predictions waiting for their label.", _plain("pending")),
    Entry("rivergauge_early_labels", GaugeMetricFamily, "Labels waiting for their event.", _plain("early")),
    Entry("rivergauge_early_label_bytes", GaugeMetricFamily, "Their records, with keys.", _plain("early_bytes")),
    Entry("rivergauge_expired", CounterMetricFamily, "Predictions whose label never came.", _plain("expired")),
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
