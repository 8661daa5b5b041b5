"""What is wrong with a request, as problem details (RFC 9457), without stack traces and feature values."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from streams.here import logs

MEDIA_TYPE: Final = "application/problem+json"

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {"type": "string", "description": "Why a record was refused, as in dead letters."},
    },
}

_log = logs.Log("http")


class Problem(Exception):  # noqa: N818  # the word of RFC 9457
    """A request that gets no answer. ``more`` are members of the problem's body, ``headers`` of the response."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def body(self) -> dict[str, Any]:
        """Its problem details."""
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, **self.more}

    def response(self) -> Response:
        """What the client gets."""
        return Response(to_json(self.body()), self.status, self.headers, media_type=MEDIA_TYPE)


def not_yet(what: str) -> Problem:
    """The worker cannot answer now, and will soon."""
    return Problem(503, what, headers={"Retry-After": "1"})


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an operation's document says of its problems."""
    every = {400, 401, 403, 404, 405, 413, 415, 421, 422, 429, 500, 503}.union(statuses)
    content = {MEDIA_TYPE: {"schema": SCHEMA}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(every)}


def told_as_problems(app: FastAPI) -> None:
    """Have the app tell everything that it refuses as problem details."""

    async def problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return Problem(error.status_code, str(error.detail), headers=error.headers).response()

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"][1:])
        return Problem(422, f"{where}: {first['msg']}").response()

    async def gone(_request: Request, _error: Exception) -> Response:
        return Problem(400, "the body ended early").response()  # nobody is there to read it

    async def defect(request: Request, error: Exception) -> Response:
        _log.error("request failed", cause=error, method=request.method, path=request.url.path)
        return Problem(500, "a defect of the server; its log has more").response()

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, defect)
