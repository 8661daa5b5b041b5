"""Publishing at least once: record batches, each acknowledged before the next, through one idempotent producer.

When the broker does not answer, the same batch is sent again, for as long as it takes; should the producer have to be
replaced, its records may be on the topic twice, with the same ids. A producer that failed is never used again: what it
still holds would come out later. Nothing shuts out an older owner, and no mark is kept: a partition continues from
its newest snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidTimestampError, KafkaError

from streams.delivery.envelope import Output
from streams.delivery.ledger import Mark
from streams.delivery.producer import BATCH_BYTES, REQUEST_TIMEOUT_MS, BatchProducer, send, stop
from streams.delivery.stamps import Stamps
from streams.here.failures import BrokerRefusedError
from streams.here.logs import Log
from streams.kafka.client_errors import is_final
from streams.kafka.error_words import words_of

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0

_log = Log("delivery")


def idempotent_producer(settings: dict[str, Any]) -> AIOKafkaProducer:
    """Make, but do not start, the producer used for at-least-once delivery."""
    return AIOKafkaProducer(
        **settings,
        client_id="rivergauge-producer",
        enable_idempotence=True,
        acks="all",
        max_batch_size=BATCH_BYTES,
        linger_ms=0,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=50,
    )


class SharedProducer:
    """The worker's producer, replaced whole when it fails."""

    def __init__(self, make: Callable[[], BatchProducer]) -> None:
        self._make = make
        self._producer: BatchProducer | None = None
        self._changing = asyncio.Lock()

    async def get(self) -> BatchProducer:
        """The running producer, started if there is none."""
        async with self._changing:
            if self._producer is None:
                producer = self._make()
                try:
                    await producer.start()
                except BaseException:
                    await stop(producer)
                    raise
                self._producer = producer
            return self._producer

    async def discard(self, failed: BatchProducer) -> None:
        """Drop ``failed``, unless another shard has done so already."""
        async with self._changing:
            if self._producer is failed:
                self._producer = None
                await stop(failed)

    async def stop(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await stop(producer)


class AtLeastOnce:
    """Publishes the outputs of one input partition to the same partition of the output topics. A `Ledger`.

    ``tell`` is called with each failure after which it tries again.
    """

    transactional: ClassVar[bool] = False

    def __init__(
        self,
        producer: SharedProducer,
        partition: int,
        stamps: Stamps | None = None,
        *,
        tell: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        self._shared = producer
        self._partition = partition
        self._stamps = Stamps(partition) if stamps is None else stamps
        self._tell = tell

    async def open(self) -> Mark | None:
        """Nothing is shut out and nothing is kept."""
        return None

    async def read(self) -> Mark | None:
        """Nothing is kept."""
        return None

    async def commit(self, outputs: Sequence[Output], mark: Mark) -> None:
        """Publish and wait for every acknowledgement; try again as long as the broker may come back.

        Raises
        ------
        BrokerRefusedError
            If the broker answers that it will not take these records.
        """
        if not outputs:
            return None
        pause = FIRST_PAUSE_S
        while True:
            producer: BatchProducer | None = None
            try:
                producer = await self._shared.get()
                dated = self._stamps.dated(outputs)
                await send(producer, self._partition, dated)
                return self._stamps.published(outputs, dated)
            except KafkaError as error:
                redated = isinstance(error, InvalidTimestampError) and self._stamps.relax()
                if not redated and is_final(error):
                    raise BrokerRefusedError(
                        f"the broker refused outputs of partition {self._partition} below {mark.published}: "
                        f"{words_of(error)}"
                    ) from error
                _log.warning("publish failed, trying again", partition=self._partition, pause_s=pause, why=repr(error))
                if not redated:  # that is answered already, and no trouble
                    self._tell(error)
            if producer is not None:
                await self._shared.discard(producer)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def close(self) -> None:
        """The producer is the worker's, not this partition's."""
