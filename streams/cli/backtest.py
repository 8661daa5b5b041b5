"""``rivergauge backtest``: a table per candidate with its baselines, the drifts, the versions and the time."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from schemas.gauge import Gauge
from schemas.records import AlertStatus, VersionStep
from streams import backtest as offline
from streams import saved
from streams.backtest import Backtest
from streams.cli.output import err, figure, load_or_refuse, out, print_json, refuse, styled
from streams.datafile import DataFileError, count_rows
from streams.exit_codes import ExitCode
from streams.failures import DefectError
from streams.snapshots.failures import SnapshotError


def run(
    path: Path,
    data: Path,
    *,
    delimiter: str | None,
    events: int | None,
    predictions: Path | None,
    save: Path | None,
    as_json: bool,
) -> int:
    """Backtest a gauge over a file and print what came of it."""
    gauge = load_or_refuse(path, as_json=as_json)
    if not isinstance(gauge, Gauge):
        return gauge
    try:
        with ExitStack() as stack:
            lines = None if predictions is None else stack.enter_context(predictions.open("wb"))
            total = min(count_rows(data), events or 2**63)
            bar = stack.enter_context(_progress())
            task = bar.add_task("backtest", total=total)
            result = offline.backtest(
                gauge,
                data,
                delimiter=delimiter,
                limit=events,
                predictions=lines,
                progress=lambda n: bar.update(task, completed=n),
            )
            bar.update(task, completed=total)
        if save is not None:
            saved.write(result.learner, save, os.environ)
    except DefectError as error:
        return refuse(str(error), error.exit_code, as_json=as_json)
    except (DataFileError, SnapshotError) as error:
        return refuse(str(error), as_json=as_json)
    if as_json:
        print_json(offline.as_json(result))
    else:
        _show(result)
    return ExitCode.OK


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def _show(result: Backtest) -> None:
    learner, board = result.learner, result.learner.board
    summary = learner.summary()
    dead = sum(summary["dead_letters"].values())
    out.print(
        styled(
            (learner.gauge.name, "bold"),
            f": {summary['events']:,} events, {summary['labels']:,} labels, "
            f"{dead:,} dead letters, {result.seconds:.1f} s",
        )
    )
    names = list(board.served.figures())
    table = Table("series", "labels", *names, "seconds", title="prequential, whole run", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    if len(board.candidates) > 1:
        table.add_row(Text("service", "bold"), f"{board.served.n:,}", *map(figure, board.served.figures().values()), "")
    for name, score in board.candidates.items():
        shown = styled((name, "bold"), " (champion)") if name == summary["candidate"] else name
        seconds = f"{learner.panel.seconds[name]:.2f}"
        table.add_row(shown, f"{score.n:,}", *map(figure, score.figures().values()), seconds)
    for name, score in board.baselines.items():
        table.add_row(Text(name, "dim"), f"{score.n:,}", *map(figure, score.figures().values()), "")
    out.print(table)
    _show_story(result)
    if result.reports:
        last = result.reports[-1]
        figures = last.models.get(last.champion, {})
        shown = ", ".join(f"{name} {figure(figures.get(name))}" for name in names)
        out.print(f"held out: {len(result.reports)} windows of {last.labels} labels; the last: {shown}")


def _show_story(result: Backtest) -> None:
    opened = [alert for alert in result.alerts if alert.status is AlertStatus.OPENED]
    if opened:
        table = Table("position", "episode", "severity", "loss before", "now", title="drift", title_justify="left")
        for alert in opened:
            losses = (figure(alert.loss_before), figure(alert.loss_now))
            table.add_row(f"{alert.position:,}", alert.episode, alert.severity, *losses)
        out.print(table)
    steps = [step for step in result.versions if step.step is not VersionStep.REGISTERED]
    table = Table("position", "version", "step", "candidate", "why", title="model versions", title_justify="left")
    for step in steps:
        table.add_row(f"{step.position:,}", step.version, step.step, step.candidate, step.reason)
    out.print(table)
