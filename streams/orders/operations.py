"""What operators order when a worker refuses to go on: start over, skip a record, accept a change.

Each writes to the control topic, which the workers read at their next restore (a reset also commits where its epoch
begins); so each refuses while a worker is in the group. Nothing is deleted: snapshots of an epoch that is over are
pruned by the next one's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple, Self, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from schemas.change import Change, Cost, changes
from schemas.gauge import Gauge
from streams.delivery.exactly_once import ExactlyOnce, committed
from streams.delivery.ledger import Mark
from streams.engine.app import group_of
from streams.engine.chunk import Bounds
from streams.here.failures import (
    BrokerRefusedError,
    BrokerUnreachableError,
    DoubtError,
    FencedError,
    MarkRefusedError,
    SettingsError,
    TopicsError,
)
from streams.kafka import topics
from streams.kafka.connection import client_settings
from streams.orders.control import Control
from streams.orders.orders import Accept, Order, Orders, Reset, Skip, orders_of
from streams.snapshots import state
from streams.snapshots.failures import SnapshotMissingError, SnapshotRefusedError
from streams.snapshots.format import Header, Verified, encode, verify
from streams.snapshots.identity import Identity
from streams.snapshots.origin import Origin, digest_of
from streams.snapshots.pickler import dump
from streams.snapshots.store import SnapshotStore
from streams.snapshots.unpickler import load

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


class Desk:
    """Where orders are written. Made by `opened`."""

    def __init__(
        self, origin: Origin, admin: Any, settings: Mapping[str, Any], store: SnapshotStore, key: bytes, partitions: int
    ) -> None:
        self.origin = origin
        self.gauge = origin.gauge
        self.partitions = partitions
        self._admin = admin
        self._settings = settings
        self._store = store
        self._key = key
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
        admin = AIOKafkaAdminClient(**settings, client_id="rivergauge-admin")
        store = state.store(gauge, environ, settings)
        try:
            await admin.start()
            counts = await topics.partition_counts(admin)
            if gauge.topics.input not in counts:
                raise TopicsError(f"input topic {gauge.topics.input} does not exist: nothing was ever learned from it")
            await _refuse_while_running(admin, group_of(gauge))
            key = state.key(gauge, environ)
            yield cls(Origin.here(gauge), admin, settings, store, key, counts[gauge.topics.input])
        finally:
            await store.close()
            await admin.close()

    async def standing(self, partition: int) -> Standing:
        """Where a partition stands."""
        if not 0 <= partition < self.partitions:
            raise OrderRefusedError(
                f"partition must be 0 to {self.partitions - 1}, as {self.gauge.topics.input} has them, got {partition}"
            )
        place = TopicPartition(self.gauge.topics.input, partition)
        found = await committed(self._settings, group_of(self.gauge), place)
        try:
            mark = None if found is None else Mark.read(found.offset, found.metadata)
        except ValueError:
            mark = None  # somebody else's commit: a reset may go over it
        async with AIOKafkaConsumer(**self._settings, isolation_level="read_committed") as consumer:
            begin = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
        orders = orders_of(await self._control.read(), partition, self.origin.digest)
        return Standing(partition, Bounds(begin, end), mark, orders, await self._store.list(partition))

    async def reset(self, partition: int, *, offset: int | None = None, version: str | None = None) -> Reset:
        """Start a partition over: at the beginning of its log, at an offset, or with a version that led once.

        Parameters
        ----------
        partition
            The input partition.
        offset
            The first record of the new epoch.
        version
            The state is that of the newest kept snapshot in which this version led; the epoch begins at its position.

        Raises
        ------
        OrderRefusedError
            If the offset is not in the log, or no such snapshot is kept.
        """
        standing = await self.standing(partition)
        epoch = max(standing.orders.epoch, 0 if standing.mark is None else standing.mark.epoch) + 1
        begin, end = standing.bounds
        if version is not None:
            return await self._reset_to_version(standing, epoch, version)
        first = begin if offset is None else offset
        if not begin <= first <= end:
            raise OrderRefusedError(
                f"{self.gauge.topics.input}/{partition} holds offsets {begin} to {end}, got {first}: choose one of them"
            )
        return await self._start_over(Reset(partition=partition, epoch=epoch, begin=first))

    async def skip(self, partition: int, offset: int) -> Skip:
        """Make the record at ``offset`` a dead letter, unread.

        Raises
        ------
        OrderRefusedError
            If it is not in the log, or dealt with already.
        """
        standing = await self.standing(partition)
        done = self._dealt_with(standing)
        begin, end = standing.bounds
        first = max(begin, done)
        if not first <= offset < end:
            there = f"what can be skipped is {first} to {end - 1}" if first < end else "there is nothing to skip"
            raise OrderRefusedError(
                f"{self.gauge.topics.input}/{partition}: {there}, got {offset}: below {done} everything is dealt with "
                "and published, and what is not there yet cannot have stopped a worker"
            )
        return await self._write(Skip(partition=partition, epoch=standing.orders.epoch, offset=offset))

    async def accept(self, partition: int, old: Gauge) -> Accept | None:
        """Let what runs here go on with the state that ``old`` or other libraries made; None if nothing differs.

        Raises
        ------
        OrderRefusedError
            If the change touches a feature, a label or a running model, the state does not load, or the workers were
            not stopped in order, so that a replay under the old rules is still to be done.
        """
        standing = await self.standing(partition)
        dear = [change for change in changes(old, self.gauge) if change.cost is Cost.RESET]
        if dear:
            raise OrderRefusedError(
                f"the state does not fit these changes: {', '.join(_shown(change) for change in dear)}; undo them, "
                "or start over with rivergauge reset"
            )
        position = self._dealt_with(standing)
        if standing.mark is not None and standing.mark.snapshot != position:
            raise OrderRefusedError(
                f"{self.gauge.topics.input}/{partition}: outputs are published up to {position}, the newest state is "
                f"at {standing.mark.snapshot}: run a worker with what made it, stop it in order (SIGTERM), then accept"
            )
        identity = next((i for i in standing.snapshots if i.epoch == standing.orders.epoch), None)
        identities = [i for i in standing.snapshots if (i.epoch, i.position) == (standing.orders.epoch, position)]
        if not identities:
            raise OrderRefusedError(
                f"{self.gauge.topics.input}/{partition}: there is no snapshot at {position} to go on with (newest: "
                f"{identity}); start over with rivergauge reset"
            )
        verified = await self._verified(identities[0])
        header = verified.header
        theirs = _origin_of(header)
        if theirs == self.origin.digest:
            return None
        if header.gauge_digest != old.digest:
            raise OrderRefusedError(
                f"the state was made by gauge file {header.gauge_digest}, got --against {old.digest}: give the gauge "
                "file that made it"
            )
        try:
            load(verified, self.gauge, digests={header.gauge_digest})
        except SnapshotRefusedError as error:
            raise OrderRefusedError(
                f"the state does not load here any more: {error}; go back, or start over with rivergauge reset"
            ) from error
        order = Accept(
            partition=partition,
            epoch=standing.orders.epoch,
            of=theirs,
            to=self.origin.digest,
            position=position,
        )
        return await self._write(order)

    def _dealt_with(self, standing: Standing) -> int:
        """Below this offset everything is published, in this epoch."""
        if standing.mark is not None and standing.mark.epoch == standing.orders.epoch:
            return standing.mark.published
        newest = [i.position for i in standing.snapshots if i.epoch == standing.orders.epoch]
        return max(newest, default=standing.orders.begin)

    async def _reset_to_version(self, standing: Standing, epoch: int, version: str) -> Reset:
        led = set()
        for identity in standing.snapshots:
            try:
                verified = await self._verified(identity)
            except (SnapshotRefusedError, SnapshotMissingError):
                continue
            led.add(verified.header.champion or "none")
            if verified.header.champion == version:
                return await self._begin_with(verified, standing, epoch)
        raise OrderRefusedError(
            f"no kept snapshot of {self.gauge.topics.input}/{standing.partition} was led by version {version}; those "
            f"that are kept were led by {', '.join(sorted(led)) or 'none'}; keep more (snapshots.keep), or reset to an "
            "offset"
        )

    async def _begin_with(self, verified: Verified, standing: Standing, epoch: int) -> Reset:
        header = verified.header
        place = f"{self.gauge.topics.input}/{standing.partition}"
        self.origin.check(header, standing.orders.accepted, place)
        if not standing.bounds.begin <= header.position <= standing.bounds.end:
            raise OrderRefusedError(
                f"{place} holds offsets {standing.bounds.begin} to {standing.bounds.end}, and that version's state is "
                f"at {header.position}: the records after it are gone; reset to an offset"
            )
        learner = load(verified, self.gauge, digests={header.gauge_digest})
        learner.rename(standing.partition, epoch)
        about = header.about(epoch=epoch)
        await self._store.put(about.identity, encode(about, dump(learner), self._key))
        order = Reset(
            partition=standing.partition,
            epoch=epoch,
            begin=header.position,
            floor=header.position,
        )
        return await self._start_over(order)

    async def _start_over(self, order: Reset) -> Reset:
        """Write the order, then commit where its epoch begins; should that fail, the order stands and is given again.

        From then on a partition without a commit is one whose commit was lost, in every epoch.
        """
        await self._write(order)
        if self.gauge.delivery == "at-least-once":
            return order
        place = TopicPartition(self.gauge.topics.input, order.partition)
        group = group_of(self.gauge)
        ledger = ExactlyOnce.on_kafka(self._settings, gauge=self.gauge.name, group=group, place=place)
        try:
            with suppress(MarkRefusedError):  # another program's commit: over it goes
                await ledger.open()
            await ledger.commit([], Mark(order.begin, order.begin, order.epoch, self.origin.digest, self.partitions))
        except (DoubtError, FencedError) as error:
            raise BrokerUnreachableError(
                f"{place.topic}/{place.partition}: the order is written, but its epoch's begin may not be committed; "
                f"give the order again: {error}"
            ) from error
        finally:
            await ledger.close()
        return order

    async def _verified(self, identity: Identity) -> Verified:
        return verify(await self._store.get(identity), self._key)

    async def _write(self, order: AnyOrder) -> AnyOrder:
        await self._control.write(order, self._admin)
        return order


def _origin_of(header: Header) -> str:
    return digest_of(header.gauge_digest, header.libraries, header.build, header.start)


def _shown(change: Change) -> str:
    return f"{change.where} ({change.then!r} then, {change.now!r} now)"


async def _refuse_while_running(admin: Any, group: str) -> None:
    try:
        responses = await admin.describe_consumer_groups([group])
    except KafkaError as error:
        raise BrokerRefusedError(f"the broker does not say who is in group {group}: {error!r}") from error
    members = [member for response in responses for described in response.groups for member in described[5]]
    if members:
        raise OrderRefusedError(
            f"{len(members)} worker(s) of group {group} are running: stop them first (or wait 10 s after a crash)"
        )
