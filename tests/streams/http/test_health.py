"""The listener, over HTTP."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from contextlib import suppress

import aiohttp
import pytest
import uvloop

from streams.here.failures import SettingsError
from streams.http.guards import doors
from streams.http.health import Health


@pytest.fixture
async def health():
    waiting: list[str] = []
    made = Health("127.0.0.1", 0, waiting_for=lambda: waiting, metrics=lambda: b"# HELP x y\n")
    made.waiting = waiting
    await made.start()
    yield made
    await made.stop()


async def get(health: Health, path: str) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{health.port}{path}") as response,
    ):
        return response.status, response.headers["Content-Type"], await response.text()


async def test_live_while_it_waits(health):
    health.waiting.append("the broker")

    assert await get(health, "/livez") == (200, "application/json; charset=utf-8", '{"live": true}')


async def test_not_ready_says_what_it_waits_for(health):
    health.waiting.append("the broker")

    status, _type, body = await get(health, "/readyz")

    assert (status, body) == (503, '{"ready": false, "waiting_for": ["the broker"]}')


async def test_ready_when_nothing_is_waited_for(health):
    status, _type, body = await get(health, "/readyz")

    assert (status, body) == (200, '{"ready": true, "waiting_for": []}')


async def test_metrics_are_served_as_prometheus_text(health):
    status, content_type, body = await get(health, "/metrics")

    assert (status, body) == (200, "# HELP x y\n")
    assert content_type.startswith("text/plain; version=")


async def test_a_taken_port_is_refused_with_what_to_do(health):
    second = Health("127.0.0.1", health.port, waiting_for=list, metrics=bytes)

    with pytest.raises(SettingsError, match=rf"cannot listen on 127\.0\.0\.1:{health.port}.*or 0 for any free one"):
        await second.start()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def half_open(port: int, count: int, said: bytes = b"GET /li") -> list[socket.socket]:
    """Clients that begin a request, and no more."""
    made = []
    for _ in range(count):
        client = socket.socket()
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        client.send(said)
        made.append(client)
    return made


async def test_a_thousand_clients_that_ask_nothing_keep_no_probe_out_and_hold_few_descriptors(health, caplog):
    before = descriptors()

    clients = await half_open(health.port, 500) + await half_open(health.port, 500, b"")
    try:
        assert (await get(health, "/livez"))[0] == 200
        await asyncio.sleep(0.1)
        assert descriptors() - before - len(clients) <= doors.MOST + 1
    finally:
        for client in clients:
            client.close()

    assert caplog.text.count("too many connections: closing the oldest") == 1


async def test_a_client_that_never_finishes_its_question_is_let_go(monkeypatch):
    monkeypatch.setattr(doors.Doors.__init__, "__kwdefaults__", {"patience_s": 0.05})
    impatient = Health("127.0.0.1", 0, waiting_for=list, metrics=bytes)
    await impatient.start()
    [client] = await half_open(impatient.port, 1)
    try:
        async with asyncio.timeout(5):
            with suppress(ConnectionResetError):
                assert await asyncio.get_running_loop().sock_recv(client, 10) == b""
    finally:
        client.close()
        await impatient.stop()


async def test_a_probes_connection_ends_with_its_answer(health):
    reader, writer = await asyncio.open_connection("127.0.0.1", health.port)
    writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")

    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert b"200 OK" in answer
    assert b"connection: close" in answer


@pytest.mark.parametrize(("allowed", "most"), [(resource.RLIM_INFINITY, 64), (1_024, 64), (256, 32), (4, 1)])
def test_with_few_descriptors_there_are_fewer_connections(monkeypatch, allowed, most):
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (allowed, allowed))

    assert doors.most() == most


def test_the_listener_answers_on_the_workers_own_loop(caplog):
    async def main() -> list[tuple[int, str, str]]:
        made = Health("127.0.0.1", 0, waiting_for=list, metrics=bytes)
        await made.start()
        clients = await half_open(made.port, 100)
        try:
            return [await get(made, "/livez"), await get(made, "/livez")]
        finally:
            for client in clients:
                client.close()
            await made.stop()

    answers = uvloop.run(main())

    assert [status for status, *_ in answers] == [200, 200]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
