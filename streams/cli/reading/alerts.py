"""``rivergauge alerts``: the episodes that were published, one of them whole, and each record as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from schemas.alerts import Moved, moved_words, severity_words, share_words
from schemas.figure_words import figure
from schemas.records import AlertStatus, DriftAlert
from streams.cli.reading.lists import print_list
from streams.cli.reading.look import Look, looked_at, looking, not_there
from streams.cli.terminal.output import out, print_json, styled, told_time
from streams.cli.terminal.tables import Cell, print_table
from streams.here.exit_codes import ExitCode
from streams.view import shown
from streams.view.alert_words import what_of
from streams.view.episodes import Episode
from streams.view.published import Published

_KINDS: Final = ["alert"]
_STYLES: Final = {AlertStatus.OPENED: "bold red", AlertStatus.UPDATED: "red", AlertStatus.CLOSED: "green"}


def list_(path: Path, *, partition: int | None, limit: int, past: int, as_json: bool) -> int:
    """Print the newest episodes, by their newest record."""

    def show(look: Look) -> int:
        found = [one for one in look.view.episodes.newest_first() if partition in (None, one.partition)]
        print_list(
            look,
            "alerts",
            found,
            limit=limit,
            header=["episode", "status", "severity", "kind", "since", "position", "what"],
            row=_row,
            shown_as=shown.episode,
            as_json=as_json,
        )
        return ExitCode.OK

    return looked_at(path, show, kinds=_KINDS, past=past, as_json=as_json)


def show(path: Path, name: str, *, past: int, as_json: bool) -> int:
    """Print one episode: what happened, how sure that is, what moved, what to do."""

    def show_it(look: Look) -> int:
        one = look.view.episodes.get(name)
        if one is None:
            known = [other.name for other in look.view.episodes.newest_first()]
            return not_there("alert", name, known, look, as_json=as_json)
        if as_json:
            print_json(shown.episode(one))
            return ExitCode.OK
        alert = one.last
        out.print(
            styled(
                (name, "bold"), ": ", (str(alert.status), _STYLES[alert.status]), f", {alert.severity} {alert.drift}"
            )
        )
        print_table("what happened", ["", "value"], [[fact, words] for fact, words in _facts(one)], prose=True)
        for moved in alert.moved or ():
            _print_moved(moved)
        return ExitCode.OK

    return looked_at(path, show_it, kinds=_KINDS, past=past, as_json=as_json)


def tail(path: Path, *, partition: int | None, limit: int, past: int, as_json: bool) -> int:
    """Print the newest record of the newest episodes, the newest last; then every record as it comes."""

    def told(published: Published) -> None:
        if partition not in (None, published.partition):
            return
        if as_json:
            print_json(shown.record(published))
        else:
            _print_record(published)
        if out.quiet:
            raise KeyboardInterrupt  # the reader of the pipe has gone: nobody waits for more

    async def follow(look: Look) -> int:
        await look.follower.read_to_end()
        found = [one for one in look.view.episodes.newest_first() if partition in (None, one.partition)]
        for one in reversed(found[:limit]):
            told(one.published)
        if not found and not as_json:
            out.print(f"no alerts {look.bound}; waiting for the next one", style="dim")
        await look.onwards().run(told)
        return ExitCode.OK

    with suppress(KeyboardInterrupt):
        return looking(path, follow, kinds=_KINDS, past=past, as_json=as_json)
    return ExitCode.OK


def _row(one: Episode) -> list[Cell]:
    alert = one.last
    return [
        (one.name, _STYLES[alert.status]),
        str(alert.status),
        str(alert.severity),
        str(alert.drift),
        f"{one.first.position:,}",
        f"{alert.position:,}",
        what_of(alert),
    ]


def _facts(one: Episode) -> Iterator[tuple[str, str]]:
    first, alert = one.first, one.last
    if alert.subject is not None:
        yield "subject", alert.subject
    yield "cause", alert.cause
    yield "since", _place(first)
    yield "as of", f"{_place(alert)}, record {one.records:,} of the episode"
    yield "detector", f"{alert.detector}: {figure(alert.statistic)}; it alarms at {figure(alert.threshold)}"
    if alert.loss_before is not None or alert.loss_now is not None:
        yield "loss", f"{figure(alert.loss_before)} before, {figure(alert.loss_now)} now"
    if alert.figure is not None:
        low, high = figure(alert.figure.low), figure(alert.figure.high)
        yield "figure", f"{figure(alert.figure.value)} ({low} to {high})"
    yield "labels", f"{alert.labels:,}, of positions {alert.first:,} to {alert.last:,}; {alert.coverage:.0%} are in"
    yield "version", alert.version
    said = {
        "severity": severity_words(alert.severity_by),
        "moved": moved_words(alert.moved),
        "expected": share_words(alert.expected_share),
        "chance": None if alert.chance is None else alert.chance.words,
        "advice": alert.advice,
    }
    yield from ((name, words) for name, words in said.items() if words is not None)


def _place(alert: DriftAlert) -> str:
    return f"position {alert.position:,}" + ("" if alert.time is None else f", {told_time(alert.time)}")


def _print_moved(moved: Moved) -> None:
    names = list(dict.fromkeys([*moved.before, *moved.after]))
    rows: list[list[Cell]] = [[name, figure(moved.before.get(name)), figure(moved.after.get(name))] for name in names]
    if rows:
        print_table(f"{moved.column}: {moved.what}, {moved.weight:.0%} of the evidence", ["", "before", "after"], rows)


def _print_record(published: Published) -> None:
    alert = published.effect
    assert isinstance(alert, DriftAlert), "only alerts are followed"
    out.print(
        styled(
            (f"{alert.status}".ljust(8), _STYLES[alert.status]),
            f"{alert.episode}  {alert.severity} {alert.drift}  {_place(alert)}: {what_of(alert)}",
        )
    )
