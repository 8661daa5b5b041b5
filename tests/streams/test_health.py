"""The listener, over HTTP."""

from __future__ import annotations

import aiohttp
import pytest

from streams.failures import SettingsError
from streams.health import Health


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
