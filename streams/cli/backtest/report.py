"""What came of a backtest, for people: the verdict first, then the story, the figures, what was refused, the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from models.evaluation.series import Series
from schemas.alerts import DriftKind
from schemas.figure_words import figure
from schemas.records import AlertStatus, DriftAlert, VersionStep
from schemas.status import Watched
from streams.cli.events.refused import show_oddities, show_refused
from streams.cli.measures.figures import sure
from streams.cli.measures.service import show_service
from streams.cli.measures.table import show_found
from streams.cli.measures.verdict import show_verdict
from streams.cli.terminal.output import out, styled
from streams.cli.terminal.tables import Cell, print_table
from streams.data.backtest import Backtest
from streams.view.alert_words import what_of

_PLACES: Final = 10
"""Alarms of a budget whose positions are shown; --json has all."""
_NEWEST: Final = 5
"""Alerts and steps of versions that are shown unless all are asked for."""


def show(result: Backtest, *, every_version: bool = False) -> None:
    """Print a report; of long lists the newest, unless ``every_version``."""
    learner, board = result.learner, result.learner.board
    status = learner.status()
    evaluated = status.evaluated
    if evaluated.verdict is not None:
        show_verdict(evaluated.verdict)
    _show_story(result, every_version=every_version)
    show_service(status.performance)
    _show_figures(result)
    show_found(evaluated)
    show_oddities(result.decoder)
    show_refused(result.refusals, learner.next_offset)
    if result.reports:
        last = result.reports[-1]
        figures = last.models.get(last.champion, {})
        shown = ", ".join(f"{name} {figure(figures.get(name))}" for name in board.served.figures())
        windows = f"{len(result.reports):,} window{'s' if len(result.reports) > 1 else ''}"
        out.print(f"held out: {windows} of {last.labels} labels; the last: {shown}")
    out.print(
        styled(
            (learner.gauge.name, "bold"),
            f": {status.events:,} events, {status.predictions:,} predictions, {status.labels:,} labels, "
            f"{result.refusals.total:,} refused, {result.seconds:.1f} s",
        )
    )
    versions, metric, baseline = status.versions, status.performance.metric, status.performance.baseline
    champion = versions.champion
    out.print(
        styled(
            (f"{metric.name} {figure(metric.value)}", "bold"),
            f", beside {baseline.name} {figure(baseline.value)}; alerts {status.alerts:,}, "
            f"model versions {versions.made:,}"
            + (f"; {champion.candidate} leads ({champion.version})" if champion is not None else ""),
        )
    )


def _show_figures(result: Backtest) -> None:
    learner, board = result.learner, result.learner.board
    champion = learner.status().versions.champion
    leader = None if champion is None else champion.candidate
    rows: list[list[Cell]] = []
    # One candidate's row is the service's too, unless a challenger of it has answered for a while.
    if any(score.figures() != board.served.figures() for score in board.candidates.values()):
        rows.append([("service", "bold"), *_cells(board.served), ""])
    for name, score in board.candidates.items():
        shown = (f"{name} (champion)", "bold") if name == leader else name
        seconds = f"{learner.panel.seconds[name]:.2f}"
        rows.append([shown, *_cells(score), seconds])
    for name, score in board.baselines.items():
        rows.append([(name, "dim"), *_cells(score), ""])
    leading, *others = board.served.figures()
    print_table("prequential, whole run", ["series", "labels", leading, "low", "high", *others, "seconds"], rows)
    out.print()


def _cells(score: Series) -> list[Cell]:
    _, *others = score.figures().values()
    return [f"{score.n:,}", *sure(score.measured_leading()), *map(figure, others)]


def _show_story(result: Backtest, *, every_version: bool) -> None:
    opened = [alert for alert in result.alerts if alert.status is AlertStatus.OPENED]
    # What is seldom and lasts must not drown in what is told often.
    by_title = {
        "drift": [alert for alert in opened if alert.drift is DriftKind.CONCEPT],
        "other alerts": [alert for alert in opened if alert.drift is not DriftKind.CONCEPT],
    }
    header = ["position", "episode", "severity", "before", "now", "what"]
    for title, alerts in by_title.items():
        _show_newest(title, header, [*map(_cells_of, alerts)], all_of_them=every_version, prose=True)
    _show_chances(result.learner.status().watched)
    _show_budgets(result)
    steps = [
        [f"{step.position:,}", step.version, step.step.replace("_", " "), step.candidate, step.reason]
        for step in result.versions
        if step.step is not VersionStep.REGISTERED
    ]
    header = ["position", "version", "step", "candidate", "why"]
    _show_newest("model versions", header, steps, all_of_them=every_version, prose=True)


def _show_chances(watched: Watched) -> None:
    for watch, chance in watched.chances.items():
        out.print(f"{watch}: {chance.words}")
    if watched.chances:
        out.print()


def _show_budgets(result: Backtest) -> None:
    if result.swept is None:
        return
    rows: list[list[Cell]] = []
    for one in result.swept:
        places = ", ".join(f"{alert.position:,} {alert.drift}" for alert in one.opened[:_PLACES])
        left = len(one.opened) - _PLACES
        told = places + (f", and {left:,} more" if left > 0 else "")
        rows.append([one.false_alarms, one.watch, f"{len(one.opened):,}", f"{one.chance.expected:.2g}", told])
    header = ["false_alarms", "watch", "alarms", "by chance", "at"]
    print_table("what other budgets would have raised", header, rows, prose=True)
    out.print()


def _cells_of(alert: DriftAlert) -> list[Cell]:
    losses = [figure(alert.loss_before), figure(alert.loss_now)]
    return [f"{alert.position:,}", alert.episode, str(alert.severity), *losses, what_of(alert)]


def _show_newest(
    title: str, header: list[str], rows: Sequence[Sequence[Cell]], *, all_of_them: bool, prose: bool = False
) -> None:
    if not rows:
        return
    shown = rows if all_of_them else rows[-_NEWEST:]
    print_table(title, header, shown, prose=prose)
    if left_out := len(rows) - len(shown):
        out.print(f"… {left_out:,} earlier: --versions or --json shows all", style="dim")
    out.print()
