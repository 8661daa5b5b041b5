"""The whole loop on one machine: in-process broker, a worker process, a paced replay, and someone watching.

The watcher sees what any user would: the output topics through the Kafka protocol, and the worker's ``/metrics``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final, NamedTuple

import aiohttp
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from schemas.gauge import Connection, Gauge
from streams.broker.inprocess import InProcessBroker
from streams.connection import client_settings
from streams.datafile import count_rows, find_example
from streams.gaugefile import load
from streams.ports import free_port
from streams.process import RIVERGAUGE
from streams.sender import Sent, send

SECONDS: Final = 20.0
"""A demo's replay takes about so long unless told otherwise."""

MOST_EVENTS: Final = 20_000
"""More are replayed only when asked for."""

_READY_WITHIN_S: Final = 60.0
_STALLED_AFTER_S: Final = 30.0
_AHEAD_EVENTS: Final = 1_000  # the in-process broker forgets what is more than 5 MB old
_POLL_S: Final = 0.2


class DemoError(RuntimeError):
    """The demo could not go on; the message ends with the worker's last words."""


class Sample(NamedTuple):
    """The leading metric at one moment: position in the log, over the sliding window, and its baseline's."""

    position: int
    metric: float | None
    baseline: float | None


class Story:
    """All that has been seen so far; the display reads it, the summary is made of it."""

    def __init__(self, gauge: Gauge, *, total: int, keep_records: bool = False) -> None:
        self.gauge = gauge
        self.kept: list[dict[str, Any]] = []
        self._keep_records = keep_records
        self.total = total
        self.sent = Sent(0, 0, 0, 0.0)
        self.predictions = 0
        self.dead_letters: Counter[str] = Counter()
        self.refused_events = 0
        self.alerts: list[dict[str, Any]] = []
        self.versions: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.samples: list[Sample] = []
        self.worker: dict[str, float] = {}
        self.metric: tuple[str, float | None] = (gauge.metric, None)
        self.baseline: tuple[str, float | None] = ("", None)
        self.seconds = 0.0

    @property
    def answered(self) -> int:
        """Events that have come out, as a prediction or as a dead letter of their own."""
        return self.predictions + self.refused_events

    @property
    def opened(self) -> list[dict[str, Any]]:
        """The drift episodes, as they were opened."""
        return [alert for alert in self.alerts if alert["status"] == "opened"]

    @property
    def is_complete(self) -> bool:
        """Whether everything sent was dealt with, and everything said about it published."""
        said = self.worker.get
        return (
            self.answered >= self.sent.events
            and said("rivergauge_published_position", 0) >= self.sent.events + self.sent.labels
        )

    @property
    def made(self) -> set[str]:
        """The model versions, by name."""
        return {version["version"] for version in self.versions}

    def see(self, record: ConsumerRecord) -> None:
        """Take in one record of an output topic."""
        topics = self.gauge.topics
        if record.topic == topics.predictions:
            self.predictions += 1
            if self._keep_records:
                self.kept.append(json.loads(record.value))
        elif record.topic == topics.dead_letters:
            headers = dict(record.headers)
            self.dead_letters[headers["ce_reason"].decode()] += 1
            self.refused_events += headers["rivergauge_record"] == b"event"
        else:
            kept = {topics.alerts: self.alerts, topics.versions: self.versions, topics.reports: self.reports}
            kept[record.topic].append(json.loads(record.value))

    def as_json(self) -> dict[str, Any]:
        """The promised output for programs; see docs/records.md."""
        return {
            "example": self.gauge.name,
            "events": self.sent.events,
            "predictions": self.predictions,
            "dead_letters": self.refused_events,
            "labels": self.sent.labels,
            "alerts": len(self.opened),
            "versions": len(self.made),
            "promotions": sum(version["step"] == "promoted" for version in self.versions) - 1,
            "metric": {"name": self.metric[0], "value": self.metric[1]},
            "baseline": {"name": self.baseline[0], "value": self.baseline[1]},
            "events_per_second": self.sent.events / self.seconds if self.seconds else None,
            "seconds": self.seconds,
        }


async def demo(
    example: str | Path,
    data: Path | None = None,
    *,
    events: int | None = None,
    rate: float | None = None,
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
        Events per second; such that the replay takes `SECONDS`, if ``None``.
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
    total = min(count_rows(data), events or MOST_EVENTS)
    async with _stage(path) as (gauge, worker, url):
        story = Story(gauge, total=total, keep_records=keep_records)
        settings = client_settings(gauge.connection, os.environ)
        outputs = _Outputs(story, settings)
        watchers = [asyncio.create_task(outputs.read()), asyncio.create_task(_scrape(story, url))]
        try:
            await _follow(story, worker, watchers, data, settings, rate or max(total / SECONDS, 1.0), on_change)
            await outputs.read_all()
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
    return story


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
    named: dict[str, tuple[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            story.worker[sample.name] = sample.value
            if "name" in sample.labels:
                named[sample.name] = (sample.labels["name"], sample.value)
    story.metric = named.get("rivergauge_metric", story.metric)
    story.baseline = named.get("rivergauge_baseline", story.baseline)
    position = int(story.worker.get("rivergauge_position", 0))
    if not story.samples or position > story.samples[-1].position:
        metric, baseline = named.get("rivergauge_metric_window"), named.get("rivergauge_baseline_window")
        story.samples.append(
            Sample(position, None if metric is None else metric[1], None if baseline is None else baseline[1])
        )
