"""The page in a real browser, on a real run: what a person sees, clicks and keeps.

Oracle: Chromium, driven by Playwright; the positions of the alerts and versions that are on the topics.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page

from streams.broker.inprocess import InProcessBroker
from streams.worker.worker import Worker
from tests import builders
from tests.streams.page.browser import chromium, holds, launched, looked_at
from tests.streams.worker.test_worker import make_gauge, published, running, send, until

pytestmark = pytest.mark.broker


def values(count: int, first: int = 0) -> list[bytes]:
    """The concept turns over after 600 events; every hundredth record is broken."""
    rng, found = random.Random(first), []
    for n in range(first, first + count):
        a = rng.gauss(0, 1)
        y = "bad" if (a > 0) is (n < 600) else "good"
        found.append(b"{broken" if n % 100 == 99 else builders.record(n, a=a, y=y))
    return found


@pytest.fixture(scope="module")
def chrome(require) -> str:
    return chromium(require)


@asynccontextmanager
async def opened(chrome: str, url: str) -> AsyncIterator[tuple[Page, list[str]]]:
    async with launched(chrome) as browser, looked_at(browser, url) as found:
        yield found


def url_of(worker: Worker) -> str:
    return f"http://127.0.0.1:{worker.health.port}/"


async def test_a_run_is_seen_live_and_what_a_person_chose_stays(chrome):
    with InProcessBroker() as broker:
        gauge = make_gauge(broker, partitions=1)
        await send(gauge, 0, values(500))
        async with running(gauge) as (worker, task):
            await until(lambda: published(worker, 0) == 500, task)
            async with opened(chrome, url_of(worker)) as (page, complaints):
                await page.wait_for_selector("#link:text('live')")
                verdict = page.locator("#verdict .words")
                before = await verdict.inner_text()
                assert "expected by chance" in before
                assert await page.locator("#refused .words").inner_text() == "5 records refused: not JSON."

                await send(gauge, 0, values(100, first=500))
                await holds(page, "charts.get('metric')?.chart.data[0].length > 1")
                assert await page.locator("#metric canvas").count() == 1
                # Zoom into a part of the plot, and open the evidence of the first version.
                plot = page.locator("#metric .u-over")
                box = await plot.bounding_box()
                assert box is not None
                await page.mouse.move(box["x"] + 20, box["y"] + 20)
                await page.mouse.down()
                await page.mouse.move(box["x"] + 120, box["y"] + 20, steps=4)
                await page.mouse.up()
                zoom = await page.evaluate("zoomed.get('metric')")
                assert zoom is not None
                entry = page.locator("#timeline details.entry").last
                await entry.locator("summary").click()
                assert "candidate" in await entry.inner_text()

                await send(gauge, 0, values(600, first=600))
                await until(lambda: published(worker, 0) == 1_200, task)
                await holds(page, "charts.get('metric').plot.drifts.length > 0")

                assert await verdict.inner_text() != before
                assert await page.evaluate("zoomed.get('metric')") == zoom
                scale = await page.evaluate("(({min, max}) => [min, max])(charts.get('metric').chart.scales.x)")
                assert scale == zoom
                assert await page.locator("#timeline details.entry[open]").count() == 1
                marks = await page.evaluate("charts.get('metric').plot.drifts.map((mark) => mark[0])")
                assert worker.work is not None
                assert worker.work.service is not None
                assert worker.work.service.outputs is not None
                episodes = (await worker.work.service.outputs.view()).episodes.newest_first()
                assert marks == sorted(one.first.position for one in episodes)
                assert complaints == []


async def test_a_worker_that_is_gone_is_told_and_what_was_seen_stays(chrome):
    with InProcessBroker() as broker:
        gauge = make_gauge(broker, partitions=1)
        await send(gauge, 0, values(200))
        async with running(gauge) as (worker, task):
            await until(lambda: published(worker, 0) == 200, task)
            async with opened(chrome, url_of(worker)) as (page, _):
                await page.wait_for_selector("#link:text('live')")
                shown = await page.locator("#verdict .words").inner_text()
                worker.stop()
                await page.wait_for_selector("#link.lost")
                assert await page.locator("#verdict .words").inner_text() == shown


WIDE = {"width": 1440, "height": 900}
CONTEXTS: dict[str, dict[str, Any]] = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 360, "height": 780}},
    "without a script": {"viewport": WIDE, "java_script_enabled": False},
}


async def test_the_page_fits_and_can_be_read(chrome):
    with InProcessBroker() as broker:
        gauge = make_gauge(broker, partitions=1)
        await send(gauge, 0, values(300))
        async with running(gauge) as (worker, task), launched(chrome) as browser:
            await until(lambda: published(worker, 0) == 300, task)
            for name, context in CONTEXTS.items():
                async with looked_at(browser, url_of(worker), **context) as (page, complaints):
                    await _fits(page, context)
                    assert complaints == [], name


async def _fits(page: Page, context: dict[str, Any]) -> None:
    for key in ("verdict", "metric", "budget", "contest", "moved", "labels", "refused", "timeline"):
        assert await page.locator(f"#{key} .words").inner_text()
    if not context.get("java_script_enabled", True):
        return
    await page.wait_for_selector("#link:text('live')")
    assert await page.evaluate("document.documentElement.scrollWidth") <= context["viewport"]["width"]
    if context["viewport"] == WIDE:
        last = await page.locator("#refused").bounding_box()
        assert last is not None
        assert last["y"] + last["height"] <= WIDE["height"]  # the first screen, without scrolling
