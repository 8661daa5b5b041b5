"""A small topic of one partition, read whole: of each key the newest value."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

PATIENCE_MS: Final = 20_000


async def newest_values(
    settings: Mapping[str, Any],
    topic: str,
    *,
    client_id: str,
    isolation_level: Literal["read_committed", "read_uncommitted"] = "read_uncommitted",
) -> dict[str, bytes | None]:
    """The newest value of each key, up to where the topic ends now; nothing where there is no such topic.

    Raises
    ------
    TimeoutError
        If no record comes although there are some.
    """
    newest: dict[str, bytes | None] = {}
    consumer = AIOKafkaConsumer(
        **settings,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation_level,
    )
    try:
        await consumer.start()
        if topic not in await consumer.topics():
            return {}
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        position = (await consumer.beginning_offsets([place]))[place]
        consumer.seek(place, position)
        while position < end:
            batch = await consumer.getmany(place, timeout_ms=PATIENCE_MS)
            newest.update(((r.key or b"").decode(errors="replace"), r.value) for r in batch.get(place, []))
            before, position = position, await consumer.position(place)
            if position == before:
                raise TimeoutError(f"topic {topic}: nothing came at offset {position} of {end}")
    finally:
        with suppress(KafkaError):
            await consumer.stop()
    return newest
