"""What a record on a topic has besides its value reaches the decoder, though nothing reads it yet."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from models.door.decoder import Decoder
from schemas.events import Input
from schemas.log import Record
from streams.here.exit_codes import ExitCode
from tests import builders
from tests.streams import reading
from tests.streams.serving import create_input, work

HEADERS = [("ce_type", b"reading"), ("trace", b"\xff\x00"), ("trace", b"")]


@pytest.mark.kafka
@pytest.mark.parametrize("codec", [None, "zstd"])
async def test_headers_and_place_of_a_record_reach_the_decoder(
    kafka: str, codec: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    gauge = builders.gauge(
        f'name = "door{uuid.uuid4().hex[:8]}"\n[connection]\nbootstrap_servers = "{kafka}"\n[server]\nport = 0\n'
        f'[snapshots]\ndirectory = "{tmp_path}"\n[label]\narrival = "with_event"'
    )
    await create_input(gauge, partitions=2)
    async with AIOKafkaProducer(bootstrap_servers=kafka, compression_type=codec) as producer:
        value = builders.record("i", a=1, y="good")
        await producer.send_and_wait(gauge.topics.input, value, b"k", partition=1, headers=HEADERS)
        await producer.send_and_wait(gauge.topics.input, None, b"k", partition=0)
    met: list[tuple[object, ...]] = []
    decode = Decoder.decode

    def noting(self: Decoder, record: Record) -> Input:
        met.append((record.topic, record.partition, record.key, record.value, list(record.headers)))
        return decode(self, record)

    monkeypatch.setattr(Decoder, "decode", noting)

    assert await work(gauge) is ExitCode.OK

    topic = gauge.topics.input
    assert sorted(met, key=lambda seen: seen[1]) == [(topic, 0, b"k", None, []), (topic, 1, b"k", value, HEADERS)]
    [published] = await reading.records(kafka, gauge.topics.predictions, 1)
    assert published.value == builders.predictions(builders.run(gauge, [value])[1])[0].body().replace(b'"0-', b'"1-')
