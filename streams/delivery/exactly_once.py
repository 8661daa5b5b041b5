"""Exactly once: outputs and the group's commit in one Kafka transaction, one producer per input partition.

The transactional id is made of gauge, topic and partition, so whoever starts the producer last is the owner, and every
other is fenced (the transactions of aiokafka know no group generations). What is read after that is the truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, NoReturn, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation, InvalidProducerEpoch, InvalidTimestampError, KafkaError, ProducerFenced
from aiokafka.producer import sender
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from streams.delivery.envelope import Output
from streams.delivery.ledger import Mark
from streams.delivery.producer import BATCH_BYTES, REQUEST_TIMEOUT_MS, send, stop
from streams.delivery.stamps import Stamps
from streams.here.failures import BrokerRefusedError, DoubtError, FencedError, MarkRefusedError
from streams.kafka.admin import administering
from streams.kafka.client_errors import is_final
from streams.kafka.error_words import words_of

TRANSACTION_TIMEOUT_MS: Final = 15_000
"""The broker aborts a transaction that is open longer: no reader of committed records waits for a dead worker."""

MARKERS_S: Final = 0.002
"""What a commit waits for the transaction's markers, which the broker writes after its answer: readers see the outputs
only then, and a transaction begun before is refused. A broker of one node takes about a millisecond."""

REFUSED_S: Final = 0.005
"""What aiokafka is made to wait when the partitions of one are refused so. Its own 20 ms made 2 ms into 23."""

RETRY_BACKOFF_MS: Final = 10
"""Before any other request is tried again."""

OPEN_S: Final = 30.0
COMMIT_S: Final = 30.0
READ_S: Final = 20.0


def transactional_id(gauge: str, topic: str, partition: int) -> str:
    """By which a partition's owners shut each other out.

    Joined by what no name of a gauge or topic may hold: with hyphens, ``shop`` on ``eu-orders`` and ``shop-eu`` on
    ``orders`` shut each other out.

    >>> transactional_id("shop", "eu-orders", 0)
    'rivergauge-shop/eu-orders/0'
    """
    return f"rivergauge-{gauge}/{topic}/{partition}"


def transactional_producer(settings: Mapping[str, Any], transactional_id: str) -> AIOKafkaProducer:
    """Make, but do not start, the producer of one partition."""
    sender.BACKOFF_OVERRIDE = REFUSED_S  # for all of the process; there is no setting for it (aiokafka 0.14)
    return AIOKafkaProducer(
        **settings,
        client_id="rivergauge-producer",
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        max_batch_size=BATCH_BYTES,
        linger_ms=0,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )


async def committed(settings: Mapping[str, Any], group: str, place: TopicPartition) -> OffsetAndMetadata | None:
    """A group's committed offset and metadata; read until two reads agree."""
    async with administering(settings) as admin:
        before: object = admin
        while True:
            found = (await admin.list_consumer_group_offsets(group, partitions=[place])).get(place)
            if found == before:
                return None if found is None or found.offset < 0 else found
            before = found


class ExactlyOnce:
    """The transactions of one input partition. A `Ledger`.

    Parameters
    ----------
    make
        Makes the transactional producer.
    read
        Reads what the group has committed for this partition.
    group, place
        The consumer group; topic and partition of the input.
    stamps
        The outputs' timestamps.
    at
        Told where in the protocol this is: "before begin", "after begin", and so on. For tests of crashes.
    """

    transactional: ClassVar[bool] = True

    def __init__(
        self,
        make: Callable[[], AIOKafkaProducer],
        read: Callable[[], Awaitable[OffsetAndMetadata | None]],
        *,
        group: str,
        place: TopicPartition,
        at: Callable[[str], None],
        stamps: Stamps | None = None,
    ) -> None:
        self._make = make
        self._read = read
        self._group = group
        self._place = place
        self._at = at
        self._stamps = Stamps(place.partition) if stamps is None else stamps
        self._producer: AIOKafkaProducer | None = None

    @classmethod
    def on_kafka(
        cls,
        settings: Mapping[str, Any],
        *,
        gauge: str,
        group: str,
        place: TopicPartition,
        at: Callable[[str], None] = lambda point: None,
        stamps: Stamps | None = None,
    ) -> Self:
        """The ledger of one partition of a gauge; ``settings`` connect to Kafka."""
        name = transactional_id(gauge, place.topic, place.partition)
        return cls(
            lambda: transactional_producer(settings, name),
            lambda: committed(settings, group, place),
            group=group,
            place=place,
            at=at,
            stamps=stamps,
        )

    async def open(self) -> Mark | None:
        """See `Ledger.open`."""
        await self.close()
        self._at("before fence")
        try:
            async with asyncio.timeout(OPEN_S):
                self._producer = self._make()
                await self._producer.start()
            self._at("after fence")
        except (KafkaError, TimeoutError) as error:
            await self.close()
            self._raise(error, "opened")
        return await self.read()

    async def read(self) -> Mark | None:
        """See `Ledger.read`."""
        try:
            async with asyncio.timeout(READ_S):
                found = await self._read()
        except (KafkaError, TimeoutError, AttributeError) as error:
            # AttributeError: aiokafka's way to say that reading the offsets failed (0.14).
            await self.close()
            self._raise(error, "read")
        if found is None:
            return None
        try:
            return Mark.read(found.offset, found.metadata)
        except ValueError as error:
            raise MarkRefusedError(
                f"group {self._group} has committed {self._place.topic}/{self._place.partition} at {found.offset} with "
                f"metadata {found.metadata!r}, which no worker of this gauge wrote; another program commits to this "
                "group, or an older version did: give the gauge another name, or start over with rivergauge reset"
            ) from error

    async def commit(self, outputs: Sequence[Output], mark: Mark) -> None:
        """See `Ledger.commit`."""
        producer, at = self._producer, self._at
        assert producer is not None, "a ledger is opened before anything is committed"
        offsets = {self._place: OffsetAndMetadata(mark.checked().snapshot, mark.metadata())}
        dated = self._stamps.dated(outputs)
        try:
            async with asyncio.timeout(COMMIT_S):
                at("before begin")
                await producer.begin_transaction()
                at("after begin")
                if dated:
                    await send(producer, self._place.partition, dated)
                at("after send")
                await producer.send_offsets_to_transaction(offsets, self._group)
                at("after offsets")
                await producer.commit_transaction()
                at("after commit")
        except (KafkaError, TimeoutError, AssertionError, IllegalOperation) as error:
            # The last two: aiokafka's ways to say that the producer was fenced before, or in the middle of this.
            await self.close()
            self._raise(error, f"committed up to {mark.published}")
        self._stamps.published(outputs, dated)
        await asyncio.sleep(MARKERS_S)

    async def close(self) -> None:
        """See `Ledger.close`. A transaction under way is left to the broker, or to the next `open`, to abort."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await stop(producer)

    def _raise(self, error: BaseException, done: str) -> NoReturn:
        where = f"{self._place.topic}/{self._place.partition} could not be {done}: {words_of(error)}"
        if isinstance(error, ProducerFenced | InvalidProducerEpoch):
            raise FencedError(where) from error
        # A refused batch leaves a hole in the producer's sequence: a new producer continues, as after every doubt.
        redated = isinstance(error, InvalidTimestampError) and self._stamps.relax()
        if isinstance(error, KafkaError) and not redated and is_final(error):
            raise BrokerRefusedError(f"the broker refused: {where}") from error
        raise DoubtError(where) from error
