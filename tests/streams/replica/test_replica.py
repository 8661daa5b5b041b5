"""A replica beside a worker, on the in-process broker. Oracles: the worker at the same offset, and the fold alone."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from models.learner import Learner
from schemas.gauge import Gauge
from streams.broker.inprocess import InProcessBroker
from streams.here.exit_codes import ExitCode
from streams.http.problems import Problem
from streams.orders.orders import Reset
from streams.replica import replica as replicas
from streams.replica.serve import replica
from streams.worker.worker import Worker
from tests import builders
from tests.streams.http.serving import Client
from tests.streams.worker.test_worker import broker, kafka_gauge, make_gauge, published, running, send, until, values

__all__ = ["broker"]


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "LOOK_S", 0.05)
    monkeypatch.setattr(replicas, "ENDS_S", 0.02)
    monkeypatch.setattr(replicas, "PAUSE_S", 0.1)


def changed(gauge: Gauge, **sections: dict[str, Any]) -> Gauge:
    more = {name: getattr(gauge, name).model_copy(update=keys) for name, keys in sections.items()}
    return gauge.model_copy(update=more)


@asynccontextmanager
async def replicating(gauge: Gauge, **options: Any) -> AsyncIterator[tuple[Worker, asyncio.Task[ExitCode]]]:
    process = Worker(gauge, replica(gauge, environ=os.environ, **options))
    task = asyncio.create_task(process.run())
    try:
        yield process, task
    finally:
        process.stop()
        assert await asyncio.wait_for(task, 20) is ExitCode.OK


def at(process: Worker, partition: int = 0) -> int:
    copies = {} if process.work is None else process.work.copies
    return copies[partition].position if partition in copies else -1


@pytest.mark.broker
async def test_worker_and_replica_answer_alike_at_the_same_offset_in_every_protocol(broker: InProcessBroker):
    gauge = make_gauge(broker)
    events = [builders.record(f"e{n}", a=n) for n in range(5)]
    frame = {"dataframe_records": [{"a": 1}, {"a": 4}]}
    infer = {"inputs": [{"name": "a", "shape": [2], "datatype": "FP64", "data": [1, 4]}]}
    asked = [
        *((f"/v1/score?partition={partition}", event) for partition in range(2) for event in events),
        ("/invocations?partition=1", frame),
        ("/v2/models/pumps/infer?partition=0", infer),
        ("/v1/models/pumps:predict?partition=1", {"instances": [{"a": 1}]}),
    ]
    for partition, count in enumerate((60, 40)):
        await send(gauge, partition, values(count, first=1_000 * partition))

    async with (
        running(gauge) as (worker, task), replicating(gauge) as (process, copying), aiohttp.ClientSession() as http,
    ):  # fmt: skip
        for end in ((60, 40), (75, 40)):
            await until(lambda end=end: all(published(worker, p) == n for p, n in enumerate(end)), task)
            await until(lambda end=end: all(at(process, p) == n for p, n in enumerate(end)), copying)
            await until(process.is_ready, copying)
            ours = [await Client(http, process.health).post(*ask) for ask in asked]
            theirs = [await Client(http, worker.health).post(*ask) for ask in asked]
            for _status, said in ours:
                said.pop("as_of", None)

            assert ours == theirs
            assert {status for status, _ in ours} == {200}
            if end == (60, 40):
                await send(gauge, 0, values(15, first=60))

        ask = Client(http, process.health)
        assert (await ask("GET", "/v1/versions"))[1] == (await Client(http, worker.health)("GET", "/v1/versions"))[1]
        assert (await ask.post("/v1/events", events[0]))[0] == 421
        with pytest.raises(Problem, match="send commands to a worker"):
            await process.work.service.commander.give({}, None)
        assert "rivergauge_position" in (await ask("GET", "/metrics"))[1]
        assert (await ask("GET", "/"))[0] == 200


@pytest.mark.broker
async def test_it_reads_on_after_a_broker_was_away_obeys_orders_and_needs_no_other(broker: InProcessBroker):
    gauge = make_gauge(broker, partitions=1)
    await send(gauge, 0, values(20))

    async with replicating(gauge) as (first, task), replicating(gauge) as (second, other):
        await until(lambda: first.is_ready() and second.is_ready(), task)
        assert (at(first), at(second), first.health.port != second.health.port) == (20, 20, True)
        second.stop()
        await asyncio.wait_for(asyncio.shield(other), 20)
        broker.set_down()
        await until(lambda: first.work.trouble is not None, task)
        assert (first.is_ready(), first.work.service.answers.leaders()) == (True, {0: "0-1"}), "it is not too old yet"
        broker.set_up()
        await send(gauge, 0, values(10, first=20))
        await until(lambda: at(first) == 30 and first.is_ready(), task)

        broker.create_topic(gauge.topics.control)
        for epoch in (1, 2):
            order = Reset(partition=0, epoch=epoch, begin=10 * epoch)
            key = f"{gauge.name}/{gauge.topics.input}/0/{order.key}".encode()
            async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
                await producer.send_and_wait(gauge.topics.control, order.model_dump_json().encode(), key=key)
            await until(lambda epoch=epoch: first.work.service.answers.leaders() == {0: f"0.{epoch}-1"}, task)
            await until(lambda: at(first) == 30, task)


def topic_gauge(servers: str, *, follow: str) -> Gauge:
    gauge = kafka_gauge(servers)
    return changed(
        gauge, serve={"follow": follow}, snapshots={"store": "topic", "every_events": 20, "every_seconds": 1e6}
    )


@pytest.mark.kafka
async def test_replicas_follow_a_worker_through_kafka_alone_and_leave_no_trace_there(kafka: str, monkeypatch):
    # The oracle is the fold alone: of all records, and of those that the newest snapshot saw.
    monkeypatch.setenv("RIVERGAUGE_SNAPSHOT_KEY", "ab" * 32)
    gauge = topic_gauge(kafka, follow="snapshots")
    records, event = values(90), builders.record("new", a=4)

    async with (
        running(gauge) as (worker, task), replicating(gauge) as (hopping, hops),
        replicating(changed(gauge, serve={"follow": "log"})) as (folding, folds), aiohttp.ClientSession() as http,
    ):  # fmt: skip
        for end in (50, 90):
            await until(worker.is_ready, task)
            await send(gauge, 0, records[end - 40 - 10 * (end == 50) : end])
            await until(lambda end=end: published(worker, 0) == end, task)
            durable = worker.work.shards.all[0]
            await until(lambda end=end, shard=durable: shard.durable > end - 40, task)
            await until(lambda shard=durable: at(hopping) == shard.durable, hops)
            await until(lambda end=end: at(folding) >= end and folding.is_ready(), folds)
            for process, position in ((hopping, durable.durable), (folding, end)):
                await until(lambda work=process.work: work.copies[0].as_of is not None, hops)
                status, said = await Client(http, process.health).post("/v1/score", event)
                alone = Learner(gauge)
                builders.fold(alone, builders.decoded(gauge, records[:position]))
                [prediction] = builders.predictions(alone.handle(*builders.decoded(gauge, [event]), position))
                assert (status, said["as_of"]) == (200, "2024-01-01T00:00:00+00:00")
                assert {name: said[name] for name in json.loads(prediction.body())} == json.loads(prediction.body())

        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        groups = [group for group, _ in await admin.list_consumer_groups() if gauge.name in group]
        [described] = [one for answer in await admin.describe_consumer_groups(groups) for one in answer.groups]
        await admin.close()
        assert len(described[5]) == 1, "the worker is the group's only member"
