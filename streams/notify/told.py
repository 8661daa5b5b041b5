"""What receivers were told, in a topic of its own: where each began, and every step that it was sent.

The topic is ``topics.notified``: compacted, and as no key comes twice, kept for good. That a step is recorded is what
makes it told: whoever starts next goes on behind it. So there is one record of each step, whatever happened; a webhook
itself may get a step again, from one who ended between the answer and the record, and knows it by its id.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.alerts import DriftKind, Severity
from schemas.gauge import Gauge
from schemas.records import AlertStatus
from streams.here.failures import StateRefusedError
from streams.kafka.admin import administering
from streams.kafka.client_errors import as_worker_error, in_words
from streams.kafka.compacted import own_records
from streams.kafka.topics import ensure_one
from streams.kafka.writing import writing


class Outcome(StrEnum):
    """What became of a step: taken by the receiver, refused by it for good, or given up after long trying."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


class Begun(BaseModel):
    """Where a receiver began in a partition of the alerts: with the episodes that were open, and with what came since.

    It is told the steps from ``offset`` on: below ``since`` those of ``episodes`` alone, from there on all.
    """

    model_config = ConfigDict(frozen=True)

    what: Literal["begun"] = "begun"
    receiver: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    since: int = Field(ge=0)
    episodes: list[str]
    at: datetime


class Told(BaseModel):
    """One step of an episode, and what became of it at one receiver.

    ``id`` is the alert's CloudEvents id, ``offset`` where it is in the alerts' topic, ``code`` the HTTP status of the
    last of ``attempts``; None where no answer came.
    """

    model_config = ConfigDict(frozen=True)

    what: Literal["told"] = "told"
    receiver: str
    id: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    episode: str
    status: AlertStatus
    severity: Severity
    kind: DriftKind
    outcome: Outcome
    attempts: int = Field(ge=1)
    code: int | None
    at: datetime


Record: TypeAlias = Begun | Told

_RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="what")])


async def read(gauge: Gauge, settings: Mapping[str, Any]) -> list[Record]:
    """All that is recorded for this gauge, and committed.

    Raises
    ------
    StateRefusedError
        If a record cannot be read: a newer version's, or somebody else's.
    WorkerError
        If the broker cannot be reached, or no record comes although there are some.
    """
    name, parse = f"{gauge.name}/", _RECORD.validate_json
    return await own_records(settings, gauge.topics.notified, name, parse, client_id="rivergauge-notify")


class Book:
    """Where it is written down, by one process at a time."""

    def __init__(self, gauge: Gauge, producer: AIOKafkaProducer) -> None:
        self._gauge = gauge
        self._producer = producer
        self._one_at_a_time = asyncio.Lock()

    async def write(self, records: Iterable[Record]) -> None:
        """Write records down, all or none of them; they are there when this returns.

        Raises
        ------
        StateRefusedError
            If another process writes for this gauge by now.
        WorkerError
            If the broker refuses, or is away for long.
        """
        async with self._one_at_a_time:
            try:
                if self._gauge.delivery == "exactly-once":
                    async with self._producer.transaction():
                        await self._send(records)
                else:
                    await self._send(records)
            except ProducerFenced as error:
                raise StateRefusedError(
                    f"another rivergauge notify of gauge {self._gauge.name} has begun, and this one ends: run one"
                ) from error
            except KafkaError as error:
                raise in_words("what was told could not be recorded", error) from error

    async def _send(self, records: Iterable[Record]) -> None:
        topic = self._gauge.topics.notified
        sending = [
            await self._producer.send(topic, one.model_dump_json().encode(), key=key_of(self._gauge, one), partition=0)
            for one in records
        ]
        for sent in sending:
            await sent


def key_of(gauge: Gauge, record: Record) -> bytes:
    """The record's key: no other has it."""
    what = record.id if isinstance(record, Told) else f"begun/{record.partition}"
    return f"{gauge.name}/{record.receiver}/{what}".encode()


@asynccontextmanager
async def opened(gauge: Gauge, settings: Mapping[str, Any]) -> AsyncIterator[Book]:
    """The book of a gauge; its topic is made if it is missing.

    Under ``delivery = "exactly-once"`` whoever opened it before cannot write any more.

    Raises
    ------
    WorkerError
        If the broker cannot be reached, or refuses.
    """
    once = gauge.delivery == "exactly-once"
    fence = {"transactional_id": f"rivergauge-notify-{gauge.name}"} if once else {"enable_idempotence": True}
    async with AsyncExitStack() as stack:
        try:
            async with administering(settings) as admin:
                await ensure_one(admin, gauge, "notified")
            opening = writing(settings, "rivergauge-notify", **fence, retry_backoff_ms=20)
            producer = await stack.enter_async_context(opening)
        except (KafkaError, OSError) as error:
            raise as_worker_error(error) from error
        yield Book(gauge, producer)
