"""What speaks HTTP to one client: uvicorn's protocol, which tells the doors what its connection is doing."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from streams.http.guards.doors import Doors, Phase

HEAD_BYTES: Final = 32_768
"""The longest head of a request: its first line and its headers."""


class Speaker(HttpToolsProtocol):
    """One connection; it stays open between requests, as long as the doors let it.

    Parameters
    ----------
    config, state
        Uvicorn's: the app, and what all connections share.
    doors
        Told of every step.
    """

    def __init__(self, config: Config, state: ServerState, doors: Doors) -> None:
        super().__init__(config, state, {}, asyncio.get_running_loop())
        self._doors = doors
        self._phase = Phase.HEAD
        self._begun = False
        """A request has begun, and its head is not complete."""
        self._head_bytes = 0
        self._unread = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The client is there."""
        super().connection_made(transport)
        self._doors.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._doors.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request."""
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._begun else 0
        if self._head_bytes > HEAD_BYTES:
            self.shut()
        else:
            self._look()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request."""
        self._begun = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The answer is given."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The client does not read its answer."""
        self._unread = True
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """It has read."""
        self._unread = False
        super().resume_writing()
        self._look()

    def shut(self) -> None:
        """End the connection at once."""
        self._doors.closed(self)
        if self.transport is not None:
            self.transport.abort()

    def _look(self) -> None:
        phase = self._now()
        if phase is not self._phase and not self.transport.is_closing():
            self._phase = phase
            self._doors.moved(self, phase)

    def _now(self) -> Phase:
        if self._unread:
            return Phase.UNREAD
        if self.cycle is not None and not self.cycle.response_complete:
            return Phase.BODY if self.cycle.more_body else Phase.ANSWER
        # Nothing was asked yet, a question has begun, or the rest of one is not wanted any more.
        resting = self.cycle is not None and not self._begun and not self.cycle.more_body
        return Phase.IDLE if resting else Phase.HEAD
