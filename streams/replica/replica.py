"""The work of a replica's process: a copy of every partition's state, and what answers from them.

It is in no consumer group, commits nothing and writes nowhere, so there may be as many as there is to answer. A broker
or a store that is away is waited for; meanwhile states grow old, and in the end are not answered from.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, MutableSequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from models.learner import Learner
from schemas.gauge import Gauge
from streams.here import logs
from streams.here.failures import BrokerUnreachableError, LogRefusedError, SettingsError, TopicsError, WorkerError
from streams.here.libraries import libraries
from streams.http.health import Service
from streams.http.metrics.catalogue import Reading
from streams.http.outputs import Outputs
from streams.http.scores.scorer import BEHIND, Scorer
from streams.kafka.admin import administering
from streams.kafka.cancelled import not_cancelled
from streams.kafka.client_errors import as_worker_error
from streams.kafka.connection import client_settings
from streams.kafka.topic_table import DEFAULT_MAX_MESSAGE_BYTES
from streams.kafka.topics import partition_counts
from streams.orders.control import Control
from streams.orders.orders import Order
from streams.page.live import Folded, LivePage, Stand
from streams.partition.fit import Fit
from streams.partition.latency import Latency
from streams.partition.learning import first_learner, learning
from streams.replica.copy import Copy
from streams.replica.kept import Kept
from streams.replica.read_only import ReadOnly
from streams.replica.reader import Reader
from streams.snapshots import state
from streams.snapshots.failures import SnapshotKeyError
from streams.snapshots.keys import shared_key
from streams.snapshots.origin import Origin
from streams.snapshots.saved import Saved

LOOK_S: Final = 2.0
"""How often orders and snapshots are looked at."""
ENDS_S: Final = 1.0
"""How often the broker is asked where the log ends."""
PAUSE_S: Final = 2.0
"""How long to wait before a broker that failed us is asked again."""
LEAVE_S: Final = 1.5

_log = logs.Log("replica")


class Replica:
    """What answers in a process of ``rivergauge serve``; see `streams.worker.worker.Work`.

    Parameters
    ----------
    gauge
        A checked gauge.
    environ
        Where passwords and keys are looked up.
    fail
        Told the reason when it cannot go on.
    start
        The saved state that the workers' logs began with (``run --from``), if any.
    at_work
        Told which record is being folded (`streams.worker.guard`).
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        environ: Mapping[str, str],
        fail: Callable[[BaseException], None],
        start: Path | None = None,
        at_work: MutableSequence[int] | None = None,
    ) -> None:
        self.gauge = gauge
        self.copies: dict[int, Copy] = {}
        self.service: Service | None = None
        self._environ = environ
        self._fail = fail
        self._at_work = at_work
        self._settings = client_settings(gauge.connection, environ)
        self._saved = None if start is None else Saved.read(start, gauge, environ)
        self._origin = Origin.here(gauge, start="" if self._saved is None else self._saved.digest)
        self._control = Control(gauge, self._settings)
        self._store = state.followed(gauge, environ, self._settings)
        self._outputs = Outputs(gauge, self._settings)
        folded = Folded(lambda: self.copies, self.waiting_for, self._stand)
        self._page = LivePage(gauge, self._outputs.view, folded=folded)
        self.trouble: WorkerError | None = None
        """What keeps it from following now."""
        self._given: list[Order] | None = None
        self._ordered_to: Mapping[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow.

        Raises
        ------
        SettingsError
            If there is no key for a store that several can write to.
        """
        if self.gauge.snapshots.store == "topic":
            try:
                shared_key(self._environ)
            except SnapshotKeyError as error:
                raise SettingsError(str(error)) from error
        self._task = asyncio.create_task(self._run(), name="replica")
        self._task.add_done_callback(self._ended)

    async def finish(self) -> None:
        """Disconnect; there is nothing to bring to an end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=LEAVE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await asyncio.gather(self._page.close(), self._outputs.close(), self._store.close())

    async def abandon(self) -> None:
        """See `finish`."""
        await self.finish()

    def waiting_for(self) -> list[str]:
        """What keeps it from being ready: nothing when every partition answers, and has caught up since the start.

        A broker that is away is no reason as long as states are young enough to answer from.
        """
        why = [] if self.trouble is None else [str(self.trouble)]
        if not self.copies:
            return why or ["the broker"]
        missing = ((partition, copy.missing()) for partition, copy in self.copies.items())
        found = [f"partition {partition}: {reason}" for partition, reason in missing if reason is not None]
        return [*why, *found] if found else []

    def readings(self) -> Iterable[Reading]:
        """How each partition's state stands."""
        for partition, copy in list(self.copies.items()):
            position = copy.position
            yield Reading(
                partition, copy.status(), position, position, copy.durable, 0, copy.lag, Latency(), size=copy.size
            )

    def measured(self) -> Iterable[Reading]:
        """The same without figures, which the workers' metrics have: nobody is to count them twice."""
        return (reading._replace(status=None) for reading in self.readings())

    async def _run(self) -> None:
        while True:
            try:
                with not_cancelled():
                    await self._follow()
            except (KafkaError, OSError, TimeoutError, WorkerError) as error:
                reason = as_worker_error(error)
                if isinstance(reason, LogRefusedError) and self.copies:
                    raise
                if str(reason) != str(self.trouble):
                    _log.warning("cannot follow", reason=reason, pause_s=PAUSE_S)
                self.trouble = reason
            await asyncio.sleep(PAUSE_S)

    async def _follow(self) -> None:
        """Follow until the broker fails us."""
        partitions = await self._partitions()
        if not self.copies:
            self._begin(partitions)
        if len(self.copies) != partitions:
            raise LogRefusedError(
                f"input topic {self.gauge.topics.input} had {len(self.copies)} partitions, and has {partitions} now: "
                "keys moved between them; make a new topic, or start over with rivergauge reset"
            )
        reader = Reader(self.gauge.topics.input, partitions, self._settings)
        asking: asyncio.Task[None] | None = None
        try:
            await reader.start()
            asking = asyncio.create_task(self._ask_for_ends(reader), name="ends")
            for copy in self.copies.values():
                copy.resume(reader)
            look = 0.0
            while True:
                if monotonic() >= look:
                    await self._look(reader)
                    self.trouble, look = None, monotonic() + LOOK_S
                await self._turn(reader)
        finally:
            if asking is not None:
                asking.cancel()
            await reader.stop()

    async def _look(self, reader: Reader) -> None:
        topics = self.gauge.topics
        ordered_to = await reader.ends_of(topics.control, 1)
        if self._given is None or ordered_to != self._ordered_to:
            self._given = await self._control.read()
            self._ordered_to = ordered_to
        kept_to: Mapping[int, int] = {}
        if self.gauge.snapshots.store == "topic":
            kept_to = await reader.ends_of(topics.snapshots, len(self.copies))
        for partition, copy in self.copies.items():
            await copy.look(self._given, reader, kept_to=kept_to.get(partition))

    async def _turn(self, reader: Reader) -> None:
        try:
            chunks = await reader.read()
        except OffsetOutOfRangeError as error:
            for place in error.args[0]:
                self.copies[place.partition].lost(reader)
            return
        for chunk in chunks:
            await self.copies[chunk.partition].take(chunk, reader)
        for partition in reader.reading:
            copy, end = self.copies[partition], reader.end(partition)
            copy.read_to(await reader.position(partition))
            if end is not None:
                copy.reach.heard(end)

    async def _ask_for_ends(self, reader: Reader) -> None:
        while True:
            # An end that is not known grows old, and with it the states.
            with suppress(KafkaError, TimeoutError, BrokerUnreachableError), not_cancelled():
                for partition, end in (await reader.ends()).items():
                    self.copies[partition].reach.saw(end)
            await asyncio.sleep(ENDS_S)

    async def _partitions(self) -> int:
        async with administering(self._settings, "rivergauge-replica") as admin:
            counts = await partition_counts(admin)
        if self.gauge.topics.input not in counts:
            raise TopicsError(f"input topic {self.gauge.topics.input} does not exist yet; rivergauge run makes it")
        return counts[self.gauge.topics.input]

    def _begin(self, partitions: int) -> None:
        self.copies = {partition: self._copy(partition, partitions) for partition in range(partitions)}
        scorer = Scorer(
            self.gauge,
            partitions=partitions,
            cores=self._cores,
            lag=lambda partition: self.copies[partition].lag,
            as_of=lambda partition: self.copies[partition].as_of,
            refusal=lambda partition: self.copies[partition].refusal(),
            behind=BEHIND if self.gauge.serve.follow == "log" else sys.maxsize,
        )
        self.service = Service(scorer, self._outputs, ReadOnly(), self._page, ReadOnly())

    def _copy(self, partition: int, partitions: int) -> Copy:
        gauge = self.gauge
        fit = Fit(f"{gauge.topics.input}/{partition}", partitions, self._origin)
        kind = learning(
            gauge,
            partition,
            DEFAULT_MAX_MESSAGE_BYTES,
            partial(first_learner, self._saved, gauge, partition),
            libraries=libraries(),
        )
        key = partial(state.key, gauge, self._environ)
        kept = Kept(partition, store=self._store, key=key, fit=fit, kind=kind)
        return Copy(gauge, partition, origin=self._origin.digest, kept=kept, fit=fit, kind=kind, at_work=self._at_work)

    def _cores(self) -> dict[int, Learner]:
        return {
            partition: copy.core
            for partition, copy in self.copies.items()
            if copy.core is not None and copy.refusal() is None
        }

    def _stand(self, partition: int) -> Stand:
        copy = self.copies[partition]
        why = copy.missing()
        return Stand(copy.status(), copy.newest_ms, copy.lag, () if why is None else (f"partition {partition}: {why}",))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (reason := task.exception()) is not None:
            self._fail(reason)
