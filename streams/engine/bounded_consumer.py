"""aiokafka's consumer with bounds in bytes: on what one chunk holds, and on what a batch may become.

A batch that cannot be decompressed within its bound is one stand-in record, at the batch's last offset, and the last
record of its chunk. Who folds decides about it, for there is known which records an operator has skipped.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.record.default_records import DefaultRecord

from streams.engine.chunk import UnreadBatch
from streams.engine.decompression import UnreadableBatchError, install

CHUNK_BYTES: Final = 8 * 1024 * 1024
"""Keys, values and headers of a chunk; the record that passes it is its last."""


NO_BOUND: Final = -1


class Records(list[Any]):
    """Records of one partition, and the bytes of their keys, values and headers."""

    size = 0


class BoundedConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Returns at most `CHUNK_BYTES` of each partition at once, and one record more."""

    async def start(self) -> None:
        """Connect."""
        install()
        await super().start()
        # Nothing public bounds what is returned in bytes, or sees a batch before it is decompressed (aiokafka 0.14).
        self._fetcher._records = _Fetched()


class _Fetched(OrderedDict[Any, Any]):
    """What aiokafka's fetcher keeps for each partition until it is asked for."""

    def __setitem__(self, tp: Any, fetched: Any) -> None:
        if type(fetched) is FetchResult:
            unpacked = fetched._partition_records
            unpacked._records = _Batches(unpacked._records)
            fetched.getall = partial(_some, fetched)
        super().__setitem__(tp, fetched)


def _some(fetched: Any, max_records: int | None = None) -> Records:
    """As many of the records as a chunk may hold; instead of `FetchResult.getall`."""
    records = Records()
    if not fetched.check_assignment(fetched._topic_partition) or not fetched.has_more():
        return records
    size, most = 0, NO_BOUND if max_records is None else max_records
    append = records.append
    for n, record in enumerate(fetched._partition_records, 1):
        append(record)
        # By hand, for this runs for every record: -1 stands for none.
        if (bytes_of_value := record.serialized_value_size) > 0:
            size += bytes_of_value
        if (bytes_of_key := record.serialized_key_size) > 0:
            size += bytes_of_key
        if record.headers:
            size += sum(len(name) + len(value or b"") for name, value in record.headers)
        if size >= CHUNK_BYTES or n == most or type(record.value) is UnreadBatch:
            fetched._update_position()
            break
    else:
        fetched._update_position()
        fetched._partition_records = None
    records.size = size
    return records


class _Batches:
    """A fetch's batches; compressed ones in a shape that is looked at before it is believed."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches

    def has_next(self) -> bool:
        return bool(self._batches.has_next())

    def next_batch(self) -> Any:
        batch = self._batches.next_batch()
        return batch if getattr(batch, "compression_type", None) == 0 else _Compressed(batch)


class _Compressed:
    """A batch that is read, or told of by a stand-in. It is decompressed when its records are first asked for."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        batch = self._batch
        try:
            return iter(batch)
        except UnreadableBatchError as error:
            last = batch.next_offset - 1
            unread = UnreadBatch(batch.base_offset, last, error.args[0])
            return iter([DefaultRecord(last, batch.first_timestamp, batch.timestamp_type, None, unread, [])])
