"""A server on loopback that answers from learners of its own, and a client that keeps its connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from models.learner import Learner
from schemas.gauge import Gauge
from streams.http.command_routes import Commander
from streams.http.guards.tokens import Tokens
from streams.http.health import Health, Service
from streams.http.scores.scorer import Scorer


class Client:
    """Asks one server."""

    def __init__(self, session: aiohttp.ClientSession, health: Health) -> None:
        self.session = session
        self.health = health

    async def __call__(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and body, as JSON where it is."""
        async with self.session.request(method, f"http://127.0.0.1:{self.health.port}{path}", **more) as response:
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, await response.json(content_type=None) if is_json else await response.text()

    async def post(self, path: str, content: Any, **more: Any) -> tuple[int, Any]:
        """Post JSON, or bytes that are some."""
        if isinstance(content, bytes):
            return await self("POST", path, data=content, headers={"Content-Type": "application/json"}, **more)
        return await self("POST", path, json=content, **more)


@asynccontextmanager
async def served(
    gauge: Gauge, cores: Mapping[int, Learner] | None, *, partitions: int = 1, host: str = "127.0.0.1",
    environ: Mapping[str, str] | None = None, commander: Commander | None = None, **more: Any,
) -> AsyncIterator[Client]:  # fmt: skip
    """A server of these learners; of None one that is starting."""
    scorer = None if cores is None else Scorer(gauge, partitions=partitions, cores=lambda: cores, lag=lambda _: 7)
    health = Health(
        host,
        0,
        waiting_for=list,
        metrics=bytes,
        service=lambda: None if scorer is None else Service(scorer, commander=commander),
        tokens=lambda: Tokens.of(environ or {}),
        **more,
    )
    await health.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Client(session, health)
    finally:
        await health.stop()
