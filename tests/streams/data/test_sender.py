"""Sending a file: what large rows and a broker that says no lead to."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError, TopicAuthorizationFailedError
from aiokafka.structs import TopicPartition

from schemas.gauge import Gauge
from streams.broker.inprocess import InProcessBroker
from streams.cli.events import send as command
from streams.data import sender
from streams.data.sender import send
from streams.here.exit_codes import ExitCode
from streams.here.failures import BrokerRefusedError, WorkerError
from tests import builders


def gauge(servers: str, max_bytes: int) -> Gauge:
    return builders.gauge(
        f'[connection]\nbootstrap_servers = "{servers}"\n[record]\nmax_bytes = {max_bytes}\n'
        '[label]\narrival = "with_event"\n[features]\na = "number"\nsite = "category"'
    )


def rows(path: Path, *sizes: int) -> Path:
    """A file with one event per size, which is that of its category in bytes."""
    path.write_bytes(b"\n".join(builders.record(n, a=1, site="x" * size, y="good") for n, size in enumerate(sizes)))
    return path


@pytest.mark.broker
async def test_a_row_as_large_as_the_gauge_allows_is_sent(tmp_path: Path):
    with InProcessBroker() as broker:
        wanted = gauge(broker.bootstrap_servers, 3_000_000)
        broker.create_topic(wanted.topics.input)
        settings = {"bootstrap_servers": broker.bootstrap_servers}

        sent = await send(wanted, rows(tmp_path / "rows.jsonl", 10, 2_900_000), settings)

        tp = TopicPartition(wanted.topics.input, 0)
        async with AIOKafkaConsumer(**settings) as consumer:
            consumer.assign([tp])
            assert (await consumer.end_offsets([tp]))[tp] == 2
    assert sent.events == 2
    assert sent.bytes > 2_900_000


@pytest.mark.broker
async def test_a_larger_row_is_refused_by_its_number(tmp_path: Path):
    with InProcessBroker() as broker:
        wanted = gauge(broker.bootstrap_servers, 2_000_000)
        broker.create_topic(wanted.topics.input)

        with pytest.raises(
            BrokerRefusedError, match=r"row 1 \(from 0\) was refused: the record is too large .*record.max_bytes"
        ):
            await send(
                wanted, rows(tmp_path / "rows.jsonl", 10, 2_900_000), {"bootstrap_servers": broker.bootstrap_servers}
            )


@pytest.mark.broker
async def test_a_row_goes_where_its_key_leads_as_the_gauge_says(tmp_path: Path):
    with InProcessBroker() as broker:
        settings = {"bootstrap_servers": broker.bootstrap_servers}
        wanted = builders.gauge(
            f'[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"\n[topics]\npartitions = 3\n'
            '[record]\nkey = "id"\npartitioner = "crc32"\n[label]\narrival = "with_event"'
        )
        broker.create_topic(wanted.topics.input, 3)
        await send(wanted, rows(tmp_path / "rows.jsonl", *[1] * 20), settings)

        tps = [TopicPartition(wanted.topics.input, partition) for partition in range(3)]
        async with AIOKafkaConsumer(**settings) as consumer:
            consumer.assign(tps)
            ends = await consumer.end_offsets(tps)
    assert [ends[tp] for tp in tps] == [sum(crc32(b"%d" % n) % 3 == p for n in range(20)) for p in range(3)]


async def test_a_broker_that_refuses_a_record_is_quoted_with_the_row():
    async def refused() -> None:
        raise TopicAuthorizationFailedError("pumps")

    with pytest.raises(
        BrokerRefusedError, match=r"row 7 \(from 0\) was refused: the broker answered TOPIC_AUTHORIZATION_FAILED: pumps"
    ):
        await sender._taken(7, refused())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (KafkaConnectionError("away"), ExitCode.BROKER_UNREACHABLE),
        (TopicAuthorizationFailedError("no"), ExitCode.BROKER_REFUSED),
        (MessageSizeTooLargeError("long"), ExitCode.BROKER_REFUSED),
        (BrokerRefusedError("no"), ExitCode.BROKER_REFUSED),
    ],
)
def test_the_exit_code_tells_no_from_away(
    fault: Exception, code: ExitCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def prepare(*_: object) -> None:
        raise fault

    monkeypatch.setattr(command, "checked", lambda _path: gauge("127.0.0.1:1", 2_000))
    monkeypatch.setattr(command, "prepare", prepare)

    data = rows(tmp_path / "rows.jsonl", 1)
    with pytest.raises(WorkerError) as ended:
        command.run(tmp_path, data, delimiter=None, rate=0, events=None, dead_letters=None, as_json=True)

    assert ended.value.exit_code == code
