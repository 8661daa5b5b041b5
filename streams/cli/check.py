"""``rivergauge check``: is this gauge file one that can be started?"""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from models.check import warnings
from schemas.gauge import Gauge, GaugeError
from streams.cli.output import err, out, print_json, refuse
from streams.exit_codes import ExitCode
from streams.gaugefile import load


def run(path: Path, *, as_json: bool) -> int:
    """Check a gauge file; exit code 0 if it can be started, 2 if not."""
    try:
        gauge = load(path)
    except GaugeError as error:
        if as_json:
            print_json({"ok": False, "problems": [{"where": where, "what": what} for where, what in error.problems]})
            return ExitCode.USAGE
        lines = "\n".join(f"  {line}" for line in str(error).splitlines())
        return refuse(f"{path} cannot be used:\n{lines}")
    found = warnings(gauge)
    if as_json:
        doubts = [{"where": where, "what": what} for where, what in found]
        print_json({"ok": True, "problems": [], "warnings": doubts, "gauge": gauge.name, "digest": gauge.digest})
    else:
        out.print(_description(path, gauge), highlight=False)
        for where, what in found:
            err.print(f"[yellow]warning:[/] {escape(f'{where}: {what}')}", highlight=False)
    return ExitCode.OK


def _description(path: Path, gauge: Gauge) -> str:
    candidates = ", ".join(candidate.name for candidate in gauge.candidates)
    retrain = [
        "on drift" if gauge.retraining.on_drift and gauge.drift.enabled else "",
        "on its metric" if gauge.retraining.on_metric is not None else "",
        f"every {gauge.retraining.every_labels:,} labels" if gauge.retraining.every_labels is not None else "",
    ]
    return (
        f"[bold green]ok[/] {path}: gauge {gauge.name} ({gauge.task}), {len(gauge.features)} features, "
        f"{candidates}; leading metric {gauge.metric}, {gauge.evaluation.holdout:.0%} held out; "
        f"retrains {', '.join(filter(None, retrain)) or 'never'}; digest {gauge.digest}"
    )
