"""``rivergauge backtest``: fold a file and report how it went."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from schemas.gauge import Gauge
from schemas.plurals import count
from streams.cli.backtest.report import show
from streams.cli.gaugefile.loading import checked
from streams.cli.terminal.output import err, print_json, refuse
from streams.cli.terminal.progress import progress
from streams.cli.terminal.writing import naming, refuse_overwriting, written
from streams.data import backtest as offline
from streams.data.backtest import Backtest
from streams.data.datafile import count_rows, rows
from streams.data.replay import records
from streams.here.exit_codes import ExitCode
from streams.page.still import Still
from streams.snapshots import saved

_BUDGETS: Final = ("1 per 1000 events", "1 per 10000 events", "1 per 100000 events", "1 per 1000000 events")


class Asked(NamedTuple):
    """The command line's options: what to read of the file, what to write beside the report, what to show."""

    delimiter: str | None
    events: int | None
    predictions: Path | None
    dead_letters: Path | None
    save: Path | None
    report: Path | None
    every_version: bool
    budget: bool

    @property
    def outputs(self) -> dict[str, Path | None]:
        """The files to write, by the options that name them."""
        return {
            "--predictions": self.predictions,
            "--dead-letters": self.dead_letters,
            "--save": self.save,
            "--report": self.report,
        }


def run(path: Path, data: Path, asked: Asked, *, as_json: bool) -> int:
    """Backtest a gauge over a file and print what came of it."""
    gauge = checked(path)
    if code := refuse_overwriting({"GAUGE": path, "DATA": data}, asked.outputs, as_json=as_json):
        return code
    if asked.budget and asked.save is not None:
        return refuse("--budget watches with more than the gauge file declares: leave --save out", as_json=as_json)
    total = min(count_rows(data), asked.events or 2**63)
    next(records(rows(data, asked.delimiter), gauge), None)  # before a file is emptied to be written
    still = None if asked.report is None else Still(gauge, total)
    result = _folded(gauge, data, asked, total, still)
    _write(result, data, asked, still)
    if as_json:
        print_json(offline.as_json(result))
    else:
        show(result, every_version=asked.every_version)
    return _ended(result, data)


def _folded(gauge: Gauge, data: Path, asked: Asked, total: int, still: Still | None) -> Backtest:
    with ExitStack() as stack:
        return offline.backtest(
            gauge,
            data,
            delimiter=asked.delimiter,
            limit=asked.events,
            predictions=stack.enter_context(written(asked.predictions)),
            dead_letters=stack.enter_context(written(asked.dead_letters)),
            progress=stack.enter_context(progress("backtest", total)),
            budgets=_BUDGETS if asked.budget else (),
            seen=None if still is None else still.folded,
        )


def _write(result: Backtest, data: Path, asked: Asked, still: Still | None) -> None:
    if asked.save is not None:
        with naming(asked.save):
            saved.write(result.learner, asked.save, os.environ)
    if still is not None and asked.report is not None:
        with naming(asked.report):
            asked.report.write_text(still.page(result.learner, _about(result, data)), encoding="utf-8")


def _about(result: Backtest, data: Path) -> str:
    counts, digest = result.learner.counts, result.learner.gauge.digest
    many = f"{count(counts.events, 'event')}, {count(counts.labels, 'label')}"
    return f"backtest of {data.name}: {many}; gauge file {digest}"


_TOO_MANY_BY_CHANCE: Final = 10


def _ended(result: Backtest, data: Path) -> ExitCode:
    counts, panel = result.learner.counts, result.learner.panel
    if not counts.events and not result.refusals.total:
        err.print(f"warning: {data} holds no events")
    if counts.predictions and not counts.labels and not result.refusals.total:
        field = result.learner.gauge.label.field
        shown = field if isinstance(field, str) else ".".join(field)
        err.print(f"warning: no record had a label (label.field is '{shown}'): nothing was learned or scored")
    if counts.labels >= _TOO_MANY_BY_CHANCE and not any(version.learned_labels for version in panel.live):
        err.print(
            f"warning: all {counts.labels:,} labels are of held-out events, and nothing was learned: events that "
            "share an id are held out together; where ids name devices, leave out record.id, or set evaluation.holdout "
            "to 0"
        )
    if counts.events and not counts.predictions:
        why = "for what reasons is in the result, for each record with --dead-letters FILE"
        if counts.events == 1:
            return refuse(f"the only event could not be predicted: {why}", ExitCode.NOTHING_PREDICTED)
        return refuse(f"none of the {counts.events:,} events could be predicted: {why}", ExitCode.NOTHING_PREDICTED)
    return ExitCode.OK
