"""Connections stay open between requests, and none of them holds what another one needs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from streams.http.guards import doors, speaker
from streams.http.server import Server


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of what it was sent; to ``/endless`` with more than anybody reads."""
    size, more, endless = 0, True, scope["path"] == "/endless"
    while more and not endless:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if endless:
        await receive()
    gone = asyncio.ensure_future(receive())
    while endless and not gone.done():
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        await asyncio.sleep(0)
    gone.cancel()
    await send({"type": "http.response.body", "body": json.dumps(size).encode()})


@pytest.fixture
async def server():
    made = Server(echo, "127.0.0.1", 0)
    await made.start()
    yield made
    await made.stop()


Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def client(server):
    made = []

    async def connect() -> Client:
        made.append(await asyncio.open_connection("127.0.0.1", server.port))
        return made[-1]

    yield connect
    for _, writer in made:
        writer.close()


async def ask(one: Client, body: bytes = b"") -> bytes:
    reader, writer = one
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    async with asyncio.timeout(5):
        return await reader.readuntil(b"0\r\n\r\n")


async def ends(one: Client) -> bool:
    try:
        async with asyncio.timeout(5):
            while await one[0].read(65_536):
                pass
    except ConnectionResetError:
        pass
    return True


async def test_a_connection_serves_one_request_after_the_other(client):
    one = await client()

    answers = [await ask(one, b"x" * size) for size in (0, 1, 100_000)]

    assert [answer.split(b"\r\n")[-4] for answer in answers] == [b"0", b"1", b"100000"]


async def test_whoever_asks_nothing_more_is_let_go(monkeypatch, server, client):
    monkeypatch.setattr(doors, "IDLE_S", 0.05)
    await server.stop()
    await server.start()
    one = await client()
    await ask(one)

    assert await ends(one)


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch, server, client):
    monkeypatch.setattr(doors, "BODY_S", 0.05)
    await server.stop()
    await server.start()
    one = await client()
    one[1].write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")

    assert await ends(one)


async def test_an_answer_that_is_not_read_is_not_kept(monkeypatch, server, client):
    monkeypatch.setattr(doors, "UNREAD_S", 0.05)
    await server.stop()
    await server.start()
    one = await client()
    one[1].write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        while not server._state.tasks:
            await asyncio.sleep(0)
        while server._state.tasks:
            await asyncio.sleep(0.01)

    assert await ends(one)


async def test_a_head_without_an_end_is_not_read_to_its_end(client):
    one = await client()
    one[1].write(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (speaker.HEAD_BYTES + 1))

    assert await ends(one)


async def test_of_too_many_connections_the_one_that_rested_longest_goes(monkeypatch, server, client):
    monkeypatch.setattr(doors, "MOST", 3)
    await server.stop()
    await server.start()
    asking = await client()
    asking[1].write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
    resting = [await client(), await client()]
    await ask(resting[1])
    await ask(resting[0])
    await ask(resting[1])

    newest = await client()

    assert await ask(newest)
    assert await ends(resting[0])
    assert await ask(resting[1])
    asking[1].write(b"x")
    assert (await asyncio.wait_for(asking[0].readuntil(b"0\r\n\r\n"), 5)).startswith(b"HTTP/1.1 200")


async def test_a_request_that_is_none_is_refused(client):
    one = await client()
    one[1].write(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")

    assert (await asyncio.wait_for(one[0].read(), 5)).startswith(b"HTTP/1.1 400")
