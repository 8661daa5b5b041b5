"""MLflow's REST API 2.0: one request, its answer, and what MLflow says when it refuses.

The API is public and has kept its form since MLflow 1. MLflow's own client would bring thirty packages that pin what
Rivergauge uses at other versions. It takes the same variables of the environment as that client does.
"""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from pydantic_core import from_json, to_json

from streams.export.failures import MlflowAwayError, MlflowRefusedError

URI: Final = "MLFLOW_TRACKING_URI"
USERNAME: Final = "MLFLOW_TRACKING_USERNAME"
PASSWORD: Final = "MLFLOW_TRACKING_PASSWORD"  # the variable's name
TOKEN: Final = "MLFLOW_TRACKING_TOKEN"  # the variable's name
TIMEOUT_S: Final = 30.0
"""How long an answer may take."""
PAGE: Final = 200
"""Entries of one answer to a search."""
_TOLD_CHARACTERS: Final = 300
"""Of a refusal's reason, so many are told."""
_IS_ABSENT: Final = "RESOURCE_DOES_NOT_EXIST"
_ARTIFACTS: Final = "mlflow-artifacts"


class Rest:
    """One tracking server.

    Parameters
    ----------
    uri
        Its address: http or https.
    environ
        May hold a user's name and password, or a token.

    Raises
    ------
    MlflowRefusedError
        If the address is none of a server.
    """

    def __init__(self, uri: str, environ: Mapping[str, str]) -> None:
        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise MlflowRefusedError(
                f"the tracking URI must be the http or https address of an MLflow server, without a user, got "
                f"{_bare(uri)}; user and password go into {USERNAME} and {PASSWORD}"
            )
        self._base = uri.rstrip("/")
        self._headers = _authorization(environ)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What the server answers to a question.

        Raises
        ------
        MlflowAwayError, MlflowRefusedError
            If nobody answers, or the answer is no.
        """
        answer = self._asked("GET", f"/api/2.0/mlflow/{path}?{urlencode(query)}", None)
        assert answer is not None
        return answer

    def find(self, path: str, **query: Any) -> dict[str, Any] | None:
        """The same; ``None`` where there is no such thing."""
        return self._asked("GET", f"/api/2.0/mlflow/{path}?{urlencode(query)}", None, absent=True)

    def do(self, path: str, *, method: str = "POST", **content: Any) -> dict[str, Any]:
        """Ask for a change, or search; see `get` for what may be raised."""
        answer = self._asked(method, f"/api/2.0/mlflow/{path}", to_json(content))
        assert answer is not None
        return answer

    def pages(self, path: str, entries: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The entries of all pages of an answer."""
        token: dict[str, str] = {}
        while True:
            answer = self.get(path, max_results=PAGE, **query, **token)
            yield from answer.get(entries, ())
            if not answer.get("next_page_token"):
                return
            token = {"page_token": answer["next_page_token"]}

    def put(self, uri: str, content: bytes) -> None:
        """Keep an artefact at a URI of which `keeps` is true."""
        path = quote(urlsplit(uri).path.lstrip("/"))
        self._asked("PUT", f"/api/2.0/{_ARTIFACTS}/artifacts/{path}", content)

    def _asked(self, method: str, path: str, body: bytes | None, *, absent: bool = False) -> dict[str, Any] | None:
        kind = "application/octet-stream" if method == "PUT" else "application/json"
        request = Request(self._base + path, body, {**self._headers, "Content-Type": kind}, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT_S) as response:
                content = response.read()
        except HTTPError as error:
            refused = _object(error.read())
            if absent and refused.get("error_code") == _IS_ABSENT:
                return None
            raise MlflowRefusedError(self._refusal(error.code, refused)) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            why = getattr(error, "reason", None) or error
            raise MlflowAwayError(f"no MLflow server answers at {self._base}: {why}") from error
        answer = _object(content) if content.strip() else {}
        if not content.strip().startswith(b"{") and method != "PUT":
            raise MlflowRefusedError(f"{self._base} answers, but not as MLflow does: is it another server?")
        return answer

    def _refusal(self, status: int, said: Mapping[str, Any]) -> str:
        if status in (401, 403):
            return (
                f"MLflow at {self._base} wants to know who asks ({status}): set {USERNAME} and {PASSWORD}, or {TOKEN}"
            )
        why = f"{said.get('error_code', '')} {said.get('message', '')}".strip()[:_TOLD_CHARACTERS]
        return f"MLflow at {self._base} refuses ({status}): {why or 'without a reason; is it another server?'}"


def keeps(uri: str) -> bool:
    """Whether artefacts at a URI are given to the tracking server itself."""
    return urlsplit(uri).scheme == _ARTIFACTS


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = from_json(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bare(uri: str) -> str:
    """A URI without the password that may be in it."""
    return repr(uri.rpartition("@")[2])


def _authorization(environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get(TOKEN):
        return {"Authorization": f"Bearer {environ[TOKEN]}"}
    if environ.get(USERNAME):
        pair = f"{environ[USERNAME]}:{environ.get(PASSWORD, '')}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}
