"""What a worker stands on before it starts: a broker that answers, and topics that fit the gauge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from aiokafka.errors import KafkaError

from schemas.gauge import Gauge
from streams.here.failures import BrokerUnreachableError, TopicsError, WorkerError
from streams.kafka import topics
from streams.kafka.admin import administering
from streams.kafka.client_errors import as_worker_error
from streams.kafka.connection import servers
from streams.kafka.lookout import BROKER
from streams.kafka.refusal import connect
from streams.kafka.troubles import Troubles
from streams.snapshots.stores.topic import ensure_topic

FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 10.0


class Ground(NamedTuple):
    """How many partitions the input has, and how large a dead letter may be."""

    partitions: int
    max_message_bytes: int


class Groundwork:
    """Waits for the broker, and has the topics checked or made.

    Parameters
    ----------
    gauge, settings
        What is needed, and how the broker is reached.
    missing
        Whether missing topics are created.
    patience_s
        How long to try; ``None``: for ever.
    first
        Asks the broker, as the worker will later, whether all that is needed is allowed.
    troubles
        Told why the broker does not answer.
    """

    def __init__(
        self,
        gauge: Gauge,
        settings: Mapping[str, Any],
        *,
        missing: topics.Missing,
        patience_s: float | None,
        first: Callable[[], Awaitable[None]],
        troubles: Troubles,
    ) -> None:
        self._gauge = gauge
        self._settings = settings
        self._missing = missing
        self._patience_s = patience_s
        self._first = first
        self._troubles = troubles

    async def lay(self) -> Ground:
        """Try until the broker answers.

        Raises
        ------
        WorkerError
            If it stays away too long, refuses, or the topics do not fit.
        """
        loop = asyncio.get_running_loop()
        until = None if self._patience_s is None else loop.time() + self._patience_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                ground = await self._check_topics()
                await self._first()
                self._troubles.well(BROKER)
                return ground
            except (KafkaError, BrokerUnreachableError) as error:
                why = await self._absence(error)
                where = ",".join(servers(self._gauge.connection))
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
        reason = as_worker_error(error)
        if isinstance(error, KafkaError) and isinstance(reason, BrokerUnreachableError):
            try:
                (await connect(self._settings)).close()
            except WorkerError as found:
                reason = found
        if not isinstance(reason, BrokerUnreachableError):
            raise reason from error
        return reason

    async def _check_topics(self) -> Ground:
        async with administering(self._settings) as admin:
            partitions = await topics.ensure(admin, self._gauge, self._missing)
            await topics.check_input(admin, self._gauge)
            await self._check_snapshots(admin, partitions)
            return Ground(partitions, await topics.max_message_bytes(admin, self._gauge.topics.dead_letters))

    async def _check_snapshots(self, admin: topics.Admin, partitions: int) -> None:
        wanted = self._gauge.topics
        if self._gauge.snapshots.store != "topic":
            return
        if self._missing is topics.Missing.REFUSE and wanted.snapshots not in await topics.partition_counts(admin):
            raise TopicsError(
                f"topic {wanted.snapshots} for snapshots is missing: create it, compacted, of {partitions} partition(s)"
            )
        factor = wanted.replication_factor
        await ensure_topic(admin, wanted.snapshots, partitions=partitions, replication_factor=factor)
