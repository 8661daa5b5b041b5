"""The worker: wires everything in one place, runs until it is stopped, and ends with a code that means something.

Order of starting: the listener (it answers from the first second), the broker (retried, and said so), the topics, the
engine. Order of stopping: shards finish and publish the slice at work, then the engine leaves the group, then the
producer and the listener close. All of it takes less than five seconds, or is given up.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from models.intake import Decoder
from models.learner import Learner
from schemas.gauge import Gauge
from streams import logs, topics
from streams.app import Engine
from streams.connection import client_settings, servers
from streams.envelope import Envelope
from streams.exit_codes import ExitCode
from streams.failures import (
    BrokerRefusedError,
    BrokerUnreachableError,
    DefectError,
    LogRefusedError,
    WorkerError,
)
from streams.health import Health
from streams.libraries import libraries
from streams.publisher import AtLeastOnce, SharedProducer, idempotent_producer, may_pass
from streams.shard import Core, Shard
from streams.shards import Shards
from streams.telemetry import Reading, Telemetry

FLUSH_S: Final = 2.0
LEAVE_S: Final = 2.0
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 10.0

_log = logs.Log("worker")


class Worker:
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
    make_core
        Makes a partition's learner.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        environ: Mapping[str, str],
        missing: topics.Missing = topics.Missing.CREATE,
        patience_s: float | None = None,
        make_core: Callable[[Gauge, int], Core] | None = None,
    ) -> None:
        self.gauge = gauge
        self._environ = environ
        self._missing = missing
        self._patience_s = patience_s
        self._make_core = make_core or _learner
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._max_message_bytes = topics.DEFAULT_MAX_MESSAGE_BYTES
        self._engine: Engine | None = None
        self._producer: SharedProducer | None = None
        self.shards = Shards(gauge.topics.input, self._make_shard, self.fail)
        self.telemetry = Telemetry(gauge.name, self)
        self.health = Health(
            gauge.server.host, gauge.server.port, waiting_for=self.waiting_for, metrics=self.telemetry.text
        )
        self._was_ready = False

    async def run(self) -> ExitCode:
        """Work until `stop`, or until something ends the worker; the reason is logged."""
        try:
            await self._start()
            await self._stop.wait()
        except Exception as reason:  # noqa: BLE001  # the outermost loop: the reason becomes the exit code
            self.fail(reason)
        _log.info("worker stopping", gauge=self.gauge.name)
        await self._close()
        if self._failure is None:
            _log.info("worker stopped", gauge=self.gauge.name)
            return ExitCode.OK
        error = classify(self._failure)
        defect = error.exit_code is ExitCode.DEFECT
        _log.error(
            "worker failed",
            cause=self._failure if defect else None,
            gauge=self.gauge.name,
            exit_code=int(error.exit_code),
            reason=error,
        )
        return error.exit_code

    def stop(self) -> None:
        """Ask the worker to finish."""
        self._stop.set()

    def fail(self, reason: BaseException) -> None:
        """End the worker; the first reason counts."""
        if self._failure is None and not (self._stop.is_set() and not isinstance(reason, WorkerError)):
            self._failure = reason
        self._stop.set()

    def waiting_for(self) -> list[str]:
        """What keeps the worker from being ready."""
        if self._failure is not None:
            return [f"stopping: {classify(self._failure)}"]
        if self._stop.is_set():
            return ["stopping"]
        goals = self.shards.goals
        if goals is None:
            return ["the broker" if self._engine is None else "the first assignment of partitions"]
        waiting = []
        for partition, goal in sorted(goals.items()):
            position = self.position(partition)
            if position < goal:
                waiting.append(f"partition {partition}: at {position} of {goal}")
        return waiting

    def is_ready(self) -> bool:
        """Whether nothing is waited for."""
        return not self.waiting_for()

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
            yield Reading(partition, shard.core.summary(), position, lag, shard.latency)

    # -- starting and stopping ----------------------------------------------------------------------------------------

    async def _start(self) -> None:
        await self.health.start()
        _log.info("worker started", gauge=self.gauge.name, digest=self.gauge.digest, port=self.health.port)
        settings = client_settings(self.gauge.connection, self._environ)
        partitions = await self._reach_broker(settings)
        if partitions is None:
            return
        self._producer = SharedProducer(lambda: idempotent_producer(settings))
        self._engine = Engine(self.gauge, settings, self.shards, self.fail)
        await self._producer.get()
        await self._engine.start()
        _log.info("engine started", topic=self.gauge.topics.input, partitions=partitions)

    async def _reach_broker(self, settings: dict[str, Any]) -> int | None:
        """Try until the broker answers and the topics stand; None if asked to stop meanwhile."""
        loop = asyncio.get_running_loop()
        until = None if self._patience_s is None else loop.time() + self._patience_s
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                return await self._check_topics(settings)
            except KafkaError as error:
                if not may_pass(error):
                    raise
                where = ",".join(servers(self.gauge.connection))
                if until is not None and loop.time() >= until:
                    raise BrokerUnreachableError(
                        f"no broker answered at {where} within {self._patience_s} s ({error}); is it running, and is "
                        "connection.bootstrap_servers right?"
                    ) from error
                _log.warning("broker unreachable, trying again", servers=where, pause_s=pause, why=repr(error))
            await _within(self._stop.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
        return None

    async def _check_topics(self, settings: dict[str, Any]) -> int:
        admin = AIOKafkaAdminClient(**settings, client_id="rivergauge-admin")
        try:
            await admin.start()
            partitions = await topics.ensure(admin, self.gauge, self._missing)
            self._max_message_bytes = await topics.max_message_bytes(admin, self.gauge.topics.dead_letters)
            return partitions
        finally:
            await admin.close()

    async def _close(self) -> None:
        if self._failure is None:
            await self.shards.stop(FLUSH_S)
        else:
            await self.shards.abandon()
        if self._engine is not None and not await _within(self._engine.stop(), LEAVE_S):
            _log.warning("engine did not stop in time", patience_s=LEAVE_S)
        if self._producer is not None:
            await self._producer.stop()
        await self.health.stop()

    def _make_shard(self, partition: int) -> Shard:
        assert self._producer is not None
        return Shard(
            partition,
            core=self._make_core(self.gauge, partition),
            decoder=Decoder(self.gauge),
            envelope=Envelope(self.gauge, partition, self._max_message_bytes),
            publisher=AtLeastOnce(self._producer, partition),
        )


def classify(reason: BaseException) -> WorkerError:
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


async def _serve(worker: Worker) -> ExitCode:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    return await worker.run()


def run(
    gauge: Gauge,
    *,
    missing: topics.Missing = topics.Missing.CREATE,
    patience_s: float | None = None,
    environ: Mapping[str, str] = os.environ,
) -> ExitCode:
    """Run one worker in this process until SIGTERM or SIGINT; what it returns is the process's exit code."""

    async def main() -> ExitCode:
        return await _serve(Worker(gauge, environ=environ, missing=missing, patience_s=patience_s))

    return asyncio.run(main())


def _learner(gauge: Gauge, partition: int) -> Core:
    return Learner(gauge, partition=partition, libraries=libraries())


async def _within(awaitable: Awaitable[Any], seconds: float) -> bool:
    """Wait at most so long; whether it was done by then."""
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        return False
    return True
