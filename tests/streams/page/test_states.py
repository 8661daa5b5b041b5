"""Each state of each tile in a real browser, as the process behind the page goes through them; nobody reloads it.

Oracles: Chromium, driven by Playwright; the learner's own status; Python's words for what the script says itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from models.learner import Learner
from schemas.alerts import Moved
from schemas.records import Prediction
from schemas.status import Status
from streams.page.board import BELOW, FIRST
from streams.page.live import Stand
from streams.page.words import duration
from tests import builders
from tests.streams.delivery import test_envelope as golden
from tests.streams.page.browser import Stage, chromium, holds, launched, looked_at
from tests.streams.view.test_view import GAUGE, history, view_of, wires
from tests.streams.view.wire import on_the_wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW_S = 1_700_000_000.0
NEWEST_MS = 1_700_000_000_000
WHERE = (
    """(one => [one.tagName, one.closest('.tile')?.id, getComputedStyle(one).outlineStyle])(document.activeElement)"""
)
EVERY = len(FIRST) + len(BELOW)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(require) -> AsyncIterator[Browser]:
    async with launched(chromium(require)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    made = Stage(builders.gauge(GAUGE), NOW_S)
    await made.start()
    yield made
    await made.close()


@pytest.fixture(scope="module")
def ran() -> tuple[Status, list[object]]:
    learner, effects = history(0)
    return learner.status(), [effect for effect in effects if not isinstance(effect, Prediction)]


async def words(page: Page, key: str) -> str:
    return await page.locator(f"#{key} .words").inner_text()


async def age(page: Page, key: str) -> str:
    return await page.locator(f"#{key} .age").inner_text()


async def state_is(page: Page, key: str, state: str) -> None:
    await holds(page, f"document.getElementById('{key}').dataset.state === '{state}'")


async def states(page: Page) -> dict[str, str]:
    found = await page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.tile')].map(t => [t.id, t.dataset.state]))"
    )
    assert len(found) == EVERY
    return found


async def test_from_a_restore_over_the_first_event_and_label_to_a_run(browser, stage, ran):
    status, effects = ran
    fresh = Learner(builders.gauge(GAUGE)).status()
    stage.stand = Stand(None, waiting_for=("partition 0: restoring its state",))
    async with looked_at(browser, stage.url) as (page, complaints):
        await page.wait_for_selector("#link:text('live')")
        assert {k for k, s in (await states(page)).items() if s == "restoring"} >= {"verdict", "metric", "contest"}
        assert await words(page, "contest") == "The worker is not ready yet (partition 0: restoring its state)."
        assert await age(page, "contest") == "not up to date"

        stage.becomes(Stand(fresh))
        await state_is(page, "contest", "empty")
        assert await words(page, "metric") == (
            "The first held-out window closes after 100 more labels; none are arriving."
        )
        assert await words(page, "contest") == "There is no model yet: the first version starts with the first event."
        assert await words(page, "labels") == (
            "No event has arrived yet: send one to the input topic, or over HTTP (POST /v1/events)."
        )
        assert await page.locator("#verdict .head").inner_text() == "Waiting for the first event."
        assert await age(page, "slices") == "not asked for"

        unlabelled = replace(fresh, events=30, predictions=30)
        stage.becomes(Stand(unlabelled), after_s=10)
        await state_is(page, "labels", "ready")
        assert await words(page, "labels") == (
            "No label has arrived for 30 events: nothing can be learned or measured yet."
        )
        assert await age(page, "labels") == "now"

        stage.becomes(Stand(replace(unlabelled, events=50, labels=20)), after_s=10)
        await holds(page, "document.querySelector('#metric .words').textContent.includes('about')")
        assert await words(page, "metric") == "The first held-out window closes after 80 more labels, about 80 s."

        stage.view = view_of(wires(0, effects))
        stage.becomes(Stand(status))
        await state_is(page, "metric", "ready")
        await page.reload()  # what is published is read when a page is opened
        stage.becomes(Stand(status))
        await state_is(page, "timeline", "ready")
        assert {key for key, state in (await states(page)).items() if state not in ("ready", "off")} == {"sides"}
        assert complaints == []


async def test_without_alarms_and_dead_letters_it_says_so(browser, stage, ran):
    status, _ = ran
    stage.stand = Stand(replace(status, dead_letters={}), newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, complaints):
        await page.wait_for_selector("#link:text('live')")

        assert await words(page, "refused") == "No record was refused."
        assert await words(page, "moved") == (
            "No alert has named a column. Columns that move are shown here as soon as an alert opens."
        )
        assert await words(page, "timeline") == (
            "Nothing has happened yet: the first entry will be the first model version, with the first event."
        )
        assert complaints == []


async def test_what_stands_still_gets_stale_and_recovers(browser, stage, ran):
    status, effects = ran
    stage.view = view_of(wires(0, effects))
    stage.stand = Stand(status, newest_ms=NEWEST_MS - 30_000)
    async with looked_at(browser, stage.url) as (page, complaints):
        await page.wait_for_selector("#link:text('live')")
        assert await age(page, "verdict") == "30 s ago"  # as old as its record, though looked at for the first time now

        stage.becomes(stage.stand, after_s=570)
        await state_is(page, "verdict", "stale")
        assert await age(page, "contest") == "stale · 10 minutes ago"
        assert await page.locator("#verdict .head").inner_text() == "No events for 10 minutes."

        stage.becomes(Stand(replace(status, events=status.events + 1), newest_ms=NEWEST_MS))
        await state_is(page, "verdict", "ready")
        assert await age(page, "verdict") == "now"
        assert complaints == []


async def test_a_worker_that_loses_the_partition_is_told_and_is_seen_again(browser, stage, ran):
    status, effects = ran
    stage.view = view_of(wires(0, effects))
    stage.stand = Stand(status)
    async with looked_at(browser, stage.url) as (page, complaints):
        await page.wait_for_selector("#link:text('live')")

        stage.becomes(None)
        await state_is(page, "contest", "gone")
        assert "open the page of the worker that has it" in await words(page, "contest")
        assert (await states(page))["timeline"] == "ready"
        stage.waiting_for = ["the first assignment of partitions"]
        stage.becomes(None)
        await state_is(page, "contest", "restoring")

        stage.becomes(Stand(status))
        await state_is(page, "contest", "ready")
        assert complaints == []


async def test_a_stream_that_breaks_is_told_ages_grow_and_it_comes_back_by_itself(browser, stage, ran):
    status, effects = ran
    stage.view = view_of(wires(0, effects))
    stage.stand = Stand(status, newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, _):
        await page.clock.install()
        await page.reload()
        await page.wait_for_selector("#link:text('live')")
        before = await page.locator("#verdict .head").inner_text()

        await stage.stop()
        await page.wait_for_selector("#link.lost")
        await page.clock.fast_forward(180_000)
        await holds(page, "document.querySelector('#verdict .age').textContent.startsWith('not live · 3 minutes')")
        assert await page.locator("#link").inner_text() == "no connection"
        assert (await page.locator("#since").inner_text()).startswith("for 3 minutes")
        assert await page.locator("#verdict .head").inner_text() == before

        # It comes back as a worker that is starting, which a browser would not ask again by itself.
        stage.starting()
        await stage.start()
        await page.clock.fast_forward(3_000)
        assert await page.locator("#link.lost").count() == 1
        stage.started()
        async with asyncio.timeout(20):
            while await page.locator("#link:text('live')").count() == 0:
                await page.clock.fast_forward(1_000)
                with suppress(TimeoutError):
                    await asyncio.wait_for(page.wait_for_selector("#link:text('live')"), 0.2)
        assert await age(page, "verdict") == "now"


async def test_a_stream_that_falls_silent_is_asked_for_again(browser, stage, ran):
    stage.stand = Stand(ran[0], newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, _):
        await page.wait_for_selector("#link:text('live')")

        await page.evaluate("(source.onmessage = null, heard -= 6000, tried -= 6000)")
        await holds(page, "source !== null && source.onmessage !== null")
        await page.wait_for_selector("#link:text('live')")


async def test_a_page_that_nobody_looks_at_asks_for_nothing(browser, stage, ran):
    stage.stand = Stand(ran[0], newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, _):
        await page.wait_for_selector("#link:text('live')")
        for hidden in ("true", "false"):
            await page.evaluate(f"Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}})")
            await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            assert await page.evaluate("source === null") is (hidden == "true")
            stage.becomes(Stand(replace(ran[0], events=12_345), newest_ms=NEWEST_MS), after_s=3_600)
        await page.wait_for_selector("#link:text('live')")
        await holds(page, "document.querySelector('#labels table').textContent.includes('12,345')")


async def test_the_script_tells_time_in_the_servers_words(browser, stage):
    async with looked_at(browser, stage.url) as (page, _):
        for seconds in (0, 1, 41.2, 59.6, 89, 90, 200, 5_399, 5_400, 86_399, 86_400, 200_000, 1e8):
            assert await page.evaluate(f"duration({seconds})") == duration(seconds)


async def test_the_keyboard_opens_evidence_and_shows_where_it_is(browser, stage, ran):
    status, effects = ran
    stage.view = view_of(wires(0, effects))
    stage.stand = Stand(status, newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, complaints):
        await page.wait_for_selector("#link:text('live')")
        seen = []
        for _ in range(60):
            await page.keyboard.press("Tab")
            seen.append(await page.evaluate(WHERE))
            if seen[-1][:2] == ["SUMMARY", "timeline"]:
                break
        assert seen[-1][:2] == ["SUMMARY", "timeline"]
        assert {outline for tag, _, outline in seen if tag != "BODY"} == {"solid"}

        await page.keyboard.press("Enter")

        entry = page.locator("#timeline details.entry[open]")
        assert await entry.count() == 1
        assert "rivergauge" in await entry.inner_text()
        assert complaints == []


async def test_the_confusion_is_a_table_that_a_screen_reader_reads(browser, stage, ran):
    status, _ = ran
    stage.stand = Stand(status, newest_ms=NEWEST_MS)
    assert status.evaluated.confusion is not None
    counts = status.evaluated.confusion.window.counts
    async with looked_at(browser, stage.url) as (page, _):
        await page.wait_for_selector("#link:text('live')")
        for label, guesses in counts.items():
            row = page.locator("#errors table.heat tbody").get_by_role("row", name=label)
            names = await page.locator("#errors table.heat thead th").all_inner_texts()
            cells = [int((await cell.inner_text()).split()[0]) for cell in await row.get_by_role("cell").all()]
            assert dict(zip(names, cells, strict=True)) == {name: guesses.get(name, 0) for name in names}


async def test_partitions_with_open_alerts_are_seen_from_each_other(browser, stage, ran):
    stage.view = view_of([on_the_wire(golden.ALERT, partition=1)])
    stage.stand = Stand(ran[0], newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, complaints):
        await page.wait_for_selector("#link:text('live')")
        links = page.locator("nav a")
        assert [text.strip() for text in await links.all_inner_texts()] == ["0", "1 1 alert"]

        stage.view.take(on_the_wire(golden.ALERT._replace(episode="2-9"), partition=1, n=1))
        stage.becomes(stage.stand)

        await holds(page, "document.querySelectorAll('nav a')[1].textContent === '1 2 alerts'")
        await links.nth(1).click()
        await page.wait_for_selector("#link:text('live')")
        assert await page.locator("#verdict .age").inner_text() == "nothing yet"
        assert complaints == []


async def test_what_a_person_selects_focuses_and_scrolls_stays_while_the_stream_goes_on(browser, stage, ran):
    status, effects = ran
    stage.view = view_of(wires(0, effects))
    stage.stand = Stand(status, newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, complaints):
        await page.wait_for_selector("#link:text('live')")
        await page.locator("#labels .wide").focus()
        await page.evaluate("getSelection().selectAllChildren(document.querySelector('#verdict h2'))")
        entries = page.locator("#timeline details.entry")
        title = await entries.first.locator("summary").inner_text()
        await entries.first.locator("summary").evaluate("one => { one.parentNode.open = true; }")

        stage.view.take(on_the_wire(golden.ALERT._replace(episode="0-9", position=10_000), timestamp=NEWEST_MS))
        stage.becomes(Stand(replace(status, events=status.events + 7), newest_ms=NEWEST_MS))
        await holds(page, f"document.querySelector('#labels table').textContent.includes('{status.events + 7:,}')")

        assert await page.evaluate("String(getSelection())") == "Verdict"
        assert (await page.evaluate(WHERE))[:2] == ["DIV", "labels"]
        assert "0-9" in await entries.first.locator("summary").inner_text()
        assert await page.locator("#timeline details.entry[open] summary").all_inner_texts() == [title]
        assert complaints == []


async def test_a_zoom_survives_a_reload_and_is_undone_by_a_button(browser, stage, ran):
    status, effects = ran
    stage.view = view_of(wires(0, effects))
    stage.stand = Stand(status, newest_ms=NEWEST_MS)
    scale = "(({min, max}) => [min, max])(charts.get('metric').chart.scales.x)"
    async with looked_at(browser, stage.url) as (page, complaints):
        await holds(page, "charts.get('metric') !== undefined")
        assert await page.locator("#metric").get_by_role("img", name="Plot of").count() == 1
        assert await page.locator("#metric button").is_hidden()
        whole = await page.evaluate(scale)
        await page.evaluate("charts.get('metric').chart.setScale('x', {min: 200, max: 300})")
        await page.locator("#metric button").wait_for(state="visible")

        await page.reload()
        await holds(page, "charts.get('metric') !== undefined")
        assert await page.evaluate(scale) == [200, 300]
        await page.goto("about:blank")
        await page.go_back()
        await holds(page, "charts.get('metric') !== undefined")
        assert await page.evaluate(scale) == [200, 300]

        await page.locator("#metric button").click()
        assert await page.evaluate(scale) == whole
        assert await page.locator("#metric button").is_hidden()
        assert complaints == []


async def test_the_pointer_reads_the_figures_of_the_plot(browser, stage, ran):
    status, effects = ran
    stage.view = view_of(wires(0, effects))
    stage.stand = Stand(status, newest_ms=NEWEST_MS)
    async with looked_at(browser, stage.url) as (page, complaints):
        await holds(page, "charts.get('metric') !== undefined")
        box = await page.locator("#metric .u-over").bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 40)

        told = await page.locator("#metric .read").inner_text()

        window = status.performance.window.value
        assert window is not None
        assert f"position {status.position:,}" in told
        assert f"sliding window {window:.3g}" in told
        assert "UTC" in told
        assert complaints == []


async def test_long_and_strange_names_fit_a_narrow_screen(browser, ran):
    long, hebrew = "pressure_of_the_third_pump_" * 6, "\u05d7\u05e8\u05e7"
    status, _ = ran
    assert status.evaluated.confusion is not None
    window = replace(
        status.evaluated.confusion.window, counts={hebrew: {hebrew: 3, "<b>x</b>": 14}, "<b>x</b>": {long: 1}}
    )
    evaluated = replace(status.evaluated, confusion=replace(status.evaluated.confusion, window=window))
    moved = Moved(column=long, what="location", weight=0.7, words=f"{long}: moved", before={}, after={})
    stage = Stage(builders.gauge(GAUGE).model_copy(update={"name": "g" * 120}), NOW_S)
    stage.view = view_of([on_the_wire(golden.ALERT._replace(moved=(moved, replace(moved, column=hebrew))))])
    stage.stand = Stand(replace(status, evaluated=evaluated), newest_ms=NEWEST_MS)
    await stage.start()
    try:
        async with looked_at(browser, stage.url, viewport={"width": 360, "height": 780}) as (page, complaints):
            await page.wait_for_selector("#link:text('live')")
            assert await page.evaluate("document.documentElement.scrollWidth") == 360
            assert f"{hebrew} was predicted as <b>x</b> (14 times)" in await words(page, "errors")
            assert await page.locator("main b").count() == 0
            assert complaints == []
    finally:
        await stage.close()
