"""``rivergauge reset``, ``skip`` and ``accept``: what operators order, and what was written down."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from aiokafka.errors import KafkaError

from schemas.gauge import Gauge
from streams.cli.output import load_or_refuse, out, print_json, refuse
from streams.here.exit_codes import ExitCode
from streams.here.failures import WorkerError
from streams.kafka.verdict import verdict
from streams.orders import accept as accepting
from streams.orders import reset as resetting
from streams.orders import skip as skipping
from streams.orders.desk import Desk
from streams.orders.orders import Order, Reset, Skip


def reset(path: Path, *, offset: int | None, version: str | None, partition: int | None, as_json: bool) -> int:
    """Start partitions over."""
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

    async def orders(desk: Desk) -> AsyncIterator[Order | None]:
        for one in range(desk.partitions) if partition is None else (partition,):
            yield await resetting.reset(desk, one, offset=offset, version=version)

    return _run(path, orders, as_json=as_json)


def skip(path: Path, partition: int, offset: int, *, as_json: bool) -> int:
    """Have a record skipped."""

    async def orders(desk: Desk) -> AsyncIterator[Order | None]:
        yield await skipping.skip(desk, partition, offset)

    return _run(path, orders, as_json=as_json)


def accept(path: Path, *, against: Path | None, as_json: bool) -> int:
    """Accept another origin of the state."""
    old = None if against is None else load_or_refuse(against, as_json=as_json)
    if isinstance(old, ExitCode):
        return old

    async def orders(desk: Desk) -> AsyncIterator[Order | None]:
        for partition in range(desk.partitions):
            yield await accepting.accept(desk, partition, desk.gauge if old is None else old)

    return _run(path, orders, as_json=as_json)


def _run(path: Path, orders: Callable[[Desk], AsyncIterator[Order | None]], *, as_json: bool) -> int:
    gauge = load_or_refuse(path, as_json=as_json)
    if not isinstance(gauge, Gauge):
        return gauge

    async def work() -> list[Order]:
        async with Desk.opened(gauge, os.environ) as desk:
            return [order async for order in orders(desk) if order is not None]

    try:
        written = asyncio.run(work())
    except WorkerError as error:
        return refuse(str(error), error.exit_code, as_json=as_json)
    except KafkaError as error:
        return refuse(f"the broker did not do it: {error!r}", verdict(error).exit_code, as_json=as_json)
    if as_json:
        print_json({"orders": [order.model_dump() for order in written]})
        return ExitCode.OK
    for order in written:
        out.print(_said(gauge, order))
    if not written:
        out.print("nothing to do: the state is of this gauge file and these libraries")
    return ExitCode.OK


def _said(gauge: Gauge, order: Order) -> str:
    place = f"{gauge.topics.input}/{order.partition}"
    if isinstance(order, Reset):
        with_what = "a learner that has seen nothing" if order.floor is None else "the state of that version"
        return f"{place} starts over as epoch {order.epoch} at offset {order.begin}, with {with_what}"
    if isinstance(order, Skip):
        return f"{place}: the record at offset {order.offset} will be a dead letter with reason skipped"
    return f"{place}: the state goes on from where it stands"


def _partition_of(version: str) -> int | None:
    first = version.partition("-")[0].partition(".")[0]
    return int(first) if first.isdecimal() else None
