"""Everything between the input topic and the output topics, wired in one place.

Order of starting: the broker (retried, and said so), the topics, the producer, the engine. Order of stopping: shards
finish and publish the slice at work, the engine leaves the group, the producer closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError, OffsetOutOfRangeError

from models.intake import Decoder
from models.learner import Learner
from schemas.gauge import Gauge
from streams import logs, topics
from streams.app import Engine
from streams.connection import client_settings, servers
from streams.envelope import Envelope
from streams.failures import BrokerRefusedError, BrokerUnreachableError, DefectError, LogRefusedError, WorkerError
from streams.libraries import libraries
from streams.publisher import AtLeastOnce, SharedProducer, idempotent_producer, may_pass
from streams.refusal import refusal
from streams.shard import Core, Shard
from streams.shards import Shards
from streams.telemetry import Reading

FLUSH_S: Final = 2.0
LEAVE_S: Final = 2.0
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
    fail
        Told the reason when the pipeline cannot go on.
    make_core
        Makes a partition's learner.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        environ: Mapping[str, str],
        missing: topics.Missing,
        patience_s: float | None,
        fail: Callable[[BaseException], None],
        make_core: Callable[[Gauge, int], Core] | None = None,
    ) -> None:
        self.gauge = gauge
        self._settings = client_settings(gauge.connection, environ)
        self._missing = missing
        self._patience_s = patience_s
        self._fail = fail
        self._make_core = make_core if make_core is not None else _learner
        self._max_message_bytes = topics.DEFAULT_MAX_MESSAGE_BYTES
        self._engine: Engine | None = None
        self._producer = SharedProducer(lambda: idempotent_producer(self._settings))
        self.shards = Shards(gauge.topics.input, self._make_shard, fail)

    async def start(self) -> None:
        """Connect and begin to read.

        Raises
        ------
        WorkerError
            If the broker stays away too long, refuses, or the topics do not fit.
        """
        partitions = await self._reach_broker()
        await self._producer.get()
        self._engine = Engine(self.gauge, self._settings, self.shards, self._fail)
        await self._engine.start()
        _log.info("engine started", topic=self.gauge.topics.input, partitions=partitions)

    async def finish(self) -> None:
        """Finish the slices at work, publish them, leave the group.

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
        """What keeps it from being ready; nothing when every shard came to the end that its log had when assigned."""
        goals = self.shards.goals
        if goals is None:
            return ["the broker" if self._engine is None else "the first assignment of partitions"]
        return [
            f"partition {partition}: at {self.position(partition)} of {goal}"
            for partition, goal in sorted(goals.items())
            if self.position(partition) < goal
        ]

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
        for partition in sorted(self.shards.goals or ()):
            shard = self.shards.all[partition]
            position = self.position(partition)
            end = None if self._engine is None else self._engine.end(partition)
            lag = None if end is None else max(end - position, 0)
            # With all outputs out, the transaction markers behind the last record count as dealt with here too.
            published = position if shard.published == shard.next_offset else shard.published
            yield Reading(partition, shard.core.summary(), position, published, lag, shard.latency)

    async def _reach_broker(self) -> int:
        loop = asyncio.get_running_loop()
        until = None if self._patience_s is None else loop.time() + self._patience_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await self._check_topics()
            except KafkaError as error:
                if not may_pass(error):
                    raise
                if isinstance(error, KafkaConnectionError) and (refused := await refusal(self._settings)) is not None:
                    raise refused from error
                where = ",".join(servers(self.gauge.connection))
                if until is not None and loop.time() >= until:
                    raise BrokerUnreachableError(
                        f"no broker answered at {where} within {self._patience_s} s ({error}); is it running, and "
                        "are connection.bootstrap_servers and connection.security right?"
                    ) from error
                _log.warning("broker unreachable, trying again", servers=where, pause_s=pause, why=repr(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _check_topics(self) -> int:
        admin = AIOKafkaAdminClient(**self._settings, client_id="rivergauge-admin")
        try:
            await admin.start()
            partitions = await topics.ensure(admin, self.gauge, self._missing)
            self._max_message_bytes = await topics.max_message_bytes(admin, self.gauge.topics.dead_letters)
            return partitions
        finally:
            await admin.close()

    async def _disconnect(self) -> None:
        if self._engine is not None and not await _within(self._engine.stop(), LEAVE_S):
            _log.warning("engine did not stop in time", patience_s=LEAVE_S)
        await self._producer.stop()

    def _make_shard(self, partition: int) -> Shard:
        return Shard(
            partition,
            core=self._make_core(self.gauge, partition),
            decoder=Decoder(self.gauge),
            envelope=Envelope(self.gauge, partition, self._max_message_bytes),
            publisher=AtLeastOnce(self._producer, partition),
        )


def verdict(reason: BaseException) -> WorkerError:
    """Give any reason the exit code that tells an operator what to do."""
    if isinstance(reason, WorkerError):
        return reason
    if isinstance(reason, OffsetOutOfRangeError):
        return LogRefusedError(
            f"the log was truncated or made anew while it was read: {reason}; give the topic unlimited retention"
        )
    if isinstance(reason, KafkaError) and may_pass(reason):
        return BrokerUnreachableError(f"the broker went away: {reason!r}")
    if isinstance(reason, KafkaError):
        return BrokerRefusedError(f"the broker refused: {reason!r}")
    if isinstance(reason, TimeoutError):
        return BrokerUnreachableError("the broker did not answer in time during a rebalance")
    return DefectError(f"{type(reason).__name__}: {reason}")


def _learner(gauge: Gauge, partition: int) -> Core:
    return Learner(gauge, partition=partition, libraries=libraries())


async def _within(awaitable: Awaitable[Any], seconds: float) -> bool:
    """Wait at most so long; whether it was done by then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await awaitable
        return True
    return False
