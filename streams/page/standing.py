"""The first tiles: the verdict in a sentence, and the leading metric over time."""

from __future__ import annotations

from typing import Any, Final

from schemas.evaluated import Figure, Verdict
from schemas.plurals import count
from schemas.records import VersionStep
from streams.page.alarms import whole
from streams.page.headline import headline
from streams.page.memory import Moment
from streams.page.tile import Sources, State, Table, Tile, without_worker
from streams.page.words import number, sure, until
from streams.view.reports import Sample

_LOSSES: Final = frozenset({"MAE", "MAPE", "MSE", "RMSE", "RMSLE", "SMAPE", "LogLoss", "CrossEntropy", "BrierScore"})
"""Metrics of which it is well to say that less is better."""
_MARKS: Final = 200
"""Alerts that stand in the plot, the newest ones."""
_ROWS: Final = 12
"""Newest held-out windows that stand in the table below the plot."""
_POINTS: Final = 24
"""Points of the sliding window that stand in its table, from all of the curve."""


def verdict(sources: Sources) -> Tile:
    """Whether anything must be done: the service beside its hardest baseline, alarms beside chance, labels in."""
    key, title = "verdict", "Verdict"
    found, age = _verdict(sources), sources.age
    if found is None:
        if sources.waiting_for:
            return without_worker(sources, key, title)
        words = "No verdict yet: it comes with the first closed held-out window, or from the worker's own status."
        if age is None:
            words = "Nothing has been published yet: no event has arrived, or no worker is running."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    parts = [found.words if found.words.endswith(".") else f"{found.words}."]
    if sources.status is not None and (chance := whole(sources.status.watched.chances)) is not None:
        parts.append(f"Drift: {chance.words}.")
    head = headline(sources, found)
    return Tile(
        key=key,
        title=title,
        state=sources.state,
        head=head.words,
        advice=head.advice,
        words=" ".join(parts),
        age_s=age,
        tone=head.tone,
        command=head.command,
    )


def metric(sources: Sources) -> Tile:
    """The leading metric over time, with its interval, the best baseline, the versions that led, and the drifts."""
    key, name = "metric", sources.gauge.metric
    title = f"{name} over time" + (", lower is better" if name in _LOSSES else "")
    partition, view = sources.partition, sources.view
    samples = [*view.reports.curve(partition)]
    moments = [*sources.memory.moments]
    if not samples and not any(moment.metric is not None for moment in moments):
        if sources.status is None and sources.waiting_for:
            return without_worker(sources, key, title)
        words = _first_window(sources)
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    rows = tuple(
        (
            f"{sample.position:,}",
            "" if sample.time is None else f"{sample.time:%Y-%m-%d %H:%M}",
            sample.champion,
            sure(sample.figures.get(sample.champion)),
            number(_baseline(sources, sample.figures), 3),
        )
        for sample in samples[: -_ROWS - 1 : -1]
    )
    held_out = Table(("position", "event time (UTC)", "champion", "held-out windows", "best baseline"), rows)
    plot: dict[str, Any] = {
        "kind": "metric",
        "held_out": [
            [s.position, *_interval(s.figures.get(s.champion)), _baseline(sources, s.figures)] for s in samples
        ],
        "live": [[m.position, m.metric, m.baseline, m.at // 1_000] for m in moments],
        "versions": _bands(sources),
        "drifts": _marks(sources),
    }
    return Tile(
        key=key,
        title=title,
        state=sources.state,
        words=f"{_now(sources)} {_held_out(sources, samples)}".strip(),
        age_s=sources.age if moments or not samples else sources.age_s(samples[-1].timestamp),
        tables=tuple(table for table in (held_out, _sliding(moments)) if table.rows),
        plot=plot,
    )


def _sliding(moments: list[Moment]) -> Table:
    """What the curve of the sliding window shows, for those who see no curve."""
    known = [moment for moment in moments if moment.metric is not None]
    shown = known[:: -max(-(-len(known) // _POINTS), 1)]
    rows = tuple((f"{one.position:,}", number(one.metric, 3), number(one.baseline, 3)) for one in shown)
    return Table(("position", "sliding window", "best baseline"), rows)


def _now(sources: Sources) -> str:
    if sources.status is None:
        return ""
    performance = sources.status.performance
    window, baseline = performance.window, performance.baseline_window
    if window.value is None:
        return "No prediction has its label yet."
    figure = performance.figures.window.get(window.name)
    told = number(window.value, 3) if figure is None or figure.value != window.value else sure(figure)
    beside = "" if baseline.value is None else f", {number(baseline.value, 3)} for the best baseline ({baseline.name})"
    return f"{told} over the newest {count(window.answers, 'label')}{beside}."


def _held_out(sources: Sources, samples: list[Sample]) -> str:
    if not samples:
        return _first_window(sources)
    newest = samples[-1]
    return f"The newest held-out window gives {sure(newest.figures.get(newest.champion))}."


def _first_window(sources: Sources) -> str:
    evaluation, status = sources.gauge.evaluation, sources.status
    if not evaluation.holdout:
        return "No labels are held out (evaluation.holdout = 0)."
    if status is None:
        return f"The first held-out window closes after {count(evaluation.holdout_window, 'held-out label')}."
    needed = max(round(evaluation.holdout_window / evaluation.holdout) - status.labels, 1)
    return f"The first held-out window closes after {until(needed, 'label', sources.memory.labels_per_s)}."


def _verdict(sources: Sources) -> Verdict | None:
    if sources.status is not None:
        return sources.status.evaluated.verdict
    newest = sources.view.reports.newest(sources.partition)
    return None if newest is None else newest.report.service.verdict


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
    episodes = [one for one in sources.view.episodes.newest_first() if one.partition == sources.partition]
    return sorted(
        [one.first.position, one.last.drift, one.last.severity, one.name, one.is_open] for one in episodes[:_MARKS]
    )
