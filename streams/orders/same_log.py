"""Whether a partition's log is the one that its state was folded from, as far as one record can tell.

A topic that was deleted and made anew has other records at the same offsets, and outputs of the old one say nothing
about them.
"""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka.errors import KafkaError

from streams.kafka.reading import reading
from streams.orders.desk import Desk, Standing
from streams.snapshots.failures import SnapshotError
from streams.snapshots.fingerprint import Fingerprint, fingerprint

PATIENCE_S: Final = 10.0


async def is_same_log(desk: Desk, standing: Standing) -> bool:
    """Whether the record that the newest readable snapshot saw last is still there; True where nothing can be compared:
    without a snapshot, or once retention has passed that record."""
    seen = await _seen_last(desk, standing)
    if seen is None or seen.offset < standing.bounds.begin:
        return True
    if seen.offset >= standing.bounds.end:
        return False
    place = desk.place(standing.partition)
    async with reading(desk.settings, "rivergauge-orders") as consumer:
        consumer.assign([place])
        consumer.seek(place, seen.offset)
        try:
            async with asyncio.timeout(PATIENCE_S):
                record = await consumer.getone(place)
        except (KafkaError, TimeoutError):
            return False  # retention has passed it just now, or no record can be read there
    return fingerprint(record.offset, record.key, record.value) == seen


async def _seen_last(desk: Desk, standing: Standing) -> Fingerprint | None:
    for identity in standing.snapshots:
        try:
            return (await desk.verified(identity)).header.last
        except SnapshotError:
            continue
    return None
