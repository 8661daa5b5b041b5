"""The worker's one HTTP server: uvicorn's protocol on the worker's own event loop.

Uvicorn's server would bring signal handlers and a main loop of its own. Here are only its parser and its ASGI cycle, on
a socket that is ours; how connections are bounded is in `streams.http.guards.doors`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from streams.here.failures import SettingsError
from streams.http.guards.doors import IDLE_S, Doors, most
from streams.http.guards.speaker import Speaker

LEAVE_S: Final = 0.5
"""How long answers that are being given may take when the server stops."""
GONE_S: Final = 0.2
"""How long they may take when their connections have ended."""


class Server:
    """A listener for one app.

    Parameters
    ----------
    app
        An ASGI app without a lifespan.
    host, port
        Where to listen; port 0 takes a free one, see ``port`` after `start`.
    """

    def __init__(self, app: Any, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._app = app
        self._state = ServerState()
        self._doors: Doors | None = None
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        SettingsError
            If the port is taken or the host is not ours.
        """
        config = Config(
            self._app, log_config=None, access_log=False, lifespan="off", ws="none", interface="asgi3",
            proxy_headers=False,
            timeout_keep_alive=int(IDLE_S) + 1,
        )  # fmt: skip
        config.load()
        doors = self._doors = Doors(most=most())
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                lambda: Speaker(config, self._state, doors), self.host, self.port
            )
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {self.host}:{self.port} (server.host, server.port): {error.strerror or error}; "
                "choose another port, or 0 for any free one"
            ) from error
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening; what is being answered may end, for a moment."""
        listener, self._listener = self._listener, None
        if listener is None or self._doors is None:
            return
        listener.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=LEAVE_S)
        self._doors.shut()
        # A stream ends when it hears that its client is gone.
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=GONE_S)
        for task in list(self._state.tasks):
            task.cancel()
