"""Everything between the input topic and the output topics, wired in one place.

Order of starting: the broker and the topics (`streams.worker.groundwork`), the producer, the engine. Order of stopping:
the shards finish the commit at work, the engine leaves the group, the producer closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, MutableSequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiokafka.structs import TopicPartition

from models.learner import Learner
from schemas.gauge import Gauge
from streams.delivery.at_least_once import AtLeastOnce, SharedProducer, idempotent_producer
from streams.delivery.exactly_once import ExactlyOnce
from streams.delivery.ledger import Ledger
from streams.delivery.stamps import Stamps
from streams.engine.engine import Engine
from streams.here import logs
from streams.here.failures import SettingsError
from streams.here.libraries import libraries
from streams.http.commanding import Commanding
from streams.http.health import Service
from streams.http.metrics.catalogue import Reading
from streams.http.outputs import Outputs
from streams.http.scores.scorer import Scorer
from streams.http.sending import Sending
from streams.kafka import topics
from streams.kafka.connection import client_settings
from streams.kafka.group import group_of
from streams.kafka.lookout import Lookout
from streams.kafka.troubles import LASTING_S, Troubles
from streams.orders.control import Control
from streams.page.live import Folded, LivePage
from streams.partition.engine_log import EngineLog, doubted
from streams.partition.learning import first_learner, learning
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
from streams.worker.groundwork import Ground, Groundwork
from streams.worker.progress import Progress

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
        self._fail = fail
        self._saved = None if start is None else Saved.read(start, gauge, environ)
        self._make_core = make_core if make_core is not None else partial(first_learner, self._saved)
        self._at = at if at is not None else _nowhere
        self._origin = Origin.here(gauge, start="" if self._saved is None else self._saved.digest)
        self._control = Control(gauge, self._settings)
        self._orders = Wave(self._control.read)
        self._maker: Maker | None = None
        self._ground: Ground | None = None
        self._engine: Engine | None = None
        self._watches: list[asyncio.Task[None]] = []
        self._producer = SharedProducer(lambda: idempotent_producer(self._settings))
        self._turns = Turns()
        self._stamps: dict[int, Stamps] = {}
        self._at_work = at_work
        self._troubles = Troubles(fail, lasting_s=lasting_s)
        self._lookout = Lookout(gauge, self._settings, self._troubles, self._in_touch)
        self.shards = Shards(gauge.topics.input, self._make_shard, fail)
        self.progress = Progress(self.shards, self._stamps, self._troubles)
        self.service: Service | None = None
        self._outputs: Outputs | None = None
        self._sending: Sending | None = None
        self._page: LivePage | None = None
        self._groundwork = Groundwork(
            gauge,
            self._settings,
            missing=missing,
            patience_s=patience_s,
            first=self._lookout.first,
            troubles=self._troubles,
        )

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
        self._ground = await self._groundwork.lay()
        partitions = self._ground.partitions
        self._maker = self._maker._replace(partitions=partitions)
        if self.gauge.delivery == "at-least-once":
            await self._producer.get()
        self._engine = self.progress.engine = Engine(
            self.gauge, self._settings, self.shards, self._fail, partitions=partitions, troubles=self._troubles
        )
        self._keep(self._lookout.run(), "lookout")
        await self._engine.start()
        self._keep(self._watchdog(self._engine).run(), "watchdog")
        scorer = Scorer(self.gauge, partitions=partitions, cores=self.progress.learners, lag=self.progress.lag)
        self._outputs = Outputs(self.gauge, self._settings)
        self._sending = Sending(self.gauge, self._settings, scorer)
        folded = Folded(self.progress.ours, self.progress.waiting_for, self.progress.stand)
        self._page = LivePage(self.gauge, self._outputs.view, folded=folded)
        commanding = Commanding(self.gauge, self._settings)
        self.service = Service(scorer, self._outputs, self._sending, self._page, commanding)
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
        """See `streams.worker.progress.Progress`."""
        return self.progress.waiting_for()

    def readings(self) -> Iterable[Reading]:
        """See `streams.worker.progress.Progress`."""
        return self.progress.readings()

    def measured(self) -> Iterable[Reading]:
        """See `streams.worker.worker.Work`."""
        return self.readings()

    def _watchdog(self, engine: Engine) -> Watchdog:
        async def end(partition: int) -> int:
            with doubted():
                return (await engine.bounds(partition)).end

        return Watchdog(
            partitions=lambda: self.shards.ours or (),
            position=self.progress.position,
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

    async def _disconnect(self) -> None:
        for watch in self._watches:
            watch.cancel()
        self._lookout.close()
        clients = [one.close() for one in (self._page, self._outputs, self._sending) if one is not None]
        leaving = asyncio.ensure_future(_within(asyncio.gather(*clients), LEAVE_S))
        if self._engine is not None and not await _within(self._engine.stop(), LEAVE_S):
            _log.warning("engine did not stop in time", patience_s=LEAVE_S)
        await leaving
        await self._producer.stop()
        if self._maker is not None:
            await self._maker.store.close()

    def _make_shard(self, partition: int) -> Shard:
        assert self._engine is not None, "shards are made when the engine has partitions"
        assert self._maker is not None, "and it starts after this"
        assert self._ground is not None, "and after that"
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
                gauge,
                partition,
                self._ground.max_message_bytes,
                lambda epoch: self._make_core(gauge, partition, epoch),
                libraries=libraries(),
            ),
            at=self._at,
            turns=self._turns,
            at_work=self._at_work,
            report=self._troubles,
        )


def _nowhere(_point: str) -> None:
    """Nobody watches."""


async def _within(awaitable: Awaitable[Any], seconds: float) -> bool:
    """Wait at most so long; whether it was done by then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await awaitable
        return True
    return False
