"""A broker that says no is told from one that is away: against servers on loopback, and a Kafka with passwords."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from schemas.gauge import Gauge
from streams.broker.inprocess import InProcessBroker
from streams.broker.kafka import KafkaBroker, KafkaUnavailableError
from streams.data.sender import prepare
from streams.here.exit_codes import ExitCode
from streams.here.failures import BrokerRefusedError, BrokerUnreachableError
from streams.kafka.connection import client_settings
from streams.kafka.refusal import connect, refusal
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.streams.secured import SELF_SIGNED

PASSWORD = "open sesame"
WRONG = "open barley"


def gauge(servers: str, security: str) -> Gauge:
    sasl = 'sasl_username = "me"\nsasl_mechanism = "PLAIN"\n' if security.startswith("sasl") else ""
    return builders.gauge(
        f'[connection]\nbootstrap_servers = "{servers}"\nsecurity = "{security}"\n{sasl}[server]\nport = 0'
    )


def settings(servers: str, security: str, password: str = WRONG) -> dict[str, Any]:
    return client_settings(gauge(servers, security).connection, {"RIVERGAUGE_SASL_PASSWORD": password})


async def run(gauge: Gauge, password: str = WRONG) -> ExitCode:
    worker = Worker(gauge, pipeline(gauge, environ={**os.environ, "RIVERGAUGE_SASL_PASSWORD": password}))
    return await asyncio.wait_for(worker.run(), 30)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say something that is not TLS."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await hang_up(reader, writer)


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def address(bound: Any) -> str:
    return f"127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def listening(handler: Callable[..., Any], context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    async with server:
        yield address(server.sockets[0])


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    pem = tmp_path / "server.pem"
    pem.write_text(SELF_SIGNED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_a_refusal(self_signed: ssl.SSLContext):
    async with listening(hang_up, self_signed) as servers:
        refused = await refusal(settings(servers, "tls"))

    assert isinstance(refused, BrokerRefusedError)
    assert f"no TLS connection to {servers}: self-signed certificate; " in str(refused)
    assert "connection.tls_ca_file" in str(refused)


async def test_a_server_without_tls_is_a_refusal():
    async with listening(answer) as servers:
        refused = await refusal(settings(servers, "tls"))

    assert "WRONG_VERSION_NUMBER; is it the port for TLS" in str(refused)


async def test_a_server_that_hangs_up_is_away():
    async with listening(hang_up) as servers:
        assert await refusal(settings(servers, "tls")) is None
        assert await refusal(settings(servers, "plaintext")) is None


async def test_nobody_there_is_away():
    with socket.socket() as taken:  # bound and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        assert await refusal(settings(address(taken), "plaintext")) is None


async def test_a_refusal_counts_though_another_server_is_away(self_signed: ssl.SSLContext):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with listening(hang_up, self_signed) as servers:
            assert await refusal(settings(f"{address(taken)},{servers}", "tls")) is not None


@pytest.mark.broker
async def test_a_broker_that_takes_us_in_refuses_nothing():
    with InProcessBroker() as broker:
        assert await refusal(settings(broker.bootstrap_servers, "plaintext")) is None


async def test_a_worker_does_not_try_again_after_a_refusal(self_signed: ssl.SSLContext, caplog):
    async with listening(hang_up, self_signed) as servers:
        assert await run(gauge(servers, "tls")) == ExitCode.BROKER_REFUSED == 4

    assert "self-signed certificate" in caplog.text


async def test_send_says_a_refusal(self_signed: ssl.SSLContext):
    async with listening(hang_up, self_signed) as servers:
        with pytest.raises(BrokerRefusedError, match="self-signed certificate"):
            await prepare(gauge(servers, "tls"), settings(servers, "tls"))


class KafkaWithPasswords(KafkaBroker):
    def _write_properties(self) -> Path:
        properties = super()._write_properties()
        text = properties.read_text().replace("map=PLAINTEXT:PLAINTEXT", "map=PLAINTEXT:SASL_PLAINTEXT")
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        properties.write_text(
            f"{text}inter.broker.listener.name=PLAINTEXT\nsasl.mechanism.inter.broker.protocol=PLAIN\n"
            "sasl.enabled.mechanisms=PLAIN\nlistener.name.plaintext.plain.sasl.jaas.config="
            f'{login} username="me" password="{PASSWORD}" user_me="{PASSWORD}";\n'
        )
        return properties


@pytest.fixture(scope="module")
def with_passwords(tmp_path_factory: pytest.TempPathFactory, require) -> Iterator[str]:
    broker = KafkaWithPasswords(tmp_path_factory.mktemp("kafka"), heap_mb=512)
    try:
        broker.start(timeout_s=180)
    except KafkaUnavailableError as missing:
        require("kafka", False, str(missing))
    yield broker.bootstrap_servers
    broker.stop()


@pytest.mark.kafka
async def test_a_wrong_password_ends_the_worker_and_is_not_repeated_in_its_log(with_passwords: str, caplog):
    assert await run(gauge(with_passwords, "sasl_plaintext")) == ExitCode.BROKER_REFUSED

    assert "SaslAuthenticationFailed" in caplog.text
    assert "RIVERGAUGE_SASL_PASSWORD right" in caplog.text
    assert WRONG not in caplog.text


@pytest.mark.kafka
async def test_the_right_password_is_no_refusal(with_passwords: str):
    assert await refusal(settings(with_passwords, "sasl_plaintext", PASSWORD)) is None


async def test_a_web_server_in_the_brokers_place_is_a_refusal():
    async with listening(answer) as servers:
        refused = await refusal(settings(servers, "plaintext"))

    assert f"{servers} speaks HTTP, not Kafka" in str(refused)


@pytest.mark.parametrize(
    ("servers", "words"),
    [("nowhere.invalid:9092", "has a name that does not resolve"), ("127.0.0.1:1", "has nobody listening")],
)
async def test_why_nobody_answers_is_said(servers: str, words: str):
    with pytest.raises(BrokerUnreachableError, match=f"{servers} {words}"):
        await connect(settings(servers, "plaintext"))


async def test_a_worker_whose_broker_is_away_says_so_and_is_not_ready(caplog):
    worker = Worker(
        gauge("nowhere.invalid:9092", "plaintext"),
        pipeline(gauge("nowhere.invalid:9092", "plaintext"), environ=os.environ),
    )
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        while not any("does not resolve" in reason for reason in worker.waiting_for()):
            await asyncio.sleep(0.01)
    worker.stop()

    assert await asyncio.wait_for(task, 30) == ExitCode.OK
    assert 'broker unreachable reason="no broker answers: nowhere.invalid:9092 has a name' in caplog.text
