"""``POST /v1/commands``: an operator's word, by whom the token names; written to the input topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json

from schemas.commands import ALLOWED_BY
from streams.http.guards.access import COMMANDS, HOLDER
from streams.http.problems import Problem, not_yet, responses
from streams.http.scores.bodies import object_of

Only = Annotated[int | None, Query(ge=0, description="Only this partition; by default the version's, or all.")]

_BODY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["command"],
    "additionalProperties": False,
    "properties": {
        "command": {"type": "string", "enum": [*ALLOWED_BY]},
        "version": {"type": "string", "description": "What promote, roll_back, approve and decline are about."},
        "why": {"type": "string", "maxLength": 500},
    },
}


class Commander(Protocol):
    """What writes commands; see `streams.http.commanding.Commanding`."""

    async def give(self, said: Mapping[str, Any], partition: int | None) -> list[dict[str, Any]]:
        """Write a command: where it stands."""


def command_routes(commander: Callable[[], Commander | None]) -> APIRouter:
    """The route, for what writes as soon as there is something."""
    routes = APIRouter(tags=["commands"])

    @routes.post(
        COMMANDS,
        status_code=202,
        summary="Promote, roll back, retrain, pause, resume, approve or decline, where the gauge file allows it.",
        responses={**responses(502), 202: {"description": "Written to the input topic."}},
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}},
    )
    async def give(request: Request, partition: Only = None) -> Response:
        found = commander()
        if found is None:
            raise not_yet("the worker is starting")
        said = object_of(await request.body())
        if "who" in said:
            raise Problem(422, "who says so is the name of the token: leave who out")
        given = await found.give({**said, "who": request.scope[HOLDER].name}, partition)
        return Response(to_json({"commands": given}), 202, media_type="application/json")

    return routes
