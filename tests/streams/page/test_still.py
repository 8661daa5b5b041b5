"""The page of a backtest: the live page's tiles, in one file that asks nobody for anything.

Oracles: the effects as they are read back from topics; Chromium, which tells every request and every complaint.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.async_api import Page

from models.learner import Learner
from schemas.gauge import Gauge
from streams.data.backtest import Backtest, Folded, backtest
from streams.page import still
from streams.page.still import Still
from streams.page.tile import Tile
from streams.view.published import Published, read_back
from tests import builders
from tests.streams.cli.showing import rivergauge
from tests.streams.page.browser import chromium, launched, looked_at
from tests.streams.page.test_plain import NASTY, read
from tests.streams.view.wire import on_the_wire

TEXT = '[label]\narrival = "with_event"\n[evaluation]\nholdout = 0.2\nholdout_window = 20\n[slices.site]'
ROWS = 900


class Ran(NamedTuple):
    result: Backtest
    html: str
    published: list[Published]


class _Watched(Still):
    """Remembers what went into the view."""

    def __init__(self, gauge: Gauge, records: int) -> None:
        super().__init__(gauge, records)
        self.published: list[Published] = []

    def folded(self, learner: Learner, folded: Folded) -> None:
        super().folded(learner, folded)
        self.published += self._published(folded.effects, folded.position)


def values(count: int = ROWS) -> list[bytes]:
    """The concept turns over after two thirds; every fiftieth record is refused for a value that nobody may see."""
    rng, made = random.Random(3), []
    for n in range(count):
        a, at = rng.gauss(0, 1), f"2024-01-{1 + n // 60:02}T{n // 6 % 10:02}:{n % 6}0:00Z"
        y = "bad" if (a > 0) is (n < 2 * count // 3) else "good"
        made.append(builders.record(n, at=at, a="SECRET" if n % 50 == 49 else a, site="ns"[n % 2], y=y))
    return made


def ran_on(path: Path, gauge: Gauge, rows: int = ROWS) -> Ran:
    path.write_bytes(b"\n".join(values(rows)) + b"\n")
    page = _Watched(gauge, rows)
    result = backtest(gauge, path, seen=page.folded)
    return Ran(result, page.page(result.learner, f"backtest of {path.name}"), page.published)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran_on(tmp_path_factory.mktemp("still") / "rows.jsonl", builders.gauge(TEXT))


def plots(html: str) -> dict[str, Any]:
    """What the page's script draws, by tile."""
    text = html.partition('id="tiles">')[2].partition("</script>")[0]
    return {one["key"]: one["plot"] for one in json.loads(text)}


def test_what_goes_into_the_view_is_what_would_be_read_back_from_the_topics(ran):
    kinds = {one.kind.name for one in ran.published}

    assert kinds == {"prediction", "alert", "version", "report", "dead_letter"}
    for one in ran.published:
        wire = on_the_wire(one.effect, n=one.place.n, offset=one.offset, timestamp=one.timestamp)
        assert read_back(wire) == one


def test_the_plots_are_those_of_the_run(ran):
    learner = ran.result.learner
    found = plots(ran.html)

    assert [point[0] for point in found["metric"]["held_out"]] == [one.position for one in ran.result.reports]
    opened = {alert.episode: alert.position for alert in reversed(ran.result.alerts)}
    assert [mark[0] for mark in found["metric"]["drifts"]] == sorted(opened.values())
    assert len(opened) > 0
    assert found["metric"]["live"][-1][:2] == [ROWS, learner.status().performance.window.value]
    assert 200 < len(found["metric"]["live"]) < 512
    assert len(found["labels"]["per_second"]) > 100


def test_the_words_are_those_of_the_run_and_no_value_is_among_them(ran):
    status = ran.result.learner.status()
    assert status.evaluated.verdict is not None

    words = " ".join(read(ran.html).words)

    assert status.evaluated.verdict.words in words
    assert "18 records refused: wrong type." in words
    assert "site = n" in words
    assert "2024-01-" in words
    assert "backtest of rows.jsonl" in words
    assert "SECRET" not in ran.html
    assert "ago" not in words.split()
    assert "rivergauge " not in words


def test_without_event_times_no_time_is_told(tmp_path):
    gauge = builders.gauge(TEXT)
    untimed = gauge.model_copy(update={"record": gauge.record.model_copy(update={"time": None})})

    result, html, _ = ran_on(tmp_path / "rows.jsonl", untimed, 100)

    page = html.partition("<script")[0]
    assert "<time" not in page
    assert "per second" not in page
    assert "Position 0: Version 0-1 (naive_bayes): promoted" in page
    assert f"{result.learner.counts.events} events; 100 % of labels have arrived, 0 pending." in page
    assert "labels" not in plots(html)


def test_it_is_one_file_and_a_small_one(ran):
    page = read(ran.html)

    assert all(one.startswith("data:") for one in page.loaded)
    assert page.scripts == 4
    assert "Permission is hereby granted" in ran.html
    assert len(ran.html) < 300_000


def test_a_run_of_nothing_has_a_page():
    gauge = builders.gauge(TEXT)

    page = read(Still(gauge, 0).page(Learner(gauge), "backtest of nothing"))

    assert "No event has arrived yet" in " ".join(page.words)


async def looked(page: Page) -> None:
    assert await page.locator("#metric canvas").count() == 1
    assert await page.locator("#refused .bar").count() == 1
    assert await page.locator("details.figures[open]").count() == 0
    await page.locator("#timeline details.entry summary").first.click()
    assert await page.locator("#timeline details.entry[open] dl").count() == 1


async def test_a_browser_shows_it_without_asking_anybody(ran, require, tmp_path):
    path, nasty = tmp_path / "page.html", tmp_path / "nasty.html"
    path.write_text(ran.html, encoding="utf-8")
    tile = Tile(key="verdict", title=NASTY, words=NASTY, plot={"kind": "bars", "bars": [[NASTY + "<!--", 0.5]]})
    nasty.write_text(still._document(NASTY, NASTY, [tile]), encoding="utf-8")
    wide = {"viewport": {"width": 1400, "height": 900}}
    async with launched(chromium(require)) as browser:
        for context in (wide, {**wide, "color_scheme": "dark"}, {"viewport": {"width": 360, "height": 780}}):
            async with looked_at(browser, path.as_uri(), **context) as (page, complaints):
                asked: list[str] = []
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                await page.reload()
                await looked(page)
                wide_px = await page.evaluate("document.documentElement.scrollWidth")
                assert wide_px <= context["viewport"]["width"]  # type: ignore[index]
                assert (complaints, asked) == ([], [path.as_uri()])
        async with looked_at(browser, path.as_uri(), **wide, java_script_enabled=False) as (page, complaints):
            assert await page.locator("#metric table tbody tr").count() > 20
            assert await page.locator("#refused table").first.is_visible()
            assert complaints == []
        async with looked_at(browser, nasty.as_uri(), **wide) as (page, complaints):
            assert await page.locator("#verdict .bar .name").inner_text() == NASTY + "<!--"
            assert complaints == []


def test_the_command_writes_it_and_nothing_where_the_run_cannot_be(tmp_path):
    path, gauge = tmp_path / "few.csv", tmp_path / "gauge.toml"
    path.write_text("a,y\n1,1\n2,0\n")
    gauge.write_text(
        'name = "g"\ntask = "binary"\n[label]\nfield = "y"\npositive = 1\nnegative = 0\n[features]\na = "number"\n'
    )
    there, nowhere = tmp_path / "page.html", tmp_path / "none" / "page.html"

    done = rivergauge("backtest", gauge, path, "--report", there)
    over = rivergauge("backtest", gauge, path, "--report", path)
    missing = rivergauge("backtest", gauge, path, "--report", nowhere)

    assert done.exit_code == 0
    assert "backtest of few.csv: 2 events, 2 labels; gauge file " in " ".join(read(there.read_text()).words)
    assert (over.exit_code, missing.exit_code) == (2, 2)
    assert path.read_text() == "a,y\n1,1\n2,0\n"
    assert str(nowhere) in missing.stderr
