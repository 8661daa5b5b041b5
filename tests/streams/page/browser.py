"""A real browser for tests, and a page to look at without a worker behind it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright

from schemas.gauge import Gauge
from streams.http.page import page_routes
from streams.http.problems import told_as_problems
from streams.http.server import Server
from streams.page.live import Folded, LivePage, Stand
from streams.view.view import View
from tests.conftest import Require


def chromium(require: Require) -> str:
    """Where Chromium is."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    require("browser", path, "no chromium on PATH")
    assert path is not None
    return path


@asynccontextmanager
async def launched(path: str) -> AsyncIterator[Browser]:
    """A browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def looked_at(browser: Browser, url: str, **context: object) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page, and what its console complained of."""
    page = await browser.new_page(**context)  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(url)
    try:
        yield page, complaints
    finally:
        await page.close()


async def holds(page: Page, condition: str) -> None:
    """Wait for a condition; the page's policy lets no script be made of text, so the browser is asked."""
    async with asyncio.timeout(30):
        while not await page.evaluate(condition):
            await asyncio.sleep(0.05)


class Stage:
    """The page's server with a process behind it that is whatever a test says."""

    def __init__(self, gauge: Gauge, now_s: float) -> None:
        self.view = View()
        self.stand: Stand | None = None
        """Of partition 0; ``None`` where the process folds nothing."""
        self.waiting_for: Sequence[str] = ()
        self.now_s = now_s
        folded = Folded(self._partitions, lambda: self.waiting_for, self._stand)
        self.page: LivePage | None = LivePage(
            gauge, self._read, folded=folded, clock=lambda: self.now_s, spent=lambda: 0.0, tick_s=0.1
        )
        self._known = self.page
        self._app = FastAPI()
        told_as_problems(self._app)
        self._app.include_router(page_routes(lambda: self.page))
        self._server: Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}/"

    def becomes(self, stand: Stand | None, *, after_s: float = 1.0) -> None:
        """So much later, this is how the partition stands."""
        self.now_s += after_s
        self.stand = stand

    async def start(self) -> None:
        """Serve, on the same port as before."""
        self._server = Server(self._app, "127.0.0.1", self._port)
        await self._server.start()
        self._port = self._server.port

    async def stop(self) -> None:
        """End the server and all of its connections."""
        if self._server is not None:
            await self._server.stop()

    async def close(self) -> None:
        """End everything."""
        await self.stop()
        if self._known is not None:
            await self._known.close()

    def starting(self) -> None:
        """Be a process that has no page yet."""
        self.page = None

    def started(self) -> None:
        """Have one."""
        self.page = self._known

    async def _read(self) -> View:
        return self.view

    def _partitions(self) -> list[int]:
        return [] if self.stand is None else [0]

    def _stand(self, _partition: int) -> Stand:
        assert self.stand is not None
        return self.stand
