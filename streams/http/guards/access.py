"""Who may ask what, and how much at once: decided before a request reaches a route.

Probes are for everybody, wherever the server listens, and so is what `streams.http.guards.tokens` calls open. For the
rest a token is wanted where there are tokens. Without any, a server that listens on loopback answers whoever is on this
machine, but no web page of another site: a request must name this machine as its host, and its own site if any as its
origin. A server that listens elsewhere answers probes alone. Commands want a token everywhere, and are never open:
whoever gives one is named in what comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from streams.http.guards.hosts import is_loopback
from streams.http.guards.rates import PER_SECOND, Rates
from streams.http.guards.tokens import FILE_VARIABLE, VARIABLE, Scope, Token, Tokens
from streams.http.problems import Problem

BODY_BYTES: Final = 4_000_000
"""The longest body of a request."""
BODIES_BYTES: Final = 32_000_000
"""The bytes of all bodies that are being answered; who comes when there are more is asked to come later."""

PROBES: Final = frozenset(
    {"/livez", "/readyz", "/metrics", "/ping", "/health", "/version", "/v2/health/live", "/v2/health/ready"}
)


COMMANDS: Final = "/v1/commands"
HOLDER: Final = "rivergauge.holder"
"""Where an ASGI scope has the holder of the token."""


class Access:
    """Stands before the app.

    Parameters
    ----------
    app
        What answers.
    host
        Where the server listens.
    requests_per_second
        What one client may ask.
    """

    def __init__(self, app: ASGIApp, host: str, requests_per_second: float = PER_SECOND) -> None:
        self.tokens = Tokens()
        self._rates = Rates(requests_per_second)
        self._app = app
        self._host = host
        self._bodies = 0

    async def __call__(self, asgi: Asgi, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if asgi["path"] in PROBES:
            await self._app(asgi, receive, send)
            return
        bodies = _Body(self, receive)
        try:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in asgi["headers"]}
            holder = self._holder(headers)
            self._raise_if_too_often(asgi, holder)
            self._admit(asgi["method"], asgi["path"], headers, holder)
            asgi[HOLDER] = holder
            bodies.announced(headers)
            await self._app(asgi, bodies, send)
        except Problem as problem:
            if problem.status == 413:
                problem.headers["Connection"] = "close"  # the rest of the body is not wanted
            await problem.response()(asgi, receive, send)
        finally:
            self._bodies -= bodies.size

    @property
    def is_closed(self) -> bool:
        """Whether nothing but probes is answered."""
        return not self.tokens.tokens and not self.tokens.open and not is_loopback(self._host)

    def take(self, size: int) -> None:
        """So many bytes more are being held."""
        if self._bodies + size > BODIES_BYTES:
            raise Problem(503, "too much is asked at once; come back later", headers={"Retry-After": "1"})
        self._bodies += size

    def _holder(self, headers: Mapping[str, str]) -> Token | None:
        kind, _, given = headers.get("authorization", "").partition(" ")
        return self.tokens.holder(given.strip()) if kind.lower() == "bearer" else None

    def _raise_if_too_often(self, asgi: Asgi, holder: Token | None) -> None:
        # Who has no token that is known is an address, so that tokens cannot be tried out faster than that.
        address = (asgi.get("client") or [""])[0]
        wait_s = self._rates.wait_s(f"address {address}" if holder is None else f"token {holder.name}")
        if wait_s > 0:
            raise Problem(
                429,
                f"a client may ask {self._rates.per_second:g} times a second (server.requests_per_second); "
                "come back later",
                headers={"Retry-After": str(ceil(wait_s))},
            )

    def _admit(self, method: str, path: str, headers: Mapping[str, str], holder: Token | None) -> None:
        if self.is_closed:
            raise Problem(
                403,
                f"the server listens on {self._host}, which others than this machine can reach, and has no tokens: it "
                f"answers probes alone. Set {VARIABLE} or {FILE_VARIABLE}, or listen on 127.0.0.1",
            )
        scope = scope_of(method, path)
        if path == COMMANDS and not self.tokens.tokens:
            raise Problem(403, f"{path} wants a token of scope {Scope.CONTROL}, here too: set {VARIABLE}")
        if scope in self.tokens.open and path != COMMANDS:
            _raise_if_from_another_page(headers)
        elif self.tokens.tokens or not is_loopback(self._host):
            _raise_without_token(holder, scope)
        else:
            _raise_if_from_elsewhere(headers, self._host)
        of_json = path == COMMANDS or (path != "/invocations" and scope in {Scope.SCORE, Scope.SEND})
        if method == "POST" and of_json:
            _raise_if_no_json(headers)


class _Body:
    """A request's body, counted as it comes."""

    def __init__(self, access: Access, receive: Receive) -> None:
        self.size = 0
        self._access = access
        self._receive = receive

    def announced(self, headers: Mapping[str, str]) -> None:
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > BODY_BYTES:
            raise _too_long()

    async def __call__(self) -> Message:
        message = await self._receive()
        more = len(message.get("body", b""))
        if self.size + more > BODY_BYTES:
            raise _too_long()
        self._access.take(more)
        self.size += more
        return message


def _raise_without_token(holder: Token | None, wanted: Scope) -> None:
    if holder is None:
        raise Problem(401, "a token is wanted: Authorization: Bearer TOKEN", headers={"WWW-Authenticate": "Bearer"})
    if wanted not in holder.scopes:
        raise Problem(403, f"this token does not allow to {wanted}")


def _raise_if_from_elsewhere(headers: Mapping[str, str], host: str) -> None:
    """A browser is on this machine too; what pages of other sites have it ask bears their name."""
    asked = _name(headers.get("host", ""))
    if not (asked in {"localhost", host} or is_loopback(asked)):
        raise Problem(403, "without tokens only requests to this machine by its own name are answered")
    _raise_if_from_another_page(headers)


def _raise_if_from_another_page(headers: Mapping[str, str]) -> None:
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise Problem(403, "without tokens no page of another site is answered")


def _raise_if_no_json(headers: Mapping[str, str]) -> None:
    if _media_type(headers) != "application/json":
        raise Problem(415, "expected Content-Type: application/json")


def _too_long() -> Problem:
    return Problem(413, f"a body may have {BODY_BYTES:,} bytes; send less at once")


def scope_of(method: str, path: str) -> Scope:
    """What a token must allow for this; what is not known is the most that there is."""
    if method in {"GET", "HEAD", "OPTIONS"}:
        return Scope.READ
    if path == "/v1/events":
        return Scope.SEND
    if path in {"/v1/score", "/invocations"} or path.endswith((":predict", "/infer")):
        return Scope.SCORE
    return Scope.CONTROL


def _name(host: str) -> str:
    """A host header without its port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].lower()


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def content_type(headers: Mapping[str, Any]) -> str:
    """The media type of a request's body."""
    return _media_type({name.lower(): str(value) for name, value in headers.items()})
