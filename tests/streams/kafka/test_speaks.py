"""What a port speaks, told by its first bytes."""

from __future__ import annotations

import asyncio
import socket

import pytest

from streams.broker.inprocess import InProcessBroker
from streams.kafka import speaks
from streams.kafka.speaks import Speaks, spoken_at


async def asked(answer: bytes) -> Speaks:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        return await spoken_at(*server.sockets[0].getsockname()[:2])


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Speaks.HTTP),
        (bytes([0x15, 3, 3, 0, 2, 2, 80]), Speaks.TLS),
        (bytes([0x16, 3, 1, 0, 2, 2, 80]), Speaks.TLS),
        (b"SSH-2.0-OpenSSH\r\n", Speaks.OTHER),
        (b"-ERR unknown command\r\n", Speaks.OTHER),
        (b"\0\0\1\0" + bytes(256), Speaks.KAFKA),
        (b"", Speaks.NOTHING),
        (b"HT", Speaks.NOTHING),
    ],
)
async def test_the_first_bytes_tell_the_protocol(answer: bytes, wanted: Speaks):
    assert await asked(answer) is wanted


@pytest.mark.broker
async def test_a_broker_speaks_kafka():
    with InProcessBroker() as broker:
        host, port = broker.bootstrap_servers.split(":")
        assert await spoken_at(host, int(port)) is Speaks.KAFKA


async def test_who_says_nothing_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(speaks, "WAIT_S", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        assert await spoken_at(*silent.getsockname()) is Speaks.NOTHING


async def test_nobody_there_speaks_nothing():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))

        assert await spoken_at(*taken.getsockname()) is Speaks.NOTHING
