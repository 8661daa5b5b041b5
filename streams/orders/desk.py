"""The operator's desk: the connection on which orders are written, and where each partition stands.

Each order goes to the control topic, which the workers read at their next restore; so nothing is ordered while a worker
is in the group. Nothing is deleted: snapshots of an epoch that is over are pruned by the next one's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Self, TypeVar

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from schemas.gauge import Gauge
from streams.delivery.exactly_once import committed
from streams.delivery.ledger import Mark
from streams.engine.chunk import Bounds
from streams.here.failures import BrokerRefusedError, SettingsError, TopicsError
from streams.kafka import topics
from streams.kafka.admin import administering
from streams.kafka.connection import client_settings
from streams.kafka.error_words import words_of
from streams.kafka.group import group_of
from streams.kafka.reading import reading
from streams.orders.control import Control
from streams.orders.orders import Order, Orders, orders_of
from streams.snapshots import state
from streams.snapshots.format import Verified, verify
from streams.snapshots.identity import Identity
from streams.snapshots.origin import Origin
from streams.snapshots.stores.archive import archived
from streams.snapshots.stores.store import SnapshotStore

AnyOrder = TypeVar("AnyOrder", bound=Order)


class OrderRefusedError(SettingsError):
    """What was ordered cannot be done; nothing was written."""


class Standing(NamedTuple):
    """Where one partition stands: its log, what is committed, what was ordered."""

    partition: int
    bounds: Bounds
    mark: Mark | None
    orders: Orders
    snapshots: list[Identity]

    @property
    def dealt_with(self) -> int:
        """Below this offset everything is published, in this epoch."""
        if self.mark is not None and self.mark.epoch == self.orders.epoch:
            return self.mark.published
        newest = [i.position for i in self.snapshots if i.epoch == self.orders.epoch]
        return max(newest, default=self.orders.begin)


class Desk:
    """Where orders are written. Made by `opened`."""

    def __init__(
        self, origin: Origin, admin: Any, settings: Mapping[str, Any], store: SnapshotStore, key: bytes, partitions: int
    ) -> None:
        self.origin = origin
        self.gauge = origin.gauge
        self.settings = settings
        self.store = store
        self.key = key
        self.partitions = partitions
        self._admin = admin
        self._control = Control(origin.gauge, settings)

    @classmethod
    @asynccontextmanager
    async def opened(cls, gauge: Gauge, environ: Mapping[str, str]) -> AsyncIterator[Self]:
        """Connect; refuse while a worker of the gauge is running.

        Raises
        ------
        OrderRefusedError
            If workers are running.
        WorkerError
            If the broker or its topics cannot be used.
        """
        settings = client_settings(gauge.connection, environ)
        store = state.store(gauge, environ, settings)
        try:
            async with administering(settings) as admin:
                counts = await topics.partition_counts(admin)
                if gauge.topics.input not in counts:
                    raise TopicsError(
                        f"input topic {gauge.topics.input} does not exist: nothing was ever learned from it"
                    )
                key = state.key(gauge, environ)
                desk = cls(Origin.here(gauge), admin, settings, store, key, counts[gauge.topics.input])
                await desk.refuse_while_running()
                yield desk
        finally:
            await store.close()

    async def refuse_while_running(self) -> None:
        """See `opened`."""
        group = group_of(self.gauge)
        try:
            responses = await self._admin.describe_consumer_groups([group])
        except KafkaError as error:
            raise BrokerRefusedError(f"the broker does not say who is in group {group}: {words_of(error)}") from error
        members = [member for response in responses for described in response.groups for member in described[5]]
        if members:
            raise OrderRefusedError(
                f"{len(members)} worker(s) of group {group} are running: stop them first (or wait 10 s after a crash)"
            )

    def place(self, partition: int) -> TopicPartition:
        """A partition of the input."""
        return TopicPartition(self.gauge.topics.input, partition)

    def named(self, partition: int) -> str:
        """A partition of the input, for a sentence."""
        return f"{self.gauge.topics.input}/{partition}"

    async def standing(self, partition: int) -> Standing:
        """Where a partition stands."""
        if not 0 <= partition < self.partitions:
            raise OrderRefusedError(
                f"partition must be 0 to {self.partitions - 1}, as {self.gauge.topics.input} has them, got {partition}"
            )
        place = self.place(partition)
        found = await committed(self.settings, group_of(self.gauge), place)
        try:
            mark = None if found is None else Mark.read(found.offset, found.metadata)
        except ValueError:
            mark = None  # somebody else's commit: a reset may go over it
        async with reading(self.settings, "rivergauge-orders") as consumer:
            begin = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
        orders = orders_of(await self._control.read(), partition, self.origin.digest)
        return Standing(partition, Bounds(begin, end), mark, orders, await self.store.list(partition))

    async def verified(self, identity: Identity) -> Verified:
        """A kept or archived snapshot, checked but for its payload's meaning.

        Raises
        ------
        SnapshotMissingError, SnapshotRefusedError
            If it is gone, damaged, or signed with another key.
        """
        if identity.version:
            return await archived(self.store, identity, self.key)
        return verify(await self.store.get(identity), self.key)

    async def write(self, order: AnyOrder) -> AnyOrder:
        """Write an order to the control topic."""
        await self._control.write(order, self._admin)
        return order
