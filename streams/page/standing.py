"""The first tiles: the verdict in a sentence, and the leading metric over time."""

from __future__ import annotations

from typing import Any, Final

from schemas.evaluated import Figure, Verdict, VerdictKind
from schemas.plurals import count
from schemas.records import AlertStatus, VersionStep
from streams.page.tile import Sources, State, Table, Tile, without_worker
from streams.page.words import duration, number, sure, until

_TONES: Final = {
    VerdictKind.BETTER: "good",
    VerdictKind.BETTER_NOW: "good",
    VerdictKind.WORSE: "bad",
    VerdictKind.WORSE_NOW: "bad",
}
QUIET_AFTER_S: Final = 60.0
"""Nothing came out for so long: what is shown is stale."""
_ROWS: Final = 12
"""Newest points that stand in the table beside a plot."""


def verdict(sources: Sources) -> Tile:
    """Whether anything must be done: the service beside its hardest baseline, alarms beside chance, labels in."""
    key, title = "verdict", "Verdict"
    found = _verdict(sources)
    age = sources.age_s(sources.newest_ms)
    if found is None:
        if sources.waiting_for:
            return without_worker(sources, key, title)
        if age is None:
            words = "Nothing has been published yet: no event has come, or the worker does not run."
            return Tile(key=key, title=title, state=State.EMPTY, words=words)
        words = "No verdict yet: it comes with the first closed held-out window, or from the worker's own status."
        return Tile(key=key, title=title, state=State.EMPTY, words=words, age_s=age)
    status, open_alerts = sources.status, _open(sources)
    parts = [found.words if found.words.endswith(".") else f"{found.words}."]
    if status is not None:
        parts += [
            f"{chance.words[0].upper()}{chance.words[1:]}." for chance in _errors_first(status.watched.chances)[:1]
        ]
    if open_alerts:
        kinds = ", ".join(sorted({alert.replace("_", " ") for alert in open_alerts}))
        parts.insert(0, f"{count(len(open_alerts), 'open alert')}: {kinds}.")
    stale = age is not None and age > QUIET_AFTER_S
    if stale and age is not None:
        parts.append(f"The newest event came {duration(age)} ago.")
    tone = "bad" if open_alerts else _TONES.get(found.kind, "")
    state = State.STALE if stale else State.READY
    return Tile(key=key, title=title, state=state, words=" ".join(parts), age_s=age, tone=tone)


def metric(sources: Sources) -> Tile:
    """The leading metric over time, with its interval, the best baseline, the versions that led, and the drifts."""
    key, title = "metric", f"{sources.gauge.metric} over time"
    partition, view = sources.partition, sources.view
    samples = [*view.reports.curve(partition)]
    moments = [*sources.memory.moments]
    if not samples and not moments:
        return _no_metric(sources, key, title)
    rows = tuple(
        (
            f"{sample.position:,}",
            "" if sample.time is None else f"{sample.time:%Y-%m-%d %H:%M}",
            sample.champion,
            sure(sample.figures.get(sample.champion)),
            number(_baseline(sources, sample.figures)),
        )
        for sample in samples[: -_ROWS - 1 : -1]
    )
    held_out = Table(("position", "event time", "champion", "held-out windows", "best baseline"), rows)
    plot: dict[str, Any] = {
        "kind": "metric",
        "held_out": [
            [s.position, *_interval(s.figures.get(s.champion)), _baseline(sources, s.figures)] for s in samples
        ],
        "live": [[m.position, m.metric, m.baseline] for m in moments],
        "versions": _bands(sources),
        "drifts": _marks(sources),
    }
    newest = view.reports.newest(partition)
    age = sources.age_s(newest.published.timestamp if newest else None if not moments else moments[-1].at)
    words = "Held-out windows with their 95 % interval, and the sliding window since this page was first opened."
    return Tile(key=key, title=title, words=words, age_s=age, tables=(held_out,) if rows else (), plot=plot)


def _no_metric(sources: Sources, key: str, title: str) -> Tile:
    evaluation, status = sources.gauge.evaluation, sources.status
    if not evaluation.holdout:
        words = "There is no held-out window (evaluation.holdout = 0), and no worker of this partition in this process."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    if status is None:
        words = f"The first held-out window closes after {count(evaluation.holdout_window, 'held-out label')}."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    needed = max(round(evaluation.holdout_window / evaluation.holdout) - status.labels, 1)
    words = f"The first held-out window closes after {until(needed, 'label', sources.memory.labels_per_s)}."
    return Tile(key=key, title=title, state=State.EMPTY, words=words)


def _verdict(sources: Sources) -> Verdict | None:
    if sources.status is not None:
        return sources.status.evaluated.verdict
    newest = sources.view.reports.newest(sources.partition)
    return None if newest is None else newest.report.service.verdict


def _open(sources: Sources) -> list[str]:
    return [one.last.drift for one in sources.view.episodes.open() if one.partition == sources.partition]


def _errors_first(chances: Any) -> list[Any]:
    return [chances[name] for name in sorted(chances, key=lambda name: name != "errors")]


def _interval(figure: Figure | None) -> list[float | None]:
    return [None, None, None] if figure is None else [figure.value, figure.low, figure.high]


def _baseline(sources: Sources, figures: dict[str, Figure]) -> float | None:
    """The figure of the baseline that is hardest to beat, as the verdict has it."""
    found = _verdict(sources)
    figure = None if found is None or found.baseline is None else figures.get(found.baseline)
    return None if figure is None else figure.value


def _bands(sources: Sources) -> list[list[Any]]:
    """Position from which each version led, and its name."""
    lives = sources.view.versions.newest_first()
    bands = [
        [step.position, life.name, life.last.candidate]
        for life in lives
        if life.partition == sources.partition
        for step in life.steps
        if step.step is VersionStep.PROMOTED
    ]
    return sorted(bands)


def _marks(sources: Sources) -> list[list[Any]]:
    """Position, kind, severity, name and whether it is open, of each episode."""
    episodes = sources.view.episodes.newest_first()
    return sorted(
        [one.first.position, one.last.drift, one.last.severity, one.name, one.last.status is not AlertStatus.CLOSED]
        for one in episodes
        if one.partition == sources.partition
    )
