"""Everything between the input topic and the output topics, wired in one place.

Order of starting: the broker (retried, and said so), the topics, the producer, the engine. Order of stopping: shards
finish the commit at work, the engine leaves the group, the producer closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, MutableSequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from models.learner import Learner
from schemas.gauge import Gauge
from streams.delivery.at_least_once import AtLeastOnce, SharedProducer, idempotent_producer
from streams.delivery.exactly_once import ExactlyOnce
from streams.delivery.ledger import Ledger
from streams.delivery.stamps import Stamps
from streams.engine.engine import Engine
from streams.here import logs
from streams.here.failures import BrokerUnreachableError, SettingsError, TopicsError, WorkerError
from streams.here.libraries import libraries
from streams.http.catalogue import Reading
from streams.kafka import topics
from streams.kafka.connection import client_settings, servers
from streams.kafka.group import group_of
from streams.kafka.lookout import BROKER, Lookout
from streams.kafka.refusal import connect
from streams.kafka.troubles import LASTING_S, Troubles
from streams.kafka.verdict import verdict
from streams.orders.control import Control
from streams.partition.engine_log import EngineLog, doubted
from streams.partition.learning import learning
from streams.partition.report import outputs_of
from streams.partition.shard import Shard
from streams.partition.shards import Shards
from streams.partition.turns import Turns
from streams.partition.watchdog import Watchdog
from streams.partition.wave import Wave
from streams.partition.wiring import make_shard
from streams.snapshots import state
from streams.snapshots.failures import SnapshotKeyError
from streams.snapshots.keeper import Maker
from streams.snapshots.origin import Origin
from streams.snapshots.saved import Saved
from streams.snapshots.topic import ensure_topic

FLUSH_S: Final = 3.0
LEAVE_S: Final = 1.5
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 10.0

_log = logs.Log("pipeline")


class Pipeline:
    """One process's part in a gauge's consumer group.

    Parameters
    ----------
    gauge
        A checked gauge.
    environ
        Where passwords are looked up.
    missing
        Whether missing topics are created.
    patience_s
        How long to try to reach the broker at the start; ``None``: for ever.
    lasting_s
        How long a running worker bears what a person has to mend; see `streams.kafka.troubles`.
    fail
        Told the reason when the pipeline cannot go on.
    make_core
        Makes a partition's learner, for an epoch.
    start
        A saved state to begin the log with (`streams.snapshots.saved`).
    at_work
        Told which record is being folded (`streams.worker.guard`).
    at
        Told where in the protocol this is; for tests of crashes.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        environ: Mapping[str, str],
        missing: topics.Missing,
        patience_s: float | None,
        fail: Callable[[BaseException], None],
        make_core: Callable[[Gauge, int, int], Learner] | None = None,
        at: Callable[[str], None] | None = None,
        start: Path | None = None,
        at_work: MutableSequence[int] | None = None,
        lasting_s: float = LASTING_S,
    ) -> None:
        self.gauge = gauge
        self._environ = environ
        self._settings = client_settings(gauge.connection, environ)
        self._missing = missing
        self._patience_s = patience_s
        self._fail = fail
        self._saved = None if start is None else Saved.read(start, gauge, environ)
        self._make_core = make_core if make_core is not None else partial(_learner, self._saved)
        self._at = at if at is not None else _nowhere
        self._origin = Origin.here(gauge, start="" if self._saved is None else self._saved.digest)
        self._control = Control(gauge, self._settings)
        self._orders = Wave(self._control.read)
        self._maker: Maker | None = None
        self._partitions = 0
        self._max_message_bytes = topics.DEFAULT_MAX_MESSAGE_BYTES
        self._engine: Engine | None = None
        self._watches: list[asyncio.Task[None]] = []
        self._producer = SharedProducer(lambda: idempotent_producer(self._settings))
        self._turns = Turns()
        self._stamps: dict[int, Stamps] = {}
        self._at_work = at_work
        self._troubles = Troubles(fail, lasting_s=lasting_s)
        self._lookout = Lookout(gauge, self._settings, self._troubles, self._in_touch)
        self.shards = Shards(gauge.topics.input, self._make_shard, fail)

    async def start(self) -> None:
        """Connect and begin to read.

        Raises
        ------
        WorkerError
            If the broker stays away too long, refuses, or the topics do not fit.
        """
        try:
            self._maker = state.maker(self._origin, self._environ, self._settings, 0)
        except SnapshotKeyError as error:
            raise SettingsError(str(error)) from error
        partitions = self._partitions = await self._reach_broker()
        self._maker = self._maker._replace(partitions=partitions)
        if self.gauge.delivery == "at-least-once":
            await self._producer.get()
        self._engine = Engine(
            self.gauge, self._settings, self.shards, self._fail, partitions=partitions, troubles=self._troubles
        )
        self._keep(self._lookout.run(), "lookout")
        await self._engine.start()
        self._keep(self._watchdog(self._engine).run(), "watchdog")
        _log.info("engine started", topic=self.gauge.topics.input, partitions=partitions)

    async def finish(self) -> None:
        """Finish the commits at work, leave the group.

        Raises
        ------
        WorkerError
            If not all that is folded could be published; it is disconnected nevertheless.
        """
        try:
            await self.shards.stop(FLUSH_S)
        finally:
            await self._disconnect()

    async def abandon(self) -> None:
        """Stop at once, after a failure: what is not published will be folded again."""
        await self.shards.abandon()
        await self._disconnect()

    def waiting_for(self) -> list[str]:
        """What keeps it from being ready; nothing when every shard came to the end that its log had when assigned.

        Troubles come first, in words; there are no secrets in them.
        """
        troubles = self._troubles.reasons()
        if self.shards.ours is None:
            return [*troubles, "the broker" if self._engine is None else "the first assignment of partitions"]
        return troubles + [
            reason for partition in sorted(self.shards.ours) if (reason := self._missing_of(partition)) is not None
        ]

    def _missing_of(self, partition: int) -> str | None:
        shard, position = self.shards.all[partition], self.position(partition)
        if shard.goal is None:
            return f"partition {partition}: {'restoring its state' if shard.restoring else 'waiting'}"
        if position >= shard.goal:
            return None
        replayed = f", replaying silently to {shard.published}" if position < shard.published else ""
        return f"partition {partition}: at {position} of {shard.goal}{replayed}"

    def position(self, partition: int) -> int:
        """Up to where the log is dealt with: folded, or read and found to hold transaction markers only."""
        folded = self.shards.all[partition].next_offset
        if self._engine is None:
            return folded
        handed_out, consumed = self._engine.handed_out(partition), self._engine.consumed(partition)
        nothing_waits = handed_out is not None and handed_out <= folded
        return max(folded, consumed) if nothing_waits and consumed is not None else folded

    def readings(self) -> Iterable[Reading]:
        """One reading per partition that is ours."""
        for partition in sorted(self.shards.ours or ()):
            shard = self.shards.all[partition]
            position = self.position(partition)
            end = None if self._engine is None else self._engine.end(partition)
            lag = None if end is None else max(end - position, 0)
            # With all outputs out, the transaction markers behind the last record count as dealt with here too.
            published = position if shard.published == shard.next_offset else shard.published
            oddities = shard.oddities()
            yield Reading(
                partition,
                shard.status(),
                position,
                published,
                shard.durable,
                max(shard.published - position, 0),
                lag,
                shard.latency,
                self._stamps[partition].replaced,
                {} if oddities is None else oddities.unknown_fields,
                shard.size,
            )

    async def _reach_broker(self) -> int:
        loop = asyncio.get_running_loop()
        until = None if self._patience_s is None else loop.time() + self._patience_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                partitions = await self._check_topics()
                await self._lookout.first()
                self._troubles.well(BROKER)
                return partitions
            except (KafkaError, BrokerUnreachableError) as error:
                why = await self._absence(error)
                where = ",".join(servers(self.gauge.connection))
                if until is not None and loop.time() >= until:
                    raise BrokerUnreachableError(
                        f"no broker answered at {where} within {self._patience_s} s ({why}); is it running, and "
                        "are connection.bootstrap_servers and connection.security right?"
                    ) from error
                self._troubles.tell(BROKER, why)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _absence(self, error: KafkaError | BrokerUnreachableError) -> BrokerUnreachableError:
        """Why the broker is away, if it is; any other reason is raised: nothing is begun that waiting could save."""
        reason = verdict(error)
        if isinstance(error, KafkaError) and isinstance(reason, BrokerUnreachableError):
            try:
                (await connect(self._settings)).close()
            except WorkerError as found:
                reason = found
        if not isinstance(reason, BrokerUnreachableError):
            raise reason from error
        return reason

    async def _check_topics(self) -> int:
        admin = AIOKafkaAdminClient(**self._settings, client_id="rivergauge-admin")
        try:
            await admin.start()
            partitions = await topics.ensure(admin, self.gauge, self._missing)
            await topics.check_input(admin, self.gauge)
            await self._check_snapshots(admin, partitions)
            self._max_message_bytes = await topics.max_message_bytes(admin, self.gauge.topics.dead_letters)
            return partitions
        finally:
            await admin.close()

    def _watchdog(self, engine: Engine) -> Watchdog:
        async def end(partition: int) -> int:
            with doubted():
                return (await engine.bounds(partition)).end

        return Watchdog(
            partitions=lambda: self.shards.ours or (),
            position=self.position,
            end=end,
            patience_s=self.gauge.server.stalled_after_seconds,
        )

    def _in_touch(self) -> bool:
        return self._engine is not None and self._engine.in_touch()

    def _keep(self, watch: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(watch, name=name)
        task.add_done_callback(self._watch_ended)
        self._watches.append(task)

    def _watch_ended(self, watch: asyncio.Task[None]) -> None:
        if not watch.cancelled() and (reason := watch.exception()) is not None:
            self._fail(reason)

    async def _check_snapshots(self, admin: topics.Admin, partitions: int) -> None:
        wanted = self.gauge.topics
        if self.gauge.snapshots.store != "topic":
            return
        if self._missing is topics.Missing.REFUSE and wanted.snapshots not in await topics.partition_counts(admin):
            raise TopicsError(
                f"topic {wanted.snapshots} for snapshots is missing: create it, compacted, of {partitions} partition(s)"
            )
        factor = wanted.replication_factor
        await ensure_topic(admin, wanted.snapshots, partitions=partitions, replication_factor=factor)

    async def _disconnect(self) -> None:
        for watch in self._watches:
            watch.cancel()
        self._lookout.close()
        if self._engine is not None and not await _within(self._engine.stop(), LEAVE_S):
            _log.warning("engine did not stop in time", patience_s=LEAVE_S)
        await self._producer.stop()
        if self._maker is not None:
            await self._maker.store.close()

    def _make_shard(self, partition: int) -> Shard:
        assert self._engine is not None, "shards are made when the engine has partitions"
        assert self._maker is not None, "and it starts after this"
        gauge = self.gauge
        stamps = self._stamps[partition] = Stamps(partition)
        ledger: Ledger = AtLeastOnce(
            self._producer, partition, stamps, tell=lambda error: self._troubles.tell(outputs_of(partition), error)
        )
        if gauge.delivery == "exactly-once":
            place = TopicPartition(gauge.topics.input, partition)
            ledger = ExactlyOnce.on_kafka(
                self._settings, gauge=gauge.name, group=group_of(gauge), place=place, at=self._at, stamps=stamps
            )
        return make_shard(
            partition,
            maker=self._maker,
            ledger=ledger,
            log=EngineLog(self._engine, gauge, partition, self._control, self._orders, self._origin.digest),
            kind=learning(
                gauge, partition, self._max_message_bytes, lambda epoch: self._make_core(gauge, partition, epoch)
            ),
            at=self._at,
            turns=self._turns,
            at_work=self._at_work,
            report=self._troubles,
        )


def _learner(saved: Saved | None, gauge: Gauge, partition: int, epoch: int) -> Learner:
    learner = Learner(gauge, partition=partition, epoch=epoch, libraries=libraries())
    if saved is not None:
        learner.inherit(saved.learner())
    return learner


def _nowhere(_point: str) -> None:
    """Nobody watches."""


async def _within(awaitable: Awaitable[Any], seconds: float) -> bool:
    """Wait at most so long; whether it was done by then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await awaitable
        return True
    return False
