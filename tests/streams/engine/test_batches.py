"""Whole chunks, one per partition, in the shape Faust reads."""

from __future__ import annotations

from types import SimpleNamespace

from faust.types import TP

from streams.engine.batches import ChunkScheduler
from streams.engine.chunk import Chunk

FIELDS = (
    *("topic", "partition", "offset", "timestamp", "timestamp_type", "headers", "key", "value", "checksum"),
    *("serialized_key_size", "serialized_value_size"),
)
"""What Faust's consumer reads of a record (``Consumer._to_message``)."""


def chunk(partition: int, *offsets: int) -> Chunk:
    return Chunk(partition, 1, offsets[0] if offsets else 0, [SimpleNamespace(offset=offset) for offset in offsets])


def test_each_partition_is_delivered_once_as_a_whole():
    records = {TP("pumps", 1): chunk(1, 7, 8, 9), TP("pumps", 0): chunk(0, 3, 5)}

    delivered = list(ChunkScheduler().iterate(records))

    assert [(tp, carrier.value) for tp, carrier in delivered] == list(records.items())


def test_a_carrier_has_all_that_faust_reads():
    [(_tp, carrier)] = ChunkScheduler().iterate({TP("pumps", 1): chunk(1, 7, 9)})

    assert (carrier.topic, carrier.partition) == ("pumps", 1)
    assert all(hasattr(carrier, field) for field in FIELDS)


def test_carriers_rise_by_one_also_where_a_partition_is_read_again():
    carriers = [
        next(iter(ChunkScheduler().iterate({TP("pumps", 0): chunk(0, *offsets)})))[1].offset
        for offsets in ((7, 8, 9), (2, 3))
    ]

    assert carriers[1] - carriers[0] == 1


def test_a_chunk_without_records_is_not_delivered():
    assert list(ChunkScheduler().iterate({TP("pumps", 0): chunk(0)})) == []
