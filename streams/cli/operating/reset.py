"""``rivergauge reset``: what it would mean, the question, and what was ordered."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final

from schemas.gauge import Gauge
from schemas.plurals import count
from streams.cli.gaugefile.loading import load_or_refuse
from streams.cli.operating.desk import at_desk
from streams.cli.terminal.output import err, out, print_json, refuse
from streams.here.exit_codes import ExitCode
from streams.orders.desk import Desk
from streams.orders.orders import Replay
from streams.orders.reset import Plan, carry_out, plan
from streams.view.open_alerts import open_alerts

QUESTION: Final = "Start over? [yes = publish again, silent = learn silently up to where the outputs end, no] "
SILENT_QUESTION: Final = "Start over? [yes, no] "


class Consent(Enum):
    """Whether the user has agreed on the command line, or is asked."""

    GIVEN = "given"
    ASKED = "asked"


def run(
    path: Path,
    *,
    offset: int | None,
    version: str | None,
    partition: int | None,
    replay: Replay,
    consent: Consent,
    as_json: bool,
) -> int:
    """Start partitions over, once the user has seen what that means and agrees."""
    if offset is not None and version is not None:
        return refuse("give --offset or --version, not both", as_json=as_json)
    if version is not None:
        named = _partition_of(version)
        if partition is not None and named is not None and named != partition:
            return refuse(f"version {version} is of partition {named}, and --partition is {partition}", as_json=as_json)
        partition = named if partition is None else partition
    if offset is not None and partition is None:
        return refuse(
            "--offset needs --partition: offsets of different partitions have nothing in common", as_json=as_json
        )
    gauge = load_or_refuse(path, as_json=as_json)
    if not isinstance(gauge, Gauge):
        return gauge

    async def planned(desk: Desk) -> list[Plan]:
        chosen = range(desk.partitions) if partition is None else (partition,)
        return [await plan(desk, one, offset=offset, version=version, replay=replay) for one in chosen]

    plans = at_desk(gauge, planned)
    if consent is Consent.ASKED:
        agreed = _asked(gauge, plans, replay, as_json=as_json)
        if isinstance(agreed, ExitCode):
            return agreed
        plans = [one.with_replay(agreed) for one in plans]
    return _order(gauge, plans, as_json=as_json)


def _asked(gauge: Gauge, plans: Sequence[Plan], replay: Replay, *, as_json: bool) -> Replay | ExitCode:
    """What the user agrees to; or the exit code to end with. Nothing is connected meanwhile: it may take a while."""
    forecasts = [_forecast(gauge, one) for one in plans]
    if not sys.stdin.isatty():
        ways = (
            "--yes" if replay is Replay.SILENT else "--yes, or --silent --yes to publish only what has no outputs yet"
        )
        return refuse(
            f"nothing was ordered: there is no terminal to ask at; give {ways}. What it would mean: "
            f"{'; '.join(forecasts)}",
            as_json=as_json,
        )
    for line in forecasts:
        err.print(line)
    err.print(SILENT_QUESTION if replay is Replay.SILENT else QUESTION, end="")
    answer = sys.stdin.readline().strip().lower()
    if answer in ("y", "yes"):
        return replay
    if answer in ("s", "silent"):
        return Replay.SILENT
    return refuse("nothing was ordered", ExitCode.INTERRUPTED, as_json=as_json)


def _order(gauge: Gauge, plans: Sequence[Plan], *, as_json: bool) -> int:
    written: list[Plan] = []

    async def orders(desk: Desk) -> list[Plan]:
        for one in plans:
            await carry_out(desk, one, open_alerts)
            written.append(one)
        return written

    try:
        at_desk(gauge, orders)
    finally:
        if not as_json:
            for one in written:
                out.print(_forecast(gauge, one))
    if as_json:
        print_json({"orders": [_facts(one) for one in written]})
    return ExitCode.OK


def _facts(planned: Plan) -> dict[str, Any]:
    counts = {"records": planned.records, "already_published": planned.already_published}
    return planned.order.model_dump(mode="json") | counts


def _forecast(gauge: Gauge, planned: Plan) -> str:
    order = planned.order
    with_what = "a learner that has seen nothing" if order.floor is None else "the state of that version"
    return (
        f"{gauge.topics.input}/{order.partition} starts over as epoch {order.epoch} at offset {order.begin}, with "
        f"{with_what}: {_what_follows(planned)}"
    )


def _what_follows(planned: Plan) -> str:
    known, left = planned.already_published, planned.records - planned.already_published
    if planned.order.replay is Replay.SILENT:
        return f"{count(known, 'record')} will be learned silently, {left:,} more scored and published"
    return (
        f"{count(planned.records, 'record')} will be scored and published, {known:,} of which have published outputs "
        "already and get a second set"
    )


def _partition_of(version: str) -> int | None:
    first = version.partition("-")[0].partition(".")[0]
    return int(first) if first.isdecimal() else None
