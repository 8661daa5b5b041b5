"""``GET /v1/stream``: server-sent events of what is published from now on, and each second how the worker stands.

An event's id tells the newest offset of every topic's partition that was heard by then, so a client that comes again
(``Last-Event-ID``) goes on where it was, on whichever worker. What lies too far back is not repeated: the stream begins
with ``event: gap`` then, and the lists tell the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from pydantic_core import from_json, to_json

from streams.here.allowance import Allowance
from streams.http.metrics.catalogue import Reading
from streams.http.output_routes import letter_shown
from streams.http.problems import Problem, not_yet, responses
from streams.view import shown
from streams.view.dead_letters import Letter

if TYPE_CHECKING:  # it brings aiokafka, for which the first second does not wait
    from streams.http.outputs import News, Outputs

TICK_S: Final = 1.0
MOST_SHARE: Final = 0.025
"""The share of the worker's time that telling how it stands may take."""
MOST_STREAMS: Final = 16
"""Streams at once: they are the connections that never end."""


def stream_routes(outputs: Callable[[], Outputs | None], readings: Callable[[], Iterable[Reading]]) -> APIRouter:
    """The route, for what reads the topics and the shards as soon as there is something."""
    routes = APIRouter(prefix="/v1", tags=["outputs"])
    streams: set[object] = set()
    standing = _Standing(readings)

    @routes.get(
        "/stream",
        summary="Server-sent events: alert, version, report, dead_letter, status, gap.",
        response_class=StreamingResponse,
        responses={**responses(), 200: {"description": "Events.", "content": {"text/event-stream": {}}}},
    )
    async def stream(last_event_id: Annotated[str | None, Header()] = None) -> StreamingResponse:
        found = outputs()
        if found is None:
            raise not_yet("the worker is starting")
        if len(streams) >= MOST_STREAMS:
            raise not_yet(f"there are {MOST_STREAMS} streams already")
        seen = None if last_event_id is None else _seen(last_event_id)
        await found.view()

        async def told() -> AsyncIterator[bytes]:
            mine = object()
            streams.add(mine)
            try:
                async for event in _events(found, seen, standing):
                    yield event
            finally:
                streams.discard(mine)

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(told(), media_type="text/event-stream", headers=headers)

    return routes


async def _events(outputs: Outputs, seen: Mapping[str, int] | None, standing: _Standing) -> AsyncIterator[bytes]:
    number = outputs.number
    yield _event("status", standing(), _id(outputs.seen))
    if seen is not None:
        if _is_gap(outputs, seen):
            yield _event("gap", {"detail": "some of what was published since is not repeated here"}, None)
        for one in list(outputs.recent):
            if one.number <= number and one.published.offset > seen.get(_place(one), -1):
                yield _news(one)
    loop = asyncio.get_running_loop()
    tick = loop.time() + TICK_S
    while True:
        for one in await outputs.news(number, max(tick - loop.time(), 0.0)):
            number = one.number
            yield _news(one)
        if loop.time() >= tick:
            tick = loop.time() + TICK_S
            yield _event("status", standing(), None)


class _Standing:
    """How partitions stand, in few words (the whole is under ``/v1/status``).

    Read once for all streams of a moment, and less often where that takes long: the fold waits meanwhile.
    """

    def __init__(self, readings: Callable[[], Iterable[Reading]]) -> None:
        self._readings = readings
        self._until = 0.0
        self._allowance = Allowance(MOST_SHARE)
        self._told: dict[str, Any] = {}

    def __call__(self) -> dict[str, Any]:
        now = asyncio.get_running_loop().time()
        if now >= self._until and self._allowance.is_due(now):
            self._until = now + TICK_S / 2
            with self._allowance.work(now):
                self._told = {"partitions": {str(one.partition): _in_short(one) for one in self._readings()}}
        return self._told


def _in_short(one: Reading) -> dict[str, Any]:
    status = one.status
    return {
        "position": one.position,
        "published": one.published,
        "lag": one.lag,
        "events": None if status is None else status.events,
        "labels": None if status is None else status.labels,
        "drifting": None if status is None else status.drifting,
    }


def _news(news: News) -> bytes:
    published = news.published
    kind = published.kind.name
    content = letter_shown(Letter(published, published.effect)) if kind == "dead_letter" else shown.record(published)  # type: ignore[arg-type]  # of this kind it is one
    return _event(kind, content, _id(news.seen))


def _event(kind: str, content: Mapping[str, Any], identity: str | None) -> bytes:
    head = b"" if identity is None else b"id: %s\n" % identity.encode()
    return head + b"event: %s\ndata: %s\n\n" % (kind.encode(), to_json(content, inf_nan_mode="null"))


def _id(seen: Mapping[tuple[str, int], int]) -> str:
    return to_json({f"{kind}/{partition}": offset for (kind, partition), offset in sorted(seen.items())}).decode()


def _place(news: News) -> str:
    return f"{news.published.kind.name}/{news.published.partition}"


def _seen(last_event_id: str) -> dict[str, int]:
    try:
        seen = from_json(last_event_id)
    except ValueError:
        seen = None
    if not isinstance(seen, dict) or not all(type(offset) is int for offset in seen.values()):
        raise Problem(400, "Last-Event-ID must be an id that this stream gave")
    return seen


def _is_gap(outputs: Outputs, seen: Mapping[str, int]) -> bool:
    """Whether something after what was seen may not be among the news any more."""
    if not outputs.recent or outputs.recent[0].number == 1:
        return False
    oldest: dict[str, int] = {}
    for one in outputs.recent:
        oldest.setdefault(_place(one), one.published.offset)
    for (kind, partition), newest in outputs.seen.items():
        place = f"{kind}/{partition}"
        next_offset = seen.get(place, -1) + 1
        if next_offset <= newest and oldest.get(place, newest + 1) > next_offset:
            return True
    return False
