"""Operators' orders: a small compacted topic, read whole before a partition is restored.

Starting over and skipping an offset cannot be records of the log, behind the very offset they concern. So the state
is a fold of the log and of this topic. Keys are ``gauge/topic/partition/`` and then what is ordered; a later record of
the same key replaces the earlier one. Orders are obeyed at the next restore: the commands that write them refuse while
workers run. One kind a worker writes itself, before it publishes anything: that its epoch begins where the log does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from schemas.gauge import Gauge
from streams.here.failures import StateRefusedError
from streams.kafka.admin import administering
from streams.kafka.compacted import newest_values
from streams.kafka.topics import Admin, ensure_one
from streams.kafka.writing import writing
from streams.orders.orders import ANY_ORDER, Order


class Control:
    """The control topic of a gauge."""

    def __init__(self, gauge: Gauge, settings: Mapping[str, Any]) -> None:
        self._gauge = gauge
        self._topic = gauge.topics.control
        self._prefix = f"{gauge.name}/{gauge.topics.input}/"
        self._settings = settings

    async def read(self) -> list[Order]:
        """All orders for the gauge; none where the topic does not exist.

        Raises
        ------
        StateRefusedError
            If a record cannot be read: a newer version's, or somebody else's.
        """
        latest = await newest_values(self._settings, self._topic, client_id="rivergauge-control")
        return [self._parsed(key, value) for key, value in latest.items() if value and key.startswith(self._prefix)]

    async def write(self, order: Order, admin: Admin) -> None:
        """Write an order; the topic is made if it is missing."""
        await ensure_one(admin, self._gauge, "control")
        key = f"{self._prefix}{order.partition}/{order.key}"
        async with writing(self._settings, "rivergauge-control", enable_idempotence=True, acks="all") as producer:
            await producer.send_and_wait(self._topic, order.model_dump_json().encode(), key=key.encode(), partition=0)

    async def keep(self, order: Order) -> None:
        """Write an order of the worker's own: an epoch whose first records were gone begins where its log did."""
        async with administering(self._settings) as admin:
            await self.write(order, admin)

    def _parsed(self, key: str, value: bytes) -> Order:
        try:
            return ANY_ORDER.validate_json(value)
        except ValidationError as error:
            raise StateRefusedError(
                f"control topic {self._topic} holds an order that this version cannot read, under {key}: {error}; "
                "run the version that wrote it, or remove the record"
            ) from error
