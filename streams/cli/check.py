"""``rivergauge check``: is this gauge file one that can be started?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.text import Text

from schemas.change import Change, Cost, changes, dearest
from schemas.gauge import Gauge
from schemas.problems import for_people, for_programs
from streams.cli.examination import Examination
from streams.cli.output import count, err, load_or_refuse, out, print_json, styled
from streams.here.exit_codes import ExitCode


def run(path: Path, *, against: Path | None, as_json: bool) -> int:
    """Check a gauge file, also ``against`` the one it comes from; exit code 0 if it can be started, 2 if not."""
    examination = Examination()
    gauge = load_or_refuse(path, as_json=as_json, examine=examination.problems)
    if not isinstance(gauge, Gauge):
        return gauge
    old = None if against is None else load_or_refuse(against, as_json=as_json, examine=Examination().problems)
    if isinstance(old, ExitCode):
        return old
    found = examination.warnings
    changed = [] if old is None else changes(old, gauge)
    if as_json:
        doubts = [{"where": for_programs(where), "what": what} for where, what in found]
        answer = {"ok": True, "problems": [], "warnings": doubts, "gauge": gauge.name, "digest": gauge.digest}
        if old is not None:
            answer |= {"changes": [change._asdict() for change in changed], "cost": dearest(changed)}
        print_json(answer)
    else:
        out.print(_description(path, gauge))
        for where, what in found:
            err.print(styled(("warning:", "yellow"), f" {for_people(where)}: {what}"))
        if old is not None:
            _show_changes(changed)
    return ExitCode.OK


_TO_DO = {
    Cost.NONE: "a running gauge takes it: stop the workers in order, start them with the new file",
    Cost.ACCEPT: "a running gauge takes it after: rivergauge accept GAUGE --against OLD",
    Cost.RESET: "the state does not fit: rivergauge reset, or another gauge beside this one",
}


def _show_changes(changed: list[Change]) -> None:
    for change in changed:
        out.print(f"  {change.cost:6} {change.where}: {_words(change.then)} -> {_words(change.now)}")
    out.print(f"{'changed' if changed else 'nothing changed'}: {_TO_DO[dearest(changed)]}")


def _words(value: Any) -> str:
    return "nothing" if value is None else json.dumps(_present(value), ensure_ascii=False)


def _present(value: Any) -> Any:
    """A value without what is not there: of a candidate's ten keys most are absent."""
    if isinstance(value, dict):
        return {key: _present(item) for key, item in value.items() if item is not None and item != {}}
    return [_present(item) for item in value] if isinstance(value, list) else value


def _description(path: Path, gauge: Gauge) -> Text:
    candidates = ", ".join(candidate.name for candidate in gauge.candidates)
    retrain = [
        "on drift" if gauge.retraining.on_drift and gauge.drift.enabled else "",
        "on its metric" if gauge.retraining.on_metric is not None else "",
        f"every {gauge.retraining.every_labels:,} labels" if gauge.retraining.every_labels is not None else "",
    ]
    return styled(
        ("ok", "bold green"),
        f" {path}: gauge {gauge.name} ({gauge.task}), {count(len(gauge.features), 'feature')}, "
        f"{candidates}; leading metric {gauge.metric}, {gauge.evaluation.holdout:.0%} held out; "
        f"retrains {', '.join(filter(None, retrain)) or 'never'}; digest {gauge.digest}",
    )
