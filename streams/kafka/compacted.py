"""A small topic of one partition, read whole: of each key the newest value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from pydantic import ValidationError

from streams.here.failures import StateRefusedError
from streams.kafka.client_errors import as_worker_error
from streams.kafka.reading import reading

T = TypeVar("T")

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


async def own_records(
    settings: Mapping[str, Any], topic: str, prefix: str, parse: Callable[[bytes], T], *, client_id: str
) -> list[T]:
    """The newest of each key that begins with ``prefix``, of what is committed by now, as ``parse`` reads them.

    Raises
    ------
    StateRefusedError
        If a record cannot be read: a newer version's, or somebody else's.
    WorkerError
        If the broker cannot be reached, or no record comes although there are some.
    """
    try:
        found = await newest_values(settings, topic, client_id=client_id, isolation_level="read_committed")
    except (KafkaError, OSError, TimeoutError) as error:
        raise as_worker_error(error) from error
    try:
        return [parse(value) for key, value in found.items() if value and key.startswith(prefix)]
    except ValidationError as error:
        raise StateRefusedError(
            f"topic {topic} holds a record that this version cannot read: {error}; run the version that wrote it"
        ) from error
