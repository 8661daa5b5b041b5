"""``rivergauge skip``, and how every command that orders something sits down at the desk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from aiokafka.errors import KafkaError

from schemas.gauge import Gauge
from streams.cli.output import load_or_refuse, out, print_json, refuse
from streams.here.exit_codes import ExitCode
from streams.here.failures import WorkerError
from streams.kafka.verdict import verdict
from streams.orders import skip as skipping
from streams.orders.desk import Desk
from streams.orders.orders import Skip

T = TypeVar("T", bound=Sequence[object])


def at_desk(gauge: Gauge, work: Callable[[Desk], Awaitable[T]], *, as_json: bool) -> T | ExitCode:
    """What ``work`` comes to at the gauge's desk; or the exit code to end with, its reason written."""

    async def opened() -> T:
        async with Desk.opened(gauge, os.environ) as desk:
            return await work(desk)

    try:
        return asyncio.run(opened())
    except WorkerError as error:
        return refuse(str(error), error.exit_code, as_json=as_json)
    except KafkaError as error:
        return refuse(f"the broker did not do it: {error!r}", verdict(error).exit_code, as_json=as_json)


def skip(path: Path, partition: int, offset: int, *, as_json: bool) -> int:
    """Have a record skipped."""
    gauge = load_or_refuse(path, as_json=as_json)
    if not isinstance(gauge, Gauge):
        return gauge

    async def order(desk: Desk) -> list[Skip]:
        return [await skipping.skip(desk, partition, offset)]

    written = at_desk(gauge, order, as_json=as_json)
    if isinstance(written, ExitCode):
        return written
    if as_json:
        print_json({"orders": [given.model_dump() for given in written]})
    else:
        place = f"{gauge.topics.input}/{partition}"
        out.print(f"{place}: the record at offset {offset} will be a dead letter with reason skipped")
    return ExitCode.OK
