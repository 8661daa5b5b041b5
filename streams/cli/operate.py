"""``rivergauge skip``, and how every command that orders something sits down at the desk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from aiokafka.errors import KafkaError

from schemas.gauge import Gauge
from streams.cli.output import load_or_refuse, out, print_json
from streams.here.exit_codes import ExitCode
from streams.kafka.client_errors import in_words
from streams.orders import skip as skipping
from streams.orders.desk import Desk
from streams.orders.orders import Skip

T = TypeVar("T", bound=Sequence[object])


def at_desk(gauge: Gauge, work: Callable[[Desk], Awaitable[T]]) -> T:
    """What ``work`` comes to at the gauge's desk.

    Raises
    ------
    WorkerError
        If an order cannot be given, or the broker does not take it.
    """

    async def opened() -> T:
        async with Desk.opened(gauge, os.environ) as desk:
            return await work(desk)

    try:
        return asyncio.run(opened())
    except KafkaError as error:
        raise in_words("the broker did not do it", error) from error


def skip(path: Path, partition: int, offset: int, *, as_json: bool) -> int:
    """Have a record skipped."""
    gauge = load_or_refuse(path, as_json=as_json)
    if not isinstance(gauge, Gauge):
        return gauge

    async def order(desk: Desk) -> list[Skip]:
        return [await skipping.skip(desk, partition, offset)]

    written = at_desk(gauge, order)
    if as_json:
        print_json({"orders": [given.model_dump() for given in written]})
    else:
        place = f"{gauge.topics.input}/{partition}"
        out.print(f"{place}: the record at offset {offset} will be a dead letter with reason skipped")
    return ExitCode.OK
