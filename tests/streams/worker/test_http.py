"""What a worker tells and takes over HTTP, on the in-process broker. Oracle: its output topics, read in another way."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from models.learner import Learner
from streams.here.exit_codes import ExitCode
from tests import builders
from tests.streams.http.serving import Client
from tests.streams.worker.test_worker import (
    broker,
    kafka_gauge,
    make_gauge,
    published,
    read,
    running,
    send,
    until,
    values,
)

__all__ = ["broker"]


async def events_of(content: aiohttp.StreamReader, count: int) -> list[dict[str, str]]:
    """So many server-sent events."""
    made: list[dict[str, str]] = []
    async with asyncio.timeout(30):
        while len(made) < count:
            lines = (await content.readuntil(b"\n\n")).decode().splitlines()
            made.append(dict(line.split(": ", 1) for line in lines if line))
    return made


@pytest.mark.broker
async def test_a_worker_tells_what_it_published_and_takes_events(broker, caplog):
    gauge = make_gauge(broker, partitions=1)
    records = values(50)
    await send(gauge, 0, records)

    async with running(gauge) as (worker, task), aiohttp.ClientSession() as session:
        ask = Client(session, worker.health)
        await until(lambda: published(worker, 0) == len(records), task)

        _, status = await ask("GET", "/v1/status")
        assert status["partitions"]["0"]["position"] == 50
        assert status["partitions"]["0"]["status"]["events"] == 50
        _, versions = await ask("GET", "/v1/versions")
        assert [(one["version"], one["leads"]) for one in versions["versions"]] == [("0-1", True)]
        assert (await ask("GET", "/v1/versions/0-1"))[1]["version"] == "0-1"
        assert (await ask("GET", "/v1/versions/0-9"))[0] == 404
        assert (await ask("GET", "/v1/alerts"))[1] == {"alerts": []}
        assert (await ask("GET", "/v1/reports"))[1] == {"reports": []}
        _, letters = await ask("GET", "/v1/dead-letters?limit=3")
        assert letters["counts"] == {"not_json": 7}
        assert [one["position"] for one in letters["dead_letters"]] == [48, 41, 34]
        assert (await ask("GET", "/v1/dead-letters?reason=empty"))[1]["dead_letters"] == []

        async with session.get(f"http://127.0.0.1:{worker.health.port}/v1/stream") as stream:
            assert stream.status == 200
            [first] = await events_of(stream.content, 1)
            await send(gauge, 0, [b"{broken"])
            heard = await events_of(stream.content, 1)
            while heard[-1]["event"] == "status":
                heard += await events_of(stream.content, 1)
        assert (first["event"], heard[-1]["event"]) == ("status", "dead_letter")
        assert json.loads(heard[-1]["data"])["position"] == 50
        resumed = {"Last-Event-ID": first["id"]}
        async with session.get(f"http://127.0.0.1:{worker.health.port}/v1/stream", headers=resumed) as stream:
            assert (await events_of(stream.content, 2))[1] == heard[-1]

        event = builders.record("new", a=4)
        _, foreseen = await ask.post("/v1/score", event)
        assert (await ask.post("/v1/events", b'{"a": "secret"}'))[0] == 422
        code, said = await ask.post("/v1/events?wait=20", event)
        assert (code, said["partition"], said["offset"]) == (200, 0, 51)
        assert said["prediction"] == {name: value for name, value in foreseen.items() if name in said["prediction"]}
        assert await ask.post("/v1/events", builders.record("next", a=1, y="good")) == (
            202,
            {"partition": 0, "offset": 52},
        )
        await until(lambda: published(worker, 0) == 53, task)

        # It stops while somebody listens, and nobody hears of an error.
        last = await session.get(f"http://127.0.0.1:{worker.health.port}/v1/stream")
        await events_of(last.content, 1)
        worker.stop()
        assert await asyncio.wait_for(task, 5) is ExitCode.OK
        last.close()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []

    alone = Learner(gauge)
    log = [*records, b"{broken", event, builders.record("next", a=1, y="good")]
    wanted = builders.predictions(builders.flat(builders.fold(alone, builders.decoded(gauge, log))))
    predictions: list[Any] = await read(gauge, gauge.topics.predictions, 0)
    assert [record.value for record in predictions] == [one.body() for one in wanted]


@pytest.mark.kafka
async def test_a_worker_with_transactions_tells_what_it_published_at_once(kafka):
    # Every transaction leaves a marker at the end of each topic, which no reader is ever given.
    gauge = kafka_gauge(kafka)
    async with running(gauge) as (worker, task), aiohttp.ClientSession() as session:
        ask = Client(session, worker.health)
        await until(worker.is_ready, task)
        await send(gauge, 0, values(50))
        await until(lambda: published(worker, 0) >= 50, task)

        code, versions = await ask("GET", "/v1/versions")
        async with session.get(f"http://127.0.0.1:{worker.health.port}/") as page:
            shown = await page.text()

    assert (code, [one["version"] for one in versions["versions"]]) == (200, ["0-1"])
    assert page.status == 200
    assert "Version 0-1 (naive_bayes): promoted" in shown
