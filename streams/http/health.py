"""``/livez``, ``/readyz``, ``/metrics``, from the first second on.

``/livez`` proves that the event loop turns and no more: a shard that never stops waiting would go unnoticed. Whether
each partition moves is in ``/metrics``: a lag that does not shrink while ``rivergauge_position``, or
``rivergauge_published_position``, stands still. ``/readyz`` answers 503, and why, until every shard has come to the end
that its log had when it was assigned. ``/metrics`` is Prometheus' text format. There is nothing to change here and
nothing secret, but it listens on loopback unless the gauge file says otherwise. A probe's connection ends with its
answer: the next one comes seconds later.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST

from streams.here import logs
from streams.http.command_routes import Commander, command_routes
from streams.http.event_routes import Sender, event_routes
from streams.http.guards.access import Access
from streams.http.guards.rates import PER_SECOND
from streams.http.guards.tokens import Tokens
from streams.http.metrics.catalogue import Reading
from streams.http.output_routes import output_routes
from streams.http.page import page_routes
from streams.http.problems import told_as_problems
from streams.http.scores.answers import Answers
from streams.http.scores.mlflow import mlflow_routes
from streams.http.scores.open_inference import open_inference_routes
from streams.http.scores.routes import score_routes
from streams.http.server import Server
from streams.http.stream_routes import stream_routes
from streams.page.live import LivePage

if TYPE_CHECKING:  # it brings aiokafka, for which the first second does not wait
    from streams.http.outputs import Outputs

VERSION: Final = version("rivergauge")

_log = logs.Log("http")


class Service(NamedTuple):
    """What a worker that has begun does for HTTP clients."""

    answers: Answers
    outputs: Outputs | None = None
    sender: Sender | None = None
    page: LivePage | None = None
    commander: Commander | None = None


class Prometheus(Response):
    """Prometheus' text."""

    media_type = CONTENT_TYPE_LATEST


class Health:
    """The server, and its probes.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes a free one, see ``port`` after `start`.
    waiting_for
        What the worker still waits for, one line each; nothing means ready.
    metrics
        The text of ``/metrics``.
    service
        What answers, reads and sends, as soon as there is something.
    readings
        How the worker's partitions stand.
    gauge
        The gauge's name.
    tokens
        Reads the tokens that clients may have.
    requests_per_second
        What one client may ask.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        waiting_for: Callable[[], list[str]],
        metrics: Callable[[], bytes | Awaitable[bytes]],
        service: Callable[[], Service | None] = lambda: None,
        readings: Callable[[], Iterable[Reading]] = tuple,
        gauge: str = "",
        tokens: Callable[[], Tokens] = Tokens,
        requests_per_second: float = PER_SECOND,
    ) -> None:
        self.app = app = FastAPI(title="Rivergauge", version=VERSION, docs_url=None, redoc_url=None)
        told_as_problems(app)
        app.include_router(probes(waiting_for, metrics))

        def answers() -> Answers | None:
            return None if (found := service()) is None else found.answers

        def outputs() -> Outputs | None:
            return None if (found := service()) is None else found.outputs

        def sender() -> Sender | None:
            return None if (found := service()) is None else found.sender

        def commander() -> Commander | None:
            return None if (found := service()) is None else found.commander

        def page() -> LivePage | None:
            return None if (found := service()) is None else found.page

        for routes in (
            score_routes(answers),
            page_routes(page),
            event_routes(sender),
            command_routes(commander),
            output_routes(gauge, outputs, readings),
            stream_routes(outputs, readings),
            open_inference_routes(answers, VERSION),
            mlflow_routes(answers, VERSION),
        ):
            app.include_router(routes)
        self._tokens = tokens
        self._access = Access(app, host, requests_per_second)
        self._server = Server(self._access, host, port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        SettingsError
            If the port is taken, the host is not ours, or a token is malformed.
        """
        self._access.tokens = self._tokens()
        if self._access.is_closed:
            _log.warning("no tokens: answering probes alone", host=self._server.host)
        await self._server.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()


def probes(waiting_for: Callable[[], list[str]], metrics: Callable[[], bytes | Awaitable[bytes]]) -> APIRouter:
    """The routes of the three probes."""
    routes = APIRouter(tags=["probes"])

    @routes.get("/livez", summary="Whether the event loop turns.")
    async def live() -> Response:
        return _json({"live": True})

    @routes.get("/readyz", summary="Whether every partition is caught up.", responses={503: {"description": "Not yet"}})
    async def ready() -> Response:
        waiting = waiting_for()
        return _json({"ready": not waiting, "waiting_for": waiting}, 503 if waiting else 200)

    @routes.get("/metrics", summary="Prometheus' text format.", response_class=Prometheus)
    async def scrape() -> Response:
        text = metrics()
        return Prometheus(text if isinstance(text, bytes) else await text, headers={"Connection": "close"})

    return routes


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(
        json.dumps(content), status, media_type="application/json; charset=utf-8", headers={"Connection": "close"}
    )
