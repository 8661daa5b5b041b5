"""The page's routes where there is no page yet, and where it cannot be read.

Oracle: what a browser is told: status, media type, headers.
"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import pytest
from fastapi import FastAPI

from streams.http.page import page_routes
from streams.http.problems import not_yet, told_as_problems
from streams.http.server import Server
from streams.page.live import LivePage
from streams.view.view import View
from tests import builders


async def got(page: LivePage | None, path: str) -> tuple[int, Mapping[str, str], str]:
    """Status, headers and text of what a server of this page answers."""
    app = FastAPI()
    told_as_problems(app)
    app.include_router(page_routes(lambda: page))
    server = Server(app, "127.0.0.1", 0)
    await server.start()
    try:
        url = f"http://127.0.0.1:{server.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, answer.headers, await answer.text()
    finally:
        await server.stop()
        if page is not None:
            await page.close()


async def away() -> View:
    raise not_yet("the broker does not answer")


async def empty() -> View:
    return View()


@pytest.mark.parametrize(
    ("page", "words"),
    [(None, "the worker is starting"), (LivePage(builders.gauge(), away), "the broker does not answer")],
)
async def test_a_person_is_told_why_there_is_no_page_and_the_browser_asks_again(page, words):
    status, headers, text = await got(page, "/")

    assert status == 503
    assert headers["Content-Type"].startswith("text/html")
    assert headers["Refresh"] == "2"
    assert words in text


async def test_a_partition_that_nobody_knows_is_told():
    status, headers, text = await got(LivePage(builders.gauge(), empty), "/?partition=7")

    assert status == 404
    assert "nothing is known of partition 7; known are 0" in text
    assert "Refresh" not in headers


async def test_nothing_but_the_page_itself_may_run_in_it():
    status, headers, _text = await got(LivePage(builders.gauge(), empty), "/")

    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy


async def test_the_script_is_given_as_one():
    status, headers, _text = await got(None, "/page.js")

    assert status == 200
    assert headers["Content-Type"].startswith("text/javascript")
