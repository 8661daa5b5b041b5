"""How a command that orders something sits down at the operator's desk."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from schemas.gauge import Gauge
from streams.cli.terminal.at_broker import at_broker
from streams.orders.desk import Desk

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

    return at_broker(gauge.connection, opened())
