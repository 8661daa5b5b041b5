"""``rivergauge skip``: one record becomes a dead letter, unread."""

from __future__ import annotations

from pathlib import Path

from streams.cli.gaugefile.loading import checked
from streams.cli.operating.desk import at_desk
from streams.cli.terminal.output import out, print_json
from streams.here.exit_codes import ExitCode
from streams.orders import skip as skipping
from streams.orders.desk import Desk
from streams.orders.orders import Skip


def run(path: Path, partition: int, offset: int, *, as_json: bool) -> int:
    """Have a record skipped."""
    gauge = checked(path)

    async def order(desk: Desk) -> list[Skip]:
        return [await skipping.skip(desk, partition, offset)]

    written = at_desk(gauge, order)
    if as_json:
        print_json({"orders": [given.model_dump() for given in written]})
    else:
        place = f"{gauge.topics.input}/{partition}"
        out.print(f"{place}: the record at offset {offset} will be a dead letter with reason skipped")
    return ExitCode.OK
