"""``rivergauge skip`` and ``accept``, and how every command that orders something sits down at the desk."""

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
from streams.orders import accept as accepting
from streams.orders import skip as skipping
from streams.orders.desk import Desk
from streams.orders.orders import Order, Skip

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

    async def order(desk: Desk) -> list[Order]:
        return [await skipping.skip(desk, partition, offset)]

    return _run(path, order, as_json=as_json)


def accept(path: Path, *, against: Path | None, as_json: bool) -> int:
    """Accept another origin of the state."""
    old = None if against is None else load_or_refuse(against, as_json=as_json)
    if isinstance(old, ExitCode):
        return old

    async def orders(desk: Desk) -> list[Order]:
        given = [
            await accepting.accept(desk, partition, desk.gauge if old is None else old)
            for partition in range(desk.partitions)
        ]
        return [order for order in given if order is not None]

    return _run(path, orders, as_json=as_json)


def _run(path: Path, work: Callable[[Desk], Awaitable[list[Order]]], *, as_json: bool) -> int:
    gauge = load_or_refuse(path, as_json=as_json)
    if not isinstance(gauge, Gauge):
        return gauge
    written = at_desk(gauge, work, as_json=as_json)
    if isinstance(written, ExitCode):
        return written
    if as_json:
        print_json({"orders": [order.model_dump() for order in written]})
        return ExitCode.OK
    for order in written:
        place = f"{gauge.topics.input}/{order.partition}"
        if isinstance(order, Skip):
            out.print(f"{place}: the record at offset {order.offset} will be a dead letter with reason skipped")
        else:
            out.print(f"{place}: the state goes on from where it stands")
    if not written:
        out.print("nothing to do: the state is of this gauge file and these libraries")
    return ExitCode.OK
