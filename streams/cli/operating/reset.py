"""``rivergauge reset``: what it would mean, the question, and what was ordered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from schemas.gauge import Gauge
from schemas.plurals import count
from streams.cli.gaugefile.loading import checked
from streams.cli.operating.desk import at_desk
from streams.cli.terminal.consent import Consent, ask
from streams.cli.terminal.output import out, print_json, refuse
from streams.here.exit_codes import ExitCode
from streams.orders.desk import Desk
from streams.orders.orders import Replay
from streams.orders.reset import Plan, carry_out, plan
from streams.view.open_alerts import open_alerts

_SILENT: Final = "silent"
_QUESTION: Final = f"Start over? [yes = publish again, {_SILENT} = learn silently up to where the outputs end, no]"
_SILENT_QUESTION: Final = "Start over? [yes, no]"


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
    gauge = checked(path)

    async def planned(desk: Desk) -> list[Plan]:
        chosen = range(desk.partitions) if partition is None else (partition,)
        return [await plan(desk, one, offset=offset, version=version, replay=replay) for one in chosen]

    plans = at_desk(gauge, planned)
    if consent is Consent.ASKED:
        agreed = _agreed(gauge, plans, replay)
        plans = [one.with_replay(agreed) for one in plans]
    return _order(gauge, plans, as_json=as_json)


def _agreed(gauge: Gauge, plans: Sequence[Plan], replay: Replay) -> Replay:
    """What the user agrees to. Nothing is connected meanwhile: it may take a while."""
    silent = replay is Replay.SILENT
    answer = ask(
        _SILENT_QUESTION if silent else _QUESTION,
        [_forecast(gauge, one) for one in plans],
        undone="nothing was ordered",
        give="--yes" if silent else "--yes, or --silent --yes to publish only what has no outputs yet",
        others=[_SILENT],
    )
    return Replay.SILENT if answer == _SILENT else replay


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
