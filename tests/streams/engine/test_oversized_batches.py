"""Batches that decompress to more than a worker takes, and what holds them up, on a real Kafka."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from schemas.gauge import Gauge
from streams.engine import bounded_consumer
from streams.engine.chunk import UnreadBatch
from streams.engine.decompression import LIMIT_BYTES
from streams.here.exit_codes import ExitCode
from streams.orders.desk import Desk
from streams.orders.skip import skip
from tests import builders
from tests.streams import reading
from tests.streams.folding import Row, fold
from tests.streams.serving import create_input, send, work

MUCH = 70
"""So many records of a megabyte are more than the limit."""


def event(n: int, **more: Any) -> bytes:
    return builders.record(n, a=n % 5, y="good", **more)


@pytest.fixture
async def gauge(kafka: str, tmp_path: Path) -> Gauge:
    made = builders.gauge(
        f'name = "large{uuid.uuid4().hex[:8]}"\n[connection]\nbootstrap_servers = "{kafka}"\n[server]\nport = 0\n'
        f'[snapshots]\ndirectory = "{tmp_path}"\n[label]\narrival = "with_event"\n[record]\nmax_bytes = 2000000'
    )
    await create_input(made)
    return made


async def send_batch(gauge: Gauge, codec: str, values: list[bytes]) -> None:
    """As one batch, whatever its size: the broker's limit counts what is compressed."""
    async with AIOKafkaProducer(
        bootstrap_servers=gauge.connection.bootstrap_servers,
        compression_type=codec,
        max_batch_size=2 * LIMIT_BYTES,
        max_request_size=2 * LIMIT_BYTES,
    ) as producer:
        batch = producer.create_batch()
        for value in values:
            assert batch.append(key=None, value=value, timestamp=None) is not None
        await (await producer.send_batch(batch, gauge.topics.input, partition=0))


async def ids(gauge: Gauge) -> list[str]:
    records = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.predictions)
    return [json.loads(record.value)["id"] for record in records]


@pytest.mark.kafka
@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd"])
async def test_such_a_batch_ends_the_worker_with_its_place_and_can_be_skipped(
    gauge: Gauge, codec: str, caplog: pytest.LogCaptureFixture
):
    await send(gauge, [event(n) for n in range(5)])
    await send_batch(gauge, codec, [bytes(2**20)] * MUCH)
    await send(gauge, [event(n) for n in range(5, 10)])
    last = 5 + MUCH - 1

    assert await work(gauge) is ExitCode.LOG

    assert f"the batch of offsets 5 to {last} decompresses ({codec}) to more than 64 MiB" in caplog.text
    assert f"rivergauge skip GAUGE 0 {last}" in caplog.text
    assert await ids(gauge) == [str(n) for n in range(5)]
    async with Desk.opened(gauge, os.environ) as desk:
        await skip(desk, 0, last)
    assert await work(gauge) is ExitCode.OK
    assert await ids(gauge) == [str(n) for n in range(10)]
    [letter] = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.dead_letters)
    headers = dict(letter.headers)
    assert headers["ce_reason"] == b"skipped"
    assert headers["__connect.errors.offset"] == str(last).encode()
    assert f"offsets 5 to {last} skipped".encode() in headers["__connect.errors.exception.message"]


@pytest.mark.kafka
async def test_what_a_fetch_becomes_is_handed_on_in_chunks_of_bounded_bytes(
    gauge: Gauge, monkeypatch: pytest.MonkeyPatch
):
    sizes = []
    plain = bounded_consumer._some

    def noted(fetched: Any, max_records: int | None = None) -> bounded_consumer.Records:
        records = plain(fetched, max_records)
        sizes.append((records.size, sum(len(record.value) for record in records)))
        return records

    monkeypatch.setattr(bounded_consumer, "_some", noted)
    await send_batch(gauge, "zstd", [event(n, note="x" * 500_000) for n in range(60)])

    assert await work(gauge) is ExitCode.OK

    assert await ids(gauge) == [str(n) for n in range(60)]
    assert all(size == counted for size, counted in sizes)
    assert max(size for size, _counted in sizes) <= bounded_consumer.CHUNK_BYTES + 600_000
    assert sum(1 for size, _counted in sizes if size) >= 4


def batch(first: int, last: int) -> Row:
    return Row(last, UnreadBatch(first, last, "is no gzip"))


@pytest.mark.parametrize("skipped", [3, 5, 7])
def test_skipping_any_of_its_offsets_skips_the_batch(skipped: int):
    folding = fold(skips=frozenset({skipped}))

    list(folding.fold([Row(2), batch(3, 7)]))

    assert folding.next_offset == 8


def test_a_batch_that_was_dealt_with_already_is_passed_over():
    folding = fold(begin=8)

    assert list(folding.fold([batch(3, 7)])) == []
