"""A small topic of one partition, read whole: of each key the newest value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from aiokafka.structs import TopicPartition

from streams.kafka.reading import reading

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
    async with reading(settings, client_id, isolation_level=isolation_level) as consumer:
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
    return newest
