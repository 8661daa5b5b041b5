"""The process of ``rivergauge notify``: a messenger for each receiver, and the probes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from fastapi import FastAPI

from schemas.gauge import Gauge
from streams.here import logs
from streams.http.guards.access import Access
from streams.http.health import probes
from streams.http.problems import told_as_problems
from streams.http.server import Server
from streams.notify import told
from streams.notify.address import Address
from streams.notify.messenger import Messenger, Setting
from streams.notify.series import NotifySeries
from streams.notify.webhook import Webhook

_log = logs.Log("notify")


class Notifier:
    """Tells all receivers of a gauge.

    Parameters
    ----------
    gauge
        A checked gauge.
    settings
        Client settings, from `streams.kafka.connection`.
    where
        The receivers' addresses.
    host, port
        Where the probes listen; port 0 takes a free one.
    """

    def __init__(
        self, gauge: Gauge, settings: Mapping[str, Any], where: Mapping[str, Address], *, host: str, port: int
    ) -> None:
        self._gauge = gauge
        self._settings = settings
        self._where = where
        self._messengers: list[Messenger] = []
        self._stop = asyncio.Event()
        series = NotifySeries(gauge.name, self._messengers, lambda: not self.waiting_for())
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        told_as_problems(app)
        app.include_router(probes(self.waiting_for, series.text))
        self._server = Server(Access(app, host), host, port)

    @property
    def port(self) -> int:
        """Where the probes listen."""
        return self._server.port

    def waiting_for(self) -> list[str]:
        """What keeps it from being ready."""
        if not self._messengers:
            return ["what was told before"]
        return [f"receiver {one.name}: alerts from before" for one in self._messengers if not one.is_ready]

    def stop(self) -> None:
        """Ask it to finish."""
        self._stop.set()

    async def run(self) -> None:
        """Tell until `stop`.

        Raises
        ------
        WorkerError
            If the broker cannot be reached or refuses, topics are missing, or another process does the same.
        """
        await self._server.start()
        try:
            async with self._opened() as messengers:
                self._messengers += messengers
                _log.info("telling", gauge=self._gauge.name, receivers=",".join(self._where), port=self.port)
                await self._until_stopped()
        finally:
            await self._server.stop()

    async def _until_stopped(self) -> None:
        telling = [asyncio.create_task(one.run(), name=one.name) for one in self._messengers]
        stopped = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait({stopped, *telling}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (stopped, *telling):
                task.cancel()
            await asyncio.gather(stopped, *telling, return_exceptions=True)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[list[Messenger]]:
        gauge = self._gauge
        async with told.opened(gauge, self._settings) as book, aiohttp.ClientSession() as session:
            records = await told.read(gauge, self._settings)
            setting = Setting(gauge, self._settings, book)
            yield [
                Messenger(
                    name,
                    gauge.notify.receivers[name],
                    setting,
                    Webhook(
                        name,
                        address.url,
                        address.headers,
                        give_up_after_s=gauge.notify.give_up_after_seconds,
                        session=session,
                    ),
                    [one for one in records if one.receiver == name],
                )
                for name, address in self._where.items()
            ]
