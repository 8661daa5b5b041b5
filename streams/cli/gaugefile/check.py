"""``rivergauge check``: is this gauge file one that can be started?"""

from __future__ import annotations

import os
from pathlib import Path

from rich.text import Text

from models.check import Found
from models.judging.judged import in_words
from schemas.alerts import DriftKind
from schemas.change import Change, dearest
from schemas.gauge import Conditions, Gauge
from schemas.plurals import count
from schemas.problems import for_people, for_programs
from streams.cli.gaugefile.changes import CODES, show, since_file, since_state
from streams.cli.gaugefile.examination import Examination
from streams.cli.gaugefile.exposure import exposure
from streams.cli.gaugefile.loading import checked
from streams.cli.terminal.output import err, out, print_json, refuse, styled
from streams.here.exit_codes import ExitCode


def run(path: Path, *, against: Path | None, against_state: bool, as_json: bool) -> int:
    """Check a gauge file: exit code 0 if it can be started, 2 if not; 0, 10 or 11 where it is compared with another.

    ``against`` is the file that it comes from; ``against_state`` compares with the one that the kept state was made
    with.
    """
    if against is not None and against_state:
        return refuse("give --against or --against-state, not both", as_json=as_json)
    examination = Examination()
    doubts: Found = []

    def examine(gauge: Gauge) -> Found:
        problems, told = exposure(gauge, os.environ)
        found = [*examination.problems(gauge), *problems]
        doubts.extend((*examination.warnings, *told))
        return found

    gauge = checked(path, examine)
    changed: list[Change] | None = None
    if against is not None:
        changed = since_file(against, gauge)
    elif against_state:
        changed = since_state(gauge)
    code = ExitCode.OK if changed is None else CODES[dearest(changed)]
    if as_json:
        warnings = [{"where": for_programs(where), "what": what} for where, what in doubts]
        answer = {"ok": True, "problems": [], "warnings": warnings, "gauge": gauge.name, "digest": gauge.digest}
        answer["judged_by"] = in_words(gauge)
        if changed is not None:
            answer |= {"changes": [change._asdict() for change in changed], "cost": dearest(changed)}
        print_json(answer)
        return code
    out.print(_description(path, gauge))
    for where, what in doubts:
        err.print(styled(("warning:", "yellow"), f" {for_people(where)}: {what}"))
    if changed is not None:
        show(changed)
    return code


def _description(path: Path, gauge: Gauge) -> Text:
    retraining = gauge.retraining
    retrain = [
        _on_drift(retraining.conditions) if gauge.drift.enabled else "",
        "on its metric" if retraining.on_metric is not None else "",
        f"every {retraining.every_labels:,} labels" if retraining.every_labels is not None else "",
        f"by schedule ({retraining.schedule})" if retraining.schedule is not None else "",
    ]
    first = f" {path}: gauge {gauge.name}, {gauge.task}, {count(len(gauge.features), 'feature')}\n"
    rest = {
        "candidates": ", ".join(candidate.name for candidate in gauge.candidates),
        "metric": f"{gauge.metric}; {gauge.evaluation.holdout:.0%} of the events held out",
        "retraining": f"{', '.join(filter(None, retrain)) or 'never'}; contests are judged by {in_words(gauge)}",
        "digest": gauge.digest,
    }
    return styled(("ok", "bold green"), first + "\n".join(f"  {what:<11} {told}" for what, told in rest.items()))


def _on_drift(conditions: Conditions | None) -> str:
    if conditions is None:
        return ""
    if conditions.kinds == [DriftKind.CONCEPT]:
        return "on drift"
    return f"on {' or '.join(conditions.any)}" if conditions.any else f"on {' and '.join(conditions.all or [])}"
