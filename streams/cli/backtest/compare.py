"""``rivergauge backtest --compare``: which model, and when to retrain it, on one's own file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from schemas.evaluated import Figure
from schemas.figure_words import figure
from schemas.gauge import Gauge
from schemas.toml import loads
from schemas.toml_text import dumps
from streams.cli.gaugefile.loading import checked
from streams.cli.terminal.output import err, out, print_json, refuse
from streams.cli.terminal.tables import Cell, print_table
from streams.cli.terminal.writing import naming, refuse_overwriting
from streams.data.compare import ALWAYS_LABELS, Compared, Outcome, Ranked, Way, compare, entries
from streams.data.datafile import rows
from streams.data.replay import records
from streams.here.children import Ended, how_many
from streams.here.exit_codes import ExitCode

_HEADER: Final = "# The best of {count} models on {data}, by {metric}. Written by rivergauge backtest --compare.\n"


class Asked(NamedTuple):
    """The options of a comparison, and those of a plain backtest that do not go with it."""

    compare: bool
    candidates: str
    jobs: int | None
    out: Path | None
    others: Mapping[str, object]


def run(path: Path, data: Path, asked: Asked, *, delimiter: str | None, events: int | None, as_json: bool) -> int:
    """Compare, print, and write the winner."""
    if not asked.compare:
        return refuse("--candidates, --jobs and --out go with --compare", as_json=as_json)
    if given := [name for name, value in asked.others.items() if value]:
        return refuse(f"{given[0]} does not go with --compare, which makes many runs", as_json=as_json)
    gauge = checked(path)
    if code := refuse_overwriting({"GAUGE": path, "DATA": data}, {"--out": asked.out}, as_json=as_json):
        return code
    content = loads(path.read_text(encoding="utf-8-sig"))
    wanted = None if asked.candidates == "all" else [name.strip() for name in asked.candidates.split(",")]
    try:
        chosen = entries(gauge, content, wanted)
    except ValueError as error:
        return refuse(f"--candidates: {error}", as_json=as_json)
    next(records(rows(data, delimiter), gauge), None)  # what is wrong with the file is wrong for everybody
    at_once = how_many(asked.jobs)
    found = compare(
        gauge, content, chosen, data, delimiter=delimiter, limit=events, at_once=at_once, progress=_progress
    )
    if asked.out is not None and found.winner is not None:
        head = _HEADER.format(count=len(chosen), data=data.name, metric=gauge.metric)
        with naming(asked.out):
            asked.out.write_text(head + dumps(found.winner), encoding="utf-8")
    if as_json:
        print_json(_facts(gauge, found, at_once))
    else:
        _show(gauge, found, at_once)
        if asked.out is not None and found.winner is not None:
            out.print(f"written: {asked.out}, with {found.ranked[0].name} alone")
    if found.winner is None:
        return refuse("no candidate could be run", as_json=False)
    return ExitCode.OK


def _progress(name: str, ended: Ended[Outcome], done: int, total: int) -> None:
    how = f"{ended.result.seconds:.1f} s" if ended.result is not None else f"failed: {ended.problem}"
    err.print(f"compare: {done} of {total} runs; {name}, {how}")


def _show(gauge: Gauge, found: Compared, at_once: int) -> None:
    rows: list[list[Cell]] = [_ranked_row(place, one) for place, one in enumerate(found.ranked, start=1)]
    header = ("", "model", gauge.metric, "95 %", "judged loss behind the best", "µs per event", "")
    print_table("models, learning on and never replaced", header, rows, prose=True)
    if found.ways:
        best = found.ranked[0].name
        columns = ("retraining", "judged loss", "95 %", "regret", "beside never", "alarms", "promotions", "")
        print_table(f"ways to retrain {best}", columns, [_way_row(way) for way in found.ways], prose=True)
        out.print(
            f"always: a challenger every {ALWAYS_LABELS} labels; ten times: ten in the file, evenly; as declared: the "
            "gauge file as it is, with all its candidates"
        )
    if (oracle := found.oracle) is not None:
        out.print(
            f"with hindsight: {oracle.fixed} all along {figure(oracle.fixed_loss)}; the best of all runs in each of "
            f"{len(oracle.segments)} stretches {figure(oracle.segments_loss)}, which regret is counted from"
        )
    out.print(f"{len(found.ranked) + max(len(found.ways) - 1, 0)} runs, {at_once} at a time, {found.seconds:.1f} s")


def _ranked_row(place: int, one: Ranked) -> list[Cell]:
    if one.outcome is None:
        return ["", one.name, "", "", "", "", one.problem or ""]
    metric, us = one.outcome.metric, one.outcome.model_us
    cost = "" if us is None else f"{us:.0f}"
    apart = "" if one.behind is None else _interval(one.behind, with_value=True)
    return [str(place), one.name, figure(metric.value), _interval(metric), apart, cost, _surely(one.behind, "")]


def _way_row(way: Way) -> list[Cell]:
    if way.outcome is None or way.loss is None:
        return [way.name, "", "", "", "", "", "", way.problem or ""]
    beside = "" if way.beside_never is None else _interval(way.beside_never, with_value=True)
    done = [str(way.outcome.alarms), str(way.outcome.promotions)]
    regret = figure(way.regret)
    return [
        way.name,
        figure(way.loss.value),
        _interval(way.loss),
        regret,
        beside,
        *done,
        _surely(way.beside_never, " than never"),
    ]


def _surely(found: Figure | None, than: str) -> str:
    if found is None or found.low is None or found.high is None:
        return ""
    return f"worse{than}" if found.low > 0 else f"better{than}" if found.high < 0 else "no difference seen"


def _interval(found: Figure, *, with_value: bool = False) -> str:
    value = f"{figure(found.value)} " if with_value else ""
    if found.low is None or found.high is None:
        return value.strip()
    return (
        f"{value}({figure(found.low)} to {figure(found.high)})"
        if with_value
        else (f"{figure(found.low)} to {figure(found.high)}")
    )


def _facts(gauge: Gauge, found: Compared, at_once: int) -> dict[str, Any]:
    return {
        "gauge": gauge.name,
        "metric": gauge.metric,
        "winner": found.ranked[0].name if found.winner is not None else None,
        "models": [
            {"name": one.name, "problem": one.problem, "behind": one.behind, **_of(one.outcome)} for one in found.ranked
        ],
        "retraining": [
            {
                "name": way.name,
                "problem": way.problem,
                "loss": way.loss,
                "regret": way.regret,
                "beside_never": way.beside_never,
                **_of(way.outcome),
            }
            for way in found.ways
        ],
        "oracle": None if found.oracle is None else found.oracle._asdict(),
        "at_once": at_once,
        "seconds": found.seconds,
    }


def _of(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {"figure": None, "labels": 0, "us_per_event": None, "seconds": None, "alarms": 0, "promotions": 0}
    return {
        "figure": outcome.metric,
        "labels": len(outcome.losses),
        "us_per_event": outcome.model_us,
        "seconds": outcome.seconds,
        "alarms": outcome.alarms,
        "promotions": outcome.promotions,
    }
