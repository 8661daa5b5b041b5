"""``rivergauge accept``: what has changed since the state was made, and that it may continue nevertheless."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.gauge import Gauge
from streams.cli.gaugefile.changes import told
from streams.cli.gaugefile.loading import checked, read
from streams.cli.operating.desk import at_desk
from streams.cli.terminal.output import out, print_json, refuse
from streams.here.exit_codes import ExitCode
from streams.orders.accept import Acceptance, plan
from streams.orders.desk import Desk

ALL = "all"


def run(path: Path, *, partition: str, against: Path | None, as_json: bool) -> int:
    """Accept another origin of the state, for one partition or all; nothing is written unless all can be accepted."""
    if partition != ALL and not partition.isdecimal():
        return refuse(f"PARTITION must be a number or '{ALL}', got {partition!r}", as_json=as_json)
    old = None if against is None else read(against)
    gauge = checked(path)

    async def orders(desk: Desk) -> list[Acceptance]:
        chosen = range(desk.partitions) if partition == ALL else (int(partition),)
        found = [await plan(desk, one, against=old) for one in chosen]
        accepted = [acceptance for acceptance in found if acceptance is not None]
        for acceptance in accepted:
            await desk.write(acceptance.order)
        return accepted

    accepted = at_desk(gauge, orders)
    if as_json:
        print_json(_facts(accepted))
    else:
        _show(gauge, accepted)
    return ExitCode.OK


def _facts(accepted: Sequence[Acceptance]) -> dict[str, Any]:
    return {
        "orders": [
            acceptance.order.model_dump()
            | {
                "changes": [change._asdict() for change in acceptance.changes],
                "differences": acceptance.differences,
            }
            for acceptance in accepted
        ]
    }


def _show(gauge: Gauge, accepted: Sequence[Acceptance]) -> None:
    for acceptance in accepted:
        order = acceptance.order
        out.print(f"{gauge.topics.input}/{order.partition} continues from offset {order.position} with its state:")
        for change in acceptance.changes:
            out.print(told(change))
        for difference in acceptance.differences:
            out.print(f"  {difference}")
    if not accepted:
        out.print("nothing to do: the state is of this gauge file and these libraries")
