"""The page over HTTP: its document, its files, and its tiles as they change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from streams.http.problems import Problem, not_yet
from streams.page import plain
from streams.page.live import LivePage

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing is loaded from elsewhere, and nothing but our own script runs."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page_routes(page: Callable[[], LivePage | None]) -> APIRouter:
    """The page's routes; ``page`` gives ``None`` as long as the worker has not begun."""
    router = APIRouter(include_in_schema=False)

    async def opened() -> LivePage:
        found = page()
        if found is None:
            raise not_yet("the worker is starting")
        await found.open()
        return found

    @router.get("/")
    async def document(partition: int | None = None) -> HTMLResponse:
        try:
            found = await opened()
            html = found.html(_known(found, partition))
        except Problem as problem:
            # A person reads this: a sentence, and the browser asks again by itself where that can help.
            again = {"Refresh": "2"} if problem.status == 503 else {}
            html = plain.sentence(problem.detail)
            return HTMLResponse(html, problem.status, headers={**_HEADERS, **problem.headers, **again})
        return HTMLResponse(html, headers=_HEADERS)

    @router.get("/page/stream")
    async def stream(partition: int | None = None) -> StreamingResponse:
        found = await opened()
        ticks = _ticks(found, _known(found, partition))
        return StreamingResponse(ticks, media_type="text/event-stream", headers=_HEADERS)

    for name in plain.ASSETS:
        router.add_api_route(f"/{name}", _asset(name))
    return router


def _asset(name: str) -> Callable[[], Awaitable[Response]]:
    async def asset() -> Response:
        return Response(plain.asset(name), media_type=plain.ASSETS[name], headers=_HEADERS)

    return asset


async def _ticks(page: LivePage, partition: int) -> AsyncIterator[bytes]:
    """Each tick an event with the time, which proves that the stream lives, and the tiles that have changed."""
    known: Mapping[str, bytes] = {}
    while True:
        shown = page.shown(partition)
        yield b"data: " + shown.but(known, page.now_ms) + b"\n\n"
        known = shown.tiles
        await asyncio.sleep(page.tick_s)


def _known(page: LivePage, partition: int | None) -> int:
    known = page.partitions
    if partition is None:
        return known[0]
    if partition not in known:
        raise Problem(404, f"nothing is known of partition {partition}; known are {', '.join(map(str, known))}")
    return partition
