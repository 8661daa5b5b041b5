"""``POST /v1/events``: an event or a label, appended to the input topic; it may be waited for its prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json

from streams.http.problems import not_yet, responses
from streams.http.scores.routes import Partition

LONGEST_WAIT_S: Final = 30.0

Wait = Annotated[
    float, Query(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for the prediction; 0 does not wait.")
]


class Sender(Protocol):
    """What appends; see `streams.http.sending.Sending`."""

    async def append(self, value: bytes, partition: int | None, wait_s: float) -> dict[str, Any]:
        """Append a record: where it is, and its prediction if it was waited for and came."""


def event_routes(sender: Callable[[], Sender | None]) -> APIRouter:
    """The route, for what sends as soon as there is something."""
    routes = APIRouter(prefix="/v1", tags=["events"])

    @routes.post(
        "/events",
        status_code=202,
        summary="Append an event or a label to the input topic.",
        responses={
            **responses(502),
            200: {"description": "Appended, and its prediction."},
            202: {"description": "Appended."},
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"type": "object", "description": "A record of the input topic."}}
                },
            }
        },
    )
    async def append(request: Request, partition: Partition = None, wait: Wait = 0.0) -> Response:
        found = sender()
        if found is None:
            raise not_yet("the worker is starting")
        said = await found.append(await request.body(), partition, wait)
        return Response(to_json(said), 200 if "prediction" in said else 202, media_type="application/json")

    return routes
