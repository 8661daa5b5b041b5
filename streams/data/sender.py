"""Replaying a data file to the gauge's topic, paced, in the order in which `backtest` folds it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError

from schemas.gauge import Gauge
from streams.data.datafile import Rows, rows
from streams.data.replay import Replayed, records
from streams.delivery.envelope import OVERHEAD_BYTES
from streams.here.failures import BrokerRefusedError
from streams.kafka.admin import administering
from streams.kafka.client_errors import may_pass
from streams.kafka.error_words import words_of
from streams.kafka.partitioners import partitioner
from streams.kafka.refusal import refusal
from streams.kafka.topics import Missing, ensure
from streams.kafka.writing import writing

_TICK_S: Final = 0.01
"""The shortest sleep of pacing: finer than a person sees, coarse enough to be cheap."""

_UNACKNOWLEDGED: Final = 2_000
"""Records under way at once."""


_USUAL_BYTES: Final = 1_048_576
"""The largest record a client sends by default; where a gauge allows less, its worker refuses what is larger."""


class Sent(NamedTuple):
    """What has been handed to the broker so far; ``bytes`` are those of the values."""

    events: int
    labels: int
    bytes: int
    seconds: float


async def prepare(gauge: Gauge, settings: dict[str, Any]) -> None:
    """Create the gauge's topics where they are missing.

    Raises
    ------
    WorkerError
        If the broker refuses us, or the topics do not fit.
    aiokafka.errors.KafkaConnectionError
        If no broker can be reached.
    """
    try:
        async with administering(settings) as admin:
            await ensure(admin, gauge, Missing.CREATE)
    except KafkaConnectionError as error:
        if (refused := await refusal(settings)) is not None:
            raise refused from error
        raise


async def send(
    gauge: Gauge,
    data: Path,
    settings: dict[str, Any],
    *,
    delimiter: str | None = None,
    rate: float = 0.0,
    limit: int | None = None,
    on_record: Callable[[Replayed], None] | None = None,
    on_progress: Callable[[Sent], Awaitable[None]] | None = None,
) -> Sent:
    """Send a file's records and wait until all are acknowledged.

    Parameters
    ----------
    settings
        Client settings, from `streams.kafka.connection`.
    delimiter
        What separates the cells of a CSV file; by default what its header shows.
    rate
        Events per second; labels go at their places in between. 0 does not wait.
    limit
        Number of rows; their late labels still follow.
    on_record
        Told each record before it is sent.
    on_progress
        Awaited at every tick and after the last record; it may hold the replay back.

    Raises
    ------
    DataFileError
        If the file cannot be read as the gauge describes it.
    BrokerRefusedError
        If the broker, or the client in its place, refuses a record: which row, and why.
    aiokafka.errors.KafkaError
        If the broker stops answering.
    """
    async with writing(
        settings,
        "rivergauge-send",
        enable_idempotence=True,
        linger_ms=5,
        partitioner=partitioner(gauge.record.partitioner),
        max_request_size=max(gauge.record.max_bytes, _USUAL_BYTES) + OVERHEAD_BYTES,
    ) as producer:
        return await _send(producer, gauge, rows(data, delimiter), rate, limit, on_record, on_progress)


async def _send(
    producer: AIOKafkaProducer,
    gauge: Gauge,
    data: Rows,
    rate: float,
    limit: int | None,
    on_record: Callable[[Replayed], None] | None,
    on_progress: Callable[[Sent], Awaitable[None]] | None,
) -> Sent:
    begin = perf_counter()
    last_tick = begin
    under_way: deque[tuple[int, Awaitable[Any]]] = deque()
    events = labels = size = 0
    for record in records(data, gauge, limit=limit):
        if on_record is not None:
            on_record(record)
        if not record.is_label:
            if rate:
                ahead = begin + events / rate - perf_counter()
                if ahead > _TICK_S:
                    await asyncio.sleep(ahead)
            events += 1
        else:
            labels += 1
        size += len(record.value)
        sending = producer.send(record.topic, record.value, record.key, headers=record.headers)
        under_way.append((record.row, await _taken(record.row, sending)))
        while len(under_way) > _UNACKNOWLEDGED:
            await _taken(*under_way.popleft())
        now = perf_counter()
        if now - last_tick >= _TICK_S:
            last_tick = now
            if on_progress is not None:
                await on_progress(Sent(events, labels, size, now - begin))
            else:
                await asyncio.sleep(0)
    await producer.flush()
    while under_way:
        await _taken(*under_way.popleft())
    sent = Sent(events, labels, size, perf_counter() - begin)
    if on_progress is not None:
        await on_progress(sent)
    return sent


async def _taken(row: int, sending: Awaitable[Any]) -> Any:
    try:
        return await sending
    except KafkaError as error:
        if may_pass(error):
            raise
        why = f"row {row} (from 0) was refused: {words_of(error)}"
        if isinstance(error, MessageSizeTooLargeError):
            why += "; shorten the row, or raise record.max_bytes and the topic's max.message.bytes"
        raise BrokerRefusedError(why) from error
