"""The whole loop on one machine: in-process broker, a worker process, a paced replay, and someone watching.

The watcher sees what any user would: the output topics through the Kafka protocol, and the worker's ``/metrics``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from schemas.gauge import Connection, Gauge
from streams.broker.inprocess import InProcessBroker
from streams.data.datafile import count_rows, find_example
from streams.data.sender import Sent, send
from streams.demo.comparison import Comparison
from streams.demo.story import Story
from streams.here.failures import CommandError
from streams.here.gaugefile import load
from streams.here.ports import free_port
from streams.here.process import RIVERGAUGE
from streams.kafka.connection import client_settings

SECONDS: Final = 20.0
"""Replaying an example takes about so long unless told otherwise, and a part of it that part of the time."""

MOST_EVENTS: Final = 20_000
"""More are replayed only when asked for."""

_READY_WITHIN_S: Final = 60.0
_STALLED_AFTER_S: Final = 30.0
_AHEAD_EVENTS: Final = 1_000  # the in-process broker forgets what is more than 5 MB old
_POLL_S: Final = 0.2
_FOLD_S: Final = 0.02  # the comparison folds for so long at a time, then gives way to the replay


class DemoError(CommandError):
    """The demo could not go on; the message ends with the worker's last words."""


async def demo(
    example: str | Path,
    data: Path | None = None,
    *,
    events: int | None = None,
    rate: float | None = None,
    on_ready: Callable[[str], None] = lambda _: None,
    on_change: Callable[[Story], None] | None = None,
    keep_records: bool = False,
) -> Story:
    """Run a stream through a worker.

    Parameters
    ----------
    example
        Name of a shipped example, or a gauge file with ``data``.
    events
        How many to replay; the example's, but at most `MOST_EVENTS`, if ``None``.
    rate
        Events per second; `usual_rate`, if ``None``.
    on_ready
        Told the address of the worker's page, which is there as long as the demo runs.
    on_change
        Called several times a second.
    keep_records
        Whether the story keeps every prediction.

    Raises
    ------
    DataFileError
        If there is no such example.
    DemoError
        If the worker ends, is not ready in time or stalls.
    """
    if data is None:
        folder = find_example(str(example))
        path, data = folder / "gauge.toml", folder / f"{example}.csv.gz"
    else:
        path = Path(example)
    there = count_rows(data)
    total = min(there, events or MOST_EVENTS)
    rate = rate or usual_rate(there, events)
    async with _stage(path) as (gauge, worker, url):
        on_ready(f"{url}/")
        story = Story(gauge, Comparison(gauge, data, events=total), total=total, keep_records=keep_records)
        settings = client_settings(gauge.connection, os.environ)
        outputs = _Outputs(story, settings)
        watchers = [asyncio.create_task(outputs.read()), asyncio.create_task(_scrape(story, url))]
        try:
            await _follow(story, worker, watchers, data, settings, rate, on_change)
            await outputs.read_all()
            story.comparison.finish()
            if on_change is not None:
                on_change(story)
            _must_equal(story.comparison.is_whole, story)
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
    return story


def usual_rate(there: int, events: int | None = None) -> float:
    """Events per second at which what a demo replays of ``there`` events takes `SECONDS`, and fewer ``events`` less."""
    return max(min(there, MOST_EVENTS), events or 0, SECONDS) / SECONDS


def _must_equal(agrees: bool, story: Story) -> None:
    if not agrees:
        raise DemoError(
            f"prediction {story.comparison.compared:,} (from 0) that the service published is not what backtest gives; "
            "they must be equal, byte by byte"
        )


class _Worker:
    """A worker process and what it said."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    def check(self) -> None:
        """Raise if the process has ended."""
        if self.process.returncode is not None:
            raise DemoError(f"the worker ended with exit code {self.process.returncode}:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])

    async def stop(self) -> None:
        """Ask it to finish; a demo that cannot be stopped is a failed one."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(10):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            raise DemoError(f"the worker did not stop within 10 s:\n{self.last_words()}") from None


@contextlib.asynccontextmanager
async def _stage(path: Path) -> AsyncIterator[tuple[Gauge, _Worker, str]]:
    """Broker and worker, ready; both gone afterwards."""
    gauge = load(path)
    port = free_port()
    with InProcessBroker() as broker, TemporaryDirectory(prefix="rivergauge-demo-") as scratch:
        for topic in (gauge.topics.input, *gauge.topics.outputs):
            broker.create_topic(topic)
        connection = Connection(bootstrap_servers=broker.bootstrap_servers)
        log = Path(scratch) / "worker.log"
        with log.open("wb") as lines:
            process = await asyncio.create_subprocess_exec(
                *(*RIVERGAUGE, "run", str(path)),
                env={
                    **os.environ,
                    "RIVERGAUGE_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
                    "RIVERGAUGE_SERVER_PORT": str(port),
                    "RIVERGAUGE_DELIVERY": "at-least-once",  # the in-process broker keeps no transactions apart
                    "RIVERGAUGE_SNAPSHOTS_DIRECTORY": str(Path(scratch) / "snapshots"),
                },
                stdout=lines,
                stderr=lines,
            )
        worker = _Worker(process, log)
        url = f"http://127.0.0.1:{port}"
        try:
            await _until_ready(worker, url)
            yield gauge.model_copy(update={"connection": connection}), worker, url
        finally:
            await worker.stop()


async def _until_ready(worker: _Worker, url: str) -> None:
    begin = perf_counter()
    async with aiohttp.ClientSession() as http:
        while perf_counter() - begin < _READY_WITHIN_S:
            worker.check()
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"{url}/readyz") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)
    raise DemoError(f"the worker was not ready within {_READY_WITHIN_S:.0f} s:\n{worker.last_words()}")


async def _follow(
    story: Story,
    worker: _Worker,
    watchers: list[asyncio.Task[None]],
    data: Path,
    settings: dict[str, Any],
    rate: float,
    on_change: Callable[[Story], None] | None,
) -> None:
    begin = progressed = perf_counter()
    answered = -1

    async def look(sent: Sent) -> None:
        nonlocal progressed, answered
        story.sent = sent
        story.seconds = perf_counter() - begin
        worker.check()
        for watcher in watchers:
            if watcher.done():
                watcher.result()
        story.comparison.advance(story.answered, within_s=_FOLD_S)
        _must_equal(not story.comparison.differs, story)
        if on_change is not None:
            on_change(story)
        if story.answered > answered:
            answered, progressed = story.answered, perf_counter()
        elif perf_counter() - progressed > _STALLED_AFTER_S:
            raise DemoError(f"nothing came out for {_STALLED_AFTER_S:.0f} s:\n{worker.last_words()}")

    async def hold_back(sent: Sent) -> None:
        await look(sent)
        while sent.events - story.answered > _AHEAD_EVENTS:
            await asyncio.sleep(_POLL_S / 10)
            await look(sent)

    await send(story.gauge, data, settings, rate=rate, limit=story.total, on_progress=hold_back)
    while not story.is_complete:
        await asyncio.sleep(_POLL_S)
        await look(story.sent)


class _Outputs:
    """Reads the output topics into a story."""

    def __init__(self, story: Story, settings: dict[str, Any]) -> None:
        self._story = story
        self._consumer = AIOKafkaConsumer(**settings, client_id="rivergauge-demo", auto_offset_reset="earliest")
        self._topics = [TopicPartition(topic, 0) for topic in story.gauge.topics.outputs]

    async def read(self) -> None:
        """Read until cancelled."""
        await self._consumer.start()
        try:
            self._consumer.assign(self._topics)
            async for record in self._consumer:
                self._story.see(record)
        finally:
            await self._consumer.stop()

    async def read_all(self) -> None:
        """Wait until everything that is on the topics now was read."""
        async with asyncio.timeout(_STALLED_AFTER_S):
            for topic, end in (await self._consumer.end_offsets(self._topics)).items():
                while await self._consumer.position(topic) < end:
                    await asyncio.sleep(_POLL_S / 10)


async def _scrape(story: Story, url: str) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"{url}/metrics") as response:
                _take_in(story, await response.text())
            await asyncio.sleep(_POLL_S)


def _take_in(story: Story, text: str) -> None:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            story.worker[sample.name] = sample.value
            if "name" in sample.labels:
                story.figures[sample.name, sample.labels["name"]] = sample.value
