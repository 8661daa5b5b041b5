"""``rivergauge reports``: the closed windows of held-out labels that were published, and one of them whole."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from schemas.records import WindowReport
from streams.cli.measures.figures import print_figures, sure
from streams.cli.measures.table import show_found
from streams.cli.reading.lists import print_list
from streams.cli.reading.look import Look, looked_at, not_there
from streams.cli.terminal.output import out, print_json, styled, told_time
from streams.cli.terminal.tables import Cell
from streams.here.exit_codes import ExitCode
from streams.view import shown
from streams.view.reports import Report

_KINDS: Final = ["report"]
_SURE: Final = ("value", "low", "high")


def list_(path: Path, *, partition: int | None, limit: int, past: int, as_json: bool) -> int:
    """Print the newest reports."""

    def show(look: Look) -> int:
        found = [one for one in look.view.reports.newest_first() if partition in (None, one.published.partition)]
        print_list(
            look,
            "reports",
            found,
            limit=limit,
            header=["window", "partition", "position", "labels", "champion", "metric", *_SURE, "verdict"],
            row=_row,
            shown_as=shown.report,
            as_json=as_json,
        )
        return ExitCode.OK

    return looked_at(path, show, kinds=_KINDS, past=past, as_json=as_json)


def show(path: Path, window: int, *, partition: int | None, past: int, as_json: bool) -> int:
    """Print the report of a window, of every partition that has one; after a reset, the newest of that number."""

    def show_it(look: Look) -> int:
        reports = [one for one in look.view.reports.newest_first() if partition in (None, one.published.partition)]
        newest: dict[int, Report] = {}
        for one in reports:
            if one.report.window == window:
                newest.setdefault(one.published.partition, one)
        if not newest:
            known = list(dict.fromkeys(str(one.report.window) for one in reports))
            return not_there("report of window", str(window), known, look, as_json=as_json)
        if as_json:
            print_json({"reports": [shown.report(one) for _, one in sorted(newest.items())]})
            return ExitCode.OK
        for _, one in sorted(newest.items()):
            _print_report(one)
        return ExitCode.OK

    return looked_at(path, show_it, kinds=_KINDS, past=past, as_json=as_json)


def _row(one: Report) -> list[Cell]:
    report = one.report
    leading = next(iter(report.figures.get(report.champion, {}).items()), None)
    metric: list[Cell] = ["–"] * 4 if leading is None else [leading[0], *sure(leading[1])]
    place = [f"{report.window:,}", str(one.published.partition), f"{report.position:,}"]
    return [*place, f"{report.labels:,}", report.champion, *metric, report.verdict or "none"]


def _print_report(one: Report) -> None:
    report: WindowReport = one.report
    at = "" if report.time is None else f", {told_time(report.time)}"
    out.print(
        styled(
            (f"window {report.window:,}, partition {one.published.partition}", "bold"),
            f": {report.labels:,} held-out labels of positions {report.first:,} to {report.last:,}{at}; "
            f"{report.coverage:.0%} of all labels are in",
        )
    )
    if report.verdict is not None:
        out.print(report.verdict)
    print_figures(
        "on the labels held out",
        ["of", "metric"],
        [
            ([f"{name} (champion)" if name == report.champion else name, metric], measured)
            for name, metrics in report.figures.items()
            for metric, measured in metrics.items()
        ],
    )
    show_found(report.service)
