"""Asks a worker or a replica for scores. The standard library does it: a command starts at once, and no proxy of the
environment, and no redirection, is ever given the token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic, sleep
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic_core import from_json

from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError
from streams.http import retry_after

TOKEN: Final = "RIVERGAUGE_TOKEN"  # the variable's name
TIMEOUT_S: Final = 30.0
"""How long an answer may take."""
PATIENCE_S: Final = 30.0
"""How long a server is asked again that says to come back later."""
_AGAIN_S: Final = 1.0
"""When it is asked again, where it does not say; it is not asked sooner than after `_SOONEST_S`."""
_SOONEST_S: Final = 0.1
_LATER: Final = frozenset({429, 503})
_CREDENTIALS: Final = frozenset({401, 403})


class ServerAwayError(CommandError):
    """Nobody answers, or not now."""

    exit_code = ExitCode.UNAVAILABLE


class ServerRefusedError(CommandError):
    """The server is none of ours, or takes neither the token nor the request."""

    exit_code = ExitCode.USAGE


class _Response(NamedTuple):
    status: int
    reason: str
    again_in_s: float
    content: Any
    """None where it is no JSON object."""


class Client:
    """Asks one server, on one connection.

    Parameters
    ----------
    gauge
        The name of the gauge whose answers are wanted.
    url
        Where it answers: ``http://host:port``, or ``https``, with a path before ``/v1`` if it has one.
    token
        Sent with each request, if there is one.
    rest
        Waits so many seconds.
    now
        The time, to which a date in ``Retry-After`` is compared.

    Raises
    ------
    ServerRefusedError
        If the URL is none.
    """

    def __init__(
        self,
        gauge: str,
        url: str,
        token: str | None = None,
        *,
        rest: Callable[[float], None] = sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ServerRefusedError(f"--url {url}: {error}") from error
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
            raise ServerRefusedError(f"--url expects http://HOST:PORT or https://HOST, got {url!r}")
        self._url = url.rstrip("/")
        self._path = parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = make(host, port, timeout=TIMEOUT_S)
        self._gauge = gauge
        self._is_known = False
        self._rest = rest
        self._now = now
        self.patience_s = PATIENCE_S

    def score(self, values: Sequence[bytes], partition: int | None = None) -> list[dict[str, Any]]:
        """An answer for each event, or problem details where it is refused. One that is no JSON must come alone.

        Raises
        ------
        ServerAwayError, ServerRefusedError
            If there are none.
        """
        if not self._is_known:
            self._refuse_other()
            self._is_known = True
        path = "/v1/score" if partition is None else f"/v1/score?partition={partition}"
        if len(values) == 1 and not is_json(values[0]):
            said = self._asked(path, values[0])
            if said.status in (200, 422) and said.content is not None:
                return [said.content]
            raise self._error(said)
        said = self._asked(path, b'{"events":[%b]}' % b",".join(values))
        answers = None if said.content is None else said.content.get("answers")
        if said.status != 200 or not isinstance(answers, list) or len(answers) != len(values):
            raise self._error(said)
        return answers

    def _refuse_other(self) -> None:
        # The events of one gauge may well fit another, and its answers would not. This is a scoring path, for which a
        # token that only scores will do, and it looks at the name before all else.
        said = self._once(f"/v1/models/{self._gauge}:predict", b'{"instances":[]}')
        detail = None if said.content is None else said.content.get("detail")
        if said.status == HTTPStatus.NOT_FOUND and isinstance(detail, str):
            raise ServerRefusedError(
                f"{self._url} answers for another gauge than {self._gauge} ({detail}); --url names its own server"
            )

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _asked(self, path: str, body: bytes) -> _Response:
        until = monotonic() + self.patience_s
        while True:
            response = self._once(path, body)
            if response.status not in _LATER or monotonic() + response.again_in_s > until:
                return response
            self._rest(response.again_in_s)

    def _once(self, path: str, body: bytes) -> _Response:
        # A server ends a connection that rested; and to ask again for a score costs nobody anything.
        is_new = self._connection.sock is None
        try:
            return self._sent(path, body)
        except (HTTPException, OSError) as error:
            self._connection.close()
            if is_new or isinstance(error, TimeoutError):
                raise self._away(error) from error
        try:
            return self._sent(path, body)
        except (HTTPException, OSError) as error:
            self._connection.close()
            raise self._away(error) from error

    def _sent(self, path: str, body: bytes) -> _Response:
        self._connection.request("POST", self._path + path, body, self._headers)
        with self._connection.getresponse() as response:
            content = None
            with suppress(ValueError):
                content = from_json(response.read())
            later = retry_after.seconds_of(response.getheader("Retry-After"), self._now())
            return _Response(
                response.status,
                response.reason,
                _AGAIN_S if later is None else max(later, _SOONEST_S),
                content if isinstance(content, dict) else None,
            )

    def _away(self, error: Exception) -> ServerAwayError:
        why = f"no answer within {TIMEOUT_S:g} s" if isinstance(error, TimeoutError) else str(error) or repr(error)
        return ServerAwayError(
            f"nobody answers at {self._url} ({why}): does a worker or a replica run there? --url names another address"
        )

    def _error(self, said: _Response) -> ServerAwayError | ServerRefusedError:
        detail = None if said.content is None else said.content.get("detail")
        if not isinstance(detail, str):
            return ServerRefusedError(
                f"{self._url} is no server of Rivergauge: it answered {said.status} {said.reason}; --url names another"
            )
        if said.status in _CREDENTIALS:
            return ServerRefusedError(f"{self._url} does not let us: {detail}; {TOKEN} holds the token")
        if said.status == 421:
            return ServerAwayError(f"{self._url}: {detail}; --url names another worker, or a replica")
        if said.status >= 500 or said.status in _LATER:
            return ServerAwayError(f"{self._url} cannot answer: {detail}")
        return ServerRefusedError(f"{self._url} refused the request: {detail}")


def is_json(value: bytes) -> bool:
    """Whether a record can stand among others in one request."""
    try:
        from_json(value)
    except ValueError:
        return False
    return True


def refusal(reason: str, detail: str) -> dict[str, Any]:
    """An event that is not sent, refused as a server refuses one."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, "reason": reason}
