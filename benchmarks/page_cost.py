"""What it costs a worker to be looked at: by clients of its streams, and by its page in a browser.

    python benchmarks/page_cost.py [--events 600000] [--repetitions 20] [--seconds 3] [--model logistic] [--json]

One worker folds a filled topic of a real Kafka as fast as it can, at least once. In turns nobody looks, four clients
read ``/v1/stream`` and four the page's stream, or Chromium has the page open; what is compared is taken in neighbouring
turns, where all met the same machine. ``speed`` is events per second, of which the browser, and whatever else runs,
take their share where processors are few. So ``takes`` goes by the worker's own processor time: what a turn used
beyond what as many events used in the turn in which nobody looked, per second. A worker that has a processor to itself
folds so much less.

Somebody looks before the first turn: from then on a worker follows its outputs and keeps the page's memory, whether
anybody looks or not. What that costs is told apart, beside the time before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import aiohttp
from playwright.async_api import Page, async_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.places import Place, real_kafka
from benchmarks.processes import BenchmarkError
from benchmarks.ratios import ratio
from benchmarks.service import Service, worker
from benchmarks.turns import turns
from benchmarks.workload import MODELS, Stream

TARGET: Final = 0.05
"""The share of the worker's time that being looked at may take, at most."""
CLIENTS: Final = 4
SETTLES_S: Final = 1.0
WARMS_UP_S: Final = 15.0

Look = Callable[[], AbstractAsyncContextManager[None]]


class Turn(NamedTuple):
    """Events, and seconds of the worker's processor time, in so many seconds."""

    seconds: float
    events: int
    processor_s: float

    @property
    def speed(self) -> float:
        """Events per second."""
        return self.events / self.seconds

    @property
    def work_us(self) -> float:
        """Microseconds of processor time per event."""
        return 1e6 * self.processor_s / self.events


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=600_000)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a turn is")
    parser.add_argument("--model", choices=[*MODELS], default="logistic")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="rivergauge-page-") as directory, real_kafka(Path(directory)) as place:
        scratch = Path(directory)
        topic = place.new_input("events")
        place.fill(topic, Stream().records(options.events))
        with worker(place, topic, options.model, scratch, delivery="at-least-once") as service:
            runs = asyncio.run(measure(place, service, options.events, options.repetitions, options.seconds))
    result = {"model": MODELS[options.model].title, "load": os.getloadavg()[0], **compared(runs)}
    print(json.dumps(result) if options.json else told(result))


async def measure(
    place: Place, service: Service, events: int, repetitions: int, seconds: float
) -> dict[str, list[Turn]]:
    """Every turn of everyone."""
    async with _browser() as page:
        looks: dict[str, Look] = {"alone": _nobody, "streams": lambda: _clients(service.url)}
        if page is not None:
            looks["browser"] = lambda: _opened(page, f"{service.url}/")
        runs: dict[str, list[Turn]] = {"before": [], **{name: [] for name in looks}}

        async def take(name: str, look: Look) -> None:
            async with look():
                await asyncio.sleep(SETTLES_S)
                runs[name].append(await _turn(place, service, seconds))
            if sum(place.ends(service.predictions)) >= events:
                raise BenchmarkError(f"all {events:,} events were folded in the middle: take more of them")

        await asyncio.sleep(WARMS_UP_S)
        for _ in range(max(repetitions // 3, 1)):
            await take("before", _nobody)
        async with _clients(service.url):
            await asyncio.sleep(SETTLES_S)
        for turn in turns(looks, repetitions):
            await take(turn.name, looks[turn.name])
            found = runs[turn.name][-1]
            print(f"{turn.label}: {turn.name} {found.speed:,.0f} events/s, {found.work_us:.1f} us", file=sys.stderr)
    return runs


async def _turn(place: Place, service: Service, seconds: float) -> Turn:
    begin, count, work = time.perf_counter(), sum(place.ends(service.predictions)), service.processor_s()
    await asyncio.sleep(seconds)
    gone, more = time.perf_counter() - begin, sum(place.ends(service.predictions)) - count
    if not more:
        raise BenchmarkError(f"nothing was folded within {seconds:g} s")
    return Turn(gone, more, service.processor_s() - work)


@asynccontextmanager
async def _nobody() -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _clients(url: str) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        paths = ["/v1/stream"] * CLIENTS + ["/page/stream"] * CLIENTS
        reading = [asyncio.create_task(_read(session, url + path)) for path in paths]
        try:
            yield
            for one in reading:
                if one.done():
                    one.result()
        finally:
            for one in reading:
                one.cancel()
            await asyncio.gather(*reading, return_exceptions=True)


async def _read(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(url) as answer:
        answer.raise_for_status()
        async for _ in answer.content.iter_any():
            pass
    raise BenchmarkError(f"{url} ended")


@asynccontextmanager
async def _browser() -> AsyncIterator[Page | None]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        yield None
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield await browser.new_page(viewport={"width": 1440, "height": 900})
        finally:
            with suppress(Exception):
                await browser.close()


@asynccontextmanager
async def _opened(page: Page, url: str) -> AsyncIterator[None]:
    await page.goto(url)
    await page.wait_for_selector("#link:text('live')", timeout=60_000)
    try:
        yield
        if not await page.locator("#link:text('live')").count():
            raise BenchmarkError("the page was not live to the end of its turn")
    finally:
        await page.goto("about:blank")


def compared(runs: dict[str, list[Turn]]) -> dict[str, Any]:
    """How those who look stand to nobody, in the same repetition."""
    alone = runs["alone"]
    looked = {name: found for name, found in runs.items() if name not in ("alone", "before")}
    takes = {name: median(map(_takes, found, alone)) for name, found in looked.items()}
    return {
        "repetitions": len(alone),
        "speed": {name: median(one.speed for one in found) for name, found in runs.items()},
        "work_us": {name: median(one.work_us for one in found) for name, found in runs.items()},
        "speeds": {
            name: ratio([one.speed for one in found], [one.speed for one in alone])._asdict()
            for name, found in looked.items()
        },
        "takes": takes,
        "met": all(share < TARGET for share in takes.values()),
        "runs": {name: [one._asdict() for one in found] for name, found in runs.items()},
    }


def _takes(looked: Turn, alone: Turn) -> float:
    return (looked.processor_s - looked.events * alone.processor_s / alone.events) / looked.seconds


def told(result: dict[str, Any]) -> str:
    """It all as lines."""
    lines = [f"{result['model']}, {result['repetitions']} repetitions, load {result['load']:.1f}; medians"]
    for name, speed in result["speed"].items():
        line = f"{name:8} {speed:8,.0f} events/s  {result['work_us'][name]:6.1f} us of the worker per event"
        if name in result["takes"]:
            found = result["speeds"][name]
            line += f"; speed {found['median']:.3f} ({found['least']:.3f} to {found['most']:.3f})"
            line += f", takes {100 * result['takes'][name]:.1f} %"
        lines.append(line)
    lines.append(f"{'met' if result['met'] else 'MISSED'}: takes less than {100 * TARGET:g} % of a processor")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
