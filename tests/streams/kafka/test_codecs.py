"""Input in each of Kafka's codecs, written by clients of both kinds, through a real worker on a real Kafka."""

from __future__ import annotations

import json
import random
import uuid
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer

from schemas.gauge import Gauge
from streams.here.exit_codes import ExitCode
from tests import builders
from tests.streams import reading
from tests.streams.serving import WITHIN_S, create_input, work

pytestmark = pytest.mark.kafka
CODECS = ("gzip", "snappy", "lz4", "zstd")


@pytest.fixture
async def gauge(kafka: str, tmp_path: Path) -> Gauge:
    """A gauge whose input topic exists, and is empty."""
    name = f"codecs{uuid.uuid4().hex[:8]}"
    made = builders.gauge(
        f'name = "{name}"\n[connection]\nbootstrap_servers = "{kafka}"\n[server]\nport = 0\n'
        f'[snapshots]\ndirectory = "{tmp_path}"\n[label]\narrival = "with_event"'
    )
    await create_input(made)
    return made


def by_librdkafka(gauge: Gauge, codec: str, values: list[bytes], **more: Any) -> None:
    producer = Producer(
        {"bootstrap.servers": gauge.connection.bootstrap_servers, "compression.type": codec, "linger.ms": 200, **more}
    )
    for value in values:
        producer.produce(gauge.topics.input, value)
    assert producer.flush(WITHIN_S) == 0


async def by_aiokafka(gauge: Gauge, codec: str, values: list[bytes]) -> None:
    """Its snappy is framed as Java's is, librdkafka's is not."""
    async with AIOKafkaProducer(
        bootstrap_servers=gauge.connection.bootstrap_servers, compression_type=codec, linger_ms=200
    ) as producer:
        for value in values:
            await producer.send(gauge.topics.input, value)
        await producer.flush()


async def predicted(gauge: Gauge) -> list[str]:
    records = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.predictions)
    return [json.loads(record.value)["id"] for record in records]


def events(count: int, **more: Any) -> list[bytes]:
    return [builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good", **more) for n in range(count)]


@pytest.mark.parametrize("codec", CODECS)
async def test_events_of_librdkafka_are_read(gauge: Gauge, codec: str):
    by_librdkafka(gauge, codec, events(20))

    assert await work(gauge) is ExitCode.OK

    assert await predicted(gauge) == [str(n) for n in range(20)]


@pytest.mark.parametrize("codec", CODECS)
async def test_events_of_a_client_that_frames_as_java_does_are_read(gauge: Gauge, codec: str):
    await by_aiokafka(gauge, codec, events(20))

    assert await work(gauge) is ExitCode.OK

    assert await predicted(gauge) == [str(n) for n in range(20)]


@pytest.mark.parametrize("codec", CODECS)
async def test_large_batches_are_read_whole(gauge: Gauge, codec: str):
    """Batches of up to a megabyte that do not compress well, so that each is of many of the codec's blocks."""
    draw = random.Random(codec)
    values = [builders.record(n, a=draw.random(), y="good", note=draw.randbytes(300).hex()) for n in range(3_000)]
    loose = gauge.model_copy(update={"record": gauge.record.model_copy(update={"unknown_fields": "ignore"})})
    by_librdkafka(gauge, codec, values, **{"batch.size": 1_000_000, "batch.num.messages": 100_000})

    assert await work(loose) is ExitCode.OK

    assert await predicted(gauge) == [str(n) for n in range(3_000)]
