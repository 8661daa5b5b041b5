"""One partition's log as the engine and the control topic have it; what passes is a doubt, not a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError

from schemas.gauge import Gauge
from streams.engine.chunk import Bounds
from streams.engine.engine import Engine
from streams.here.failures import DoubtError
from streams.kafka.client_errors import is_final
from streams.kafka.error_words import words_of
from streams.orders.control import Control
from streams.orders.orders import Order, Orders, last_reset, orders_of
from streams.partition.wave import Wave


class EngineLog:
    """A `streams.partition.log.PartitionLog`.

    Parameters
    ----------
    engine
        Whose consumer reads it.
    gauge, partition
        Whose log it is.
    control, given
        Where orders are kept, and what all partitions of a worker read of it together.
    origin
        What runs here (`streams.snapshots.origin`).
    """

    def __init__(
        self, engine: Engine, gauge: Gauge, partition: int, control: Control, given: Wave[list[Order]], origin: str
    ) -> None:
        self._engine = engine
        self._origin = origin
        self._gauge = gauge
        self._partition = partition
        self._control = control
        self._given = given

    async def bounds(self) -> Bounds:
        """See `streams.partition.log.Feed`."""
        with doubted():
            return await self._engine.bounds(self._partition)

    async def seek(self, offset: int) -> None:
        """See `streams.partition.log.Feed`."""
        self._engine.seek(self._partition, offset)

    async def has_outputs(self) -> bool:
        """See `streams.partition.log.History`."""
        with doubted():
            for topic in (self._gauge.topics.predictions, self._gauge.topics.dead_letters):
                if await self._engine.has_records(topic, self._partition):
                    return True
            return False

    async def orders(self) -> Orders:
        """See `streams.partition.log.History`."""
        with doubted():
            return orders_of(await self._given.read(), self._partition, self._origin)

    async def begin(self, epoch: int, offset: int) -> None:
        """See `streams.partition.log.History`."""
        with doubted():
            given = last_reset(await self._given.read(), self._partition)
            await self._control.keep(given.model_copy(update={"epoch": epoch, "begin": offset}))


@contextmanager
def doubted() -> Iterator[None]:
    """A broker that does not answer now, or not us, may do so later."""
    try:
        yield
    except (KafkaError, TimeoutError) as error:
        if isinstance(error, KafkaError) and is_final(error):
            raise
        raise DoubtError(f"the broker does not answer: {words_of(error)}") from error
