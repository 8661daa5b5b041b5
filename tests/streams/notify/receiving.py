"""A webhook on loopback that keeps what it is sent and answers as it is told to: what stands for the outside."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

WITHIN_S = 30


class Request(NamedTuple):
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """What came; ``answers`` are given in turn, and 204 when there are none."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: deque[web.Response] = deque()
        self.url = ""
        self.held: asyncio.Event | None = None
        """While it is there and not set, nothing is answered."""

    def statuses(self, key: Callable[[Any], Any] = lambda body: (body["data"]["episode"], body["data"]["status"])):
        return [key(request.json) for request in self.requests]

    async def has(self, count: int) -> None:
        """Wait for so many requests."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.requests) < count:
                await asyncio.sleep(0.01)

    async def _take(self, request: web.Request) -> web.Response:
        self.requests.append(Request(dict(request.headers), await request.read()))
        if self.held is not None:
            await self.held.wait()
        return self.answers.popleft() if self.answers else web.Response(status=204)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    app = web.Application()
    app.router.add_route("*", "/hook", one._take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield one
    finally:
        await runner.cleanup()
