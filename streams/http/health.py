"""The worker's HTTP listener: ``/livez``, ``/readyz``, ``/metrics``, from the first second on.

``/livez`` proves that the event loop turns and no more: a shard that never stops waiting would go unnoticed. Whether
each partition moves is in ``/metrics``: a lag that does not shrink while ``rivergauge_position``, or
``rivergauge_published_position``, stands still. ``/readyz`` answers 503, and why, until every shard has come to the end
that its log had when it was assigned. ``/metrics`` is Prometheus' text format. There is nothing to change here and
nothing secret, but it listens on loopback unless the gauge file says otherwise. A connection is for one request, and is
bounded (`streams.http.doors`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from streams.here.failures import SettingsError
from streams.http.doors import Doors, most


class Health:
    """The listener.

    Parameters
    ----------
    host, port
        Where to listen; port 0 takes a free one, see ``port`` after `start`.
    waiting_for
        What the worker still waits for, one line each; nothing means ready.
    metrics
        The text of ``/metrics``.
    """

    def __init__(
        self, host: str, port: int, *, waiting_for: Callable[[], list[str]], metrics: Callable[[], bytes]
    ) -> None:
        self.host = host
        self.port = port
        self._waiting_for = waiting_for
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        SettingsError
            If the port is taken or the host is not ours.
        """
        app = web.Application()
        app.add_routes(
            [web.get("/livez", self._livez), web.get("/readyz", self._readyz), web.get("/metrics", self._metrics_text)]
        )
        app.on_response_prepare.append(_last)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        assert self._runner.server is not None, "it was set up"
        try:
            doors = Doors(self._runner.server, most=most())
            self._listener = await asyncio.get_running_loop().create_server(doors, self.host, self.port)
        except OSError as error:
            await self.stop()
            raise SettingsError(
                f"cannot listen on {self.host}:{self.port} (server.host, server.port): {error.strerror or error}; "
                "choose another port, or 0 for any free one"
            ) from error
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _livez(self, _request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        waiting = self._waiting_for()
        return web.json_response({"ready": not waiting, "waiting_for": waiting}, status=503 if waiting else 200)

    async def _metrics_text(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _last(_request: web.Request, response: web.StreamResponse) -> None:
    """A connection ends with its answer."""
    response.force_close()
    response.headers["Connection"] = "close"
