"""``rivergauge page``: the page of a gauge, of what it has published, without a worker in this process."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from fastapi import FastAPI

from schemas.gauge import Gauge
from schemas.record_table import KINDS
from streams.cli.gaugefile.loading import checked
from streams.cli.terminal.output import err
from streams.here import logs
from streams.here.exit_codes import ExitCode
from streams.here.urls import url_of
from streams.http.guards.access import Access
from streams.http.guards.tokens import Tokens
from streams.http.outputs import Outputs
from streams.http.page import page_routes
from streams.http.problems import told_as_problems
from streams.http.server import Server
from streams.kafka.connection import client_settings
from streams.page.live import LivePage


def run(path: Path, *, host: str, port: int) -> int:
    """Serve the page until stopped from the keyboard."""
    gauge = checked(path)
    logs.configure()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(gauge, host, port))
    return ExitCode.OK


async def _serve(gauge: Gauge, host: str, port: int) -> None:
    settings = client_settings(gauge.connection, os.environ)
    outputs = Outputs(gauge, settings, [kind.name for kind in KINDS])
    page = LivePage(gauge, outputs.view)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    told_as_problems(app)
    app.include_router(page_routes(lambda: page))
    access = Access(app, host, gauge.server.requests_per_second)
    access.tokens = Tokens.of(os.environ)
    server = Server(access, host, port)
    await server.start()
    err.print(f"the page of {gauge.name}: {url_of(host, server.port)}/ (Ctrl-C ends it)")
    try:
        await asyncio.Event().wait()
    finally:
        await page.close()
        await outputs.close()
        await server.stop()
