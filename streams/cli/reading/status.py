"""``rivergauge status``: what needs attention, and how each partition stands."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Group
from rich.live import Live
from rich.text import Text

from schemas.gauge import Gauge
from schemas.plurals import count
from streams.cli.reading.look import Look, looked_at, looking
from streams.cli.terminal.output import out, print_json, styled, told_time
from streams.cli.terminal.tables import lay_out
from streams.here.exit_codes import ExitCode
from streams.view import shown
from streams.view.alert_words import what_of
from streams.view.view import View

REFRESH_S: Final = 1.0
"""How often it is looked whether anything has come."""
_MARGIN: Final = "  "
_WIDEST_NAME: Final = 13


def run(path: Path, *, watch: bool, past: int, as_json: bool) -> int:
    """Print how a gauge stands; with ``watch`` again whenever anything has come, until stopped from the keyboard."""
    show = _print_json if as_json else _print
    if not watch:
        return looked_at(path, show, kinds=None, past=past, as_json=as_json)
    live = out.is_terminal and not as_json
    work = _watched_live if live else partial(_watched, show=show)
    with suppress(KeyboardInterrupt):
        return looking(path, work, kinds=None, past=past, as_json=as_json)
    return ExitCode.OK


def _print(look: Look) -> int:
    for line in lines(look, out.width if out.is_terminal else None):
        out.print(line)
    return ExitCode.OK


def _print_json(look: Look) -> int:
    print_json({"gauge": look.gauge.name, **shown.status(look.view)})
    return ExitCode.OK


async def _watched_live(look: Look) -> int:
    with Live(console=out, auto_refresh=False) as live:
        return await _watched(look, lambda look: live.update(Group(*lines(look, out.width)), refresh=True))


async def _watched(look: Look, show: Callable[[Look], object]) -> int:
    await look.follower.read_to_end()
    show(look)
    reading = asyncio.create_task(look.onwards().run())
    try:
        before = _come(look.view)
        while not out.quiet:
            done, _ = await asyncio.wait({reading}, timeout=REFRESH_S)
            if done:
                reading.result()
            if (come := _come(look.view)) != before:
                show(look)
                before = come
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
    return ExitCode.OK


def _come(view: View) -> int:
    return view.counts.total()


def lines(look: Look, width: int | None) -> list[Text]:
    """All of it, no line wider than ``width``."""
    view, gauge = look.view, look.gauge
    opened, refused = view.episodes.open(), view.dead_letters.counts.total()
    counts = [
        count(len(look.partitions), "partition"),
        count(len(opened), "open alert"),
        count(refused, "dead letter"),
    ]
    told = [styled((gauge.name, "bold"), f": {', '.join(counts)}")]
    for partition in look.partitions:
        told.append(styled((f"partition {partition}", "bold")))
        if partition in view.partitions:
            facts = {
                "verdict": _verdict(look, partition),
                "champion": _champion(look, partition),
                **_operators(look, partition),
                "newest": _newest(gauge, view, partition),
                "predictions": _predictions(look, partition),
            }
        else:
            facts = {"nothing yet": f"nothing was published {look.bound}: no record came here, or no worker has run"}
        for name, words in facts.items():
            told += _fact(name, words, width)
    told += _alerts(look, width)
    told += _dead_letters(look, width)
    if look.view.counts["foreign"]:
        told.append(Text(f"{count(look.view.counts['foreign'], 'record')} could not be read: --json has the newest"))
    return told


def _fact(name: str, words: str, width: int | None) -> Iterator[Text]:
    first = f"{_MARGIN}{name.ljust(_WIDEST_NAME)}"
    if width is None:
        yield Text(first + words)
        return
    wide = max(width, 2 * len(first))
    for line in textwrap.wrap(words, wide, initial_indent=first, subsequent_indent=" " * len(first)):
        yield Text(line)


def _verdict(look: Look, partition: int) -> str:
    newest, evaluation = look.view.reports.newest(partition), look.gauge.evaluation
    if newest is None and not evaluation.holdout:
        return "none: evaluation.holdout is 0, so no window of held-out labels ever closes"
    if newest is None:
        return (
            f"none yet: no window of {evaluation.holdout_window:,} held-out labels has closed {look.bound}; "
            f"{evaluation.holdout:.0%} of the events are held out"
        )
    if newest.report.verdict is None:
        return f"none: the report of window {newest.report.window:,} has no verdict"
    return f"{newest.report.verdict} (at position {newest.report.position:,})"


def _champion(look: Look, partition: int) -> str:
    life = look.view.versions.champion(partition)
    if life is None:
        return f"not known: no promotion {look.bound}"
    step = life.last
    name = f"{life.name} ({step.candidate})"
    return f"{name}, {step.step.replace('_', ' ')} at position {step.position:,}: {step.reason}"


def _operators(look: Look, partition: int) -> dict[str, str]:
    """What waits for an operator, or is as one has wanted it; nothing where there is neither."""
    paused, proposed = look.view.versions.paused(partition), look.view.versions.proposed(partition)
    told = {}
    if paused is not None:
        told["learning"] = (
            f"paused by {paused.who} at position {paused.position:,}{f': {paused.why}' * bool(paused.why)}"
        )
    if proposed is not None:
        told["proposed"] = (
            f"{proposed.name} ({proposed.last.candidate}) at position {proposed.last.position:,}: "
            f"{proposed.last.reason}; rivergauge command approve, or decline"
        )
    return told


def _newest(gauge: Gauge, view: View, partition: int) -> str:
    epoch, position = view.position(partition) or (0, 0)
    flow = view.flows.get(partition)
    where = f"position {position:,}" + (f" of epoch {epoch}" if epoch else "")
    if flow is not None and flow.time is not None:
        return f"{where}; event time {told_time(flow.time)}"
    return f"{where}; " + ("no event time: record.time names no field" if gauge.record.time is None else "no event yet")


def _predictions(look: Look, partition: int) -> str:
    flow = look.view.flows.get(partition)
    if flow is None:
        return f"none {look.bound}"
    parts = [f"{flow.predictions:,} read back", f"{flow.held_out:,} held out"]
    if flow.abstained:
        parts.append(f"{flow.abstained:,} abstained")
    versions = ", ".join(f"{name} {n:,}" for name, n in flow.by_version.most_common(3))
    more = len(flow.by_version) - 3
    return f"{', '.join(parts)}; by {versions}" + (f" and {count(more, 'other')}" if more > 0 else "")


def _alerts(look: Look, width: int | None) -> list[Text]:
    opened, known = look.view.episodes.open(), look.view.episodes.newest_first()
    if not opened:
        watched = look.gauge.drift.enabled
        all_of_them = "the one that was opened has" if len(known) == 1 else f"all {len(known):,} that were opened have"
        closed = f"{all_of_them} closed" if known else f"none was opened {look.bound}"
        return [Text(f"no open alerts: {closed if known or watched else 'drift.enabled is false'}")]
    rows = [
        [one.name, str(one.last.severity), str(one.last.drift), f"{one.first.position:,}", what_of(one.last)]
        for one in opened
    ]
    return lay_out("open alerts", ["episode", "severity", "kind", "since", "what"], rows, prose=True, width=width)


def _dead_letters(look: Look, width: int | None) -> list[Text]:
    counts = look.view.dead_letters.counts
    if not counts:
        return [Text(f"no dead letters: no record was refused {look.bound}")]
    rows = [[str(reason), f"{n:,}"] for reason, n in counts.most_common()]
    return lay_out("dead letters", ["reason", "records"], rows, prose=False, width=width)
