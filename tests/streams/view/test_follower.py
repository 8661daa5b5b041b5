"""What is read of a broker: what is committed, back to a bound, from where another reader ended, and no more.

Oracle: what was sent, and `tests.streams.reading`, which reads the same topics in a way of its own.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.gauge import Gauge
from streams.broker.inprocess import InProcessBroker
from streams.here.failures import BrokerUnreachableError, TopicsError
from streams.kafka.connection import client_settings
from streams.view.follower import Follower, seen
from streams.view.published import Published
from streams.view.view import View
from tests import builders
from tests.streams.delivery import test_envelope as golden
from tests.streams.view.wire import Wire, on_the_wire


def prediction(position: int) -> Wire:
    return on_the_wire(golden.PREDICTION._replace(position=position))


async def ready(servers: str, partitions: int = 1) -> Gauge:
    """A gauge with output topics of its own."""
    gauge = builders.gauge(f'name = "g{uuid.uuid4().hex}"\n[connection]\nbootstrap_servers = "{servers}"')
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, partitions, 1) for topic in gauge.topics.outputs])
    await admin.close()
    return gauge


async def send(producer: AIOKafkaProducer, gauge: Gauge, records: list[Wire]) -> None:
    for one in records:
        await producer.send(
            gauge.topics.predictions, one.value, key=one.key, partition=one.partition, timestamp_ms=one.timestamp,
            headers=one.headers,
        )  # fmt: skip
    await producer.flush()


@asynccontextmanager
async def transactional(servers: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=servers, transactional_id=uuid.uuid4().hex)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def settings(gauge: Gauge) -> dict[str, object]:
    return client_settings(gauge.connection, os.environ)


@pytest.mark.kafka
async def test_what_is_committed_is_read_and_an_open_transaction_keeps_nobody_waiting(kafka):
    gauge = await ready(kafka)
    async with transactional(kafka) as producer:
        async with producer.transaction():
            await send(producer, gauge, [prediction(n) for n in range(5)])
        with suppress(ZeroDivisionError):
            async with producer.transaction():
                await send(producer, gauge, [prediction(n) for n in range(5, 9)])
                raise ZeroDivisionError
        async with producer.transaction():
            await send(producer, gauge, [prediction(n) for n in range(9, 11)])
        await producer.begin_transaction()
        await send(producer, gauge, [prediction(n) for n in range(11, 20)])

        async with asyncio.timeout(15):
            view = await seen(gauge, settings(gauge))

        await producer.abort_transaction()
    assert view.flows[0].predictions == 7
    assert view.position(0) == (0, 10)
    assert view.repeated == 0


@pytest.mark.kafka
async def test_who_follows_knows_when_the_past_is_read_whatever_markers_are_at_its_end(kafka):
    gauge = await ready(kafka)
    async with transactional(kafka) as producer:
        async with producer.transaction():
            await send(producer, gauge, [prediction(n) for n in range(5)])
        view = View()
        follower = Follower(gauge, settings(gauge), view)
        assert not follower.has_read_the_past
        task = asyncio.create_task(follower.run())
        async with asyncio.timeout(15):
            while not follower.has_read_the_past:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert view.flows[0].predictions == 5


@pytest.fixture
async def shown():
    """A gauge on the in-process broker with 100 predictions."""
    with InProcessBroker() as broker:
        gauge = builders.gauge(f'[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"')
        for topic in gauge.topics.outputs:
            broker.create_topic(topic, 2)
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
            await send(producer, gauge, [prediction(n) for n in range(100)])
        yield gauge


@pytest.mark.broker
async def test_the_past_is_bounded(shown):
    view = await seen(shown, settings(shown), past=30)

    assert view.flows[0].predictions == 30
    assert view.position(0) == (0, 99)


@pytest.mark.broker
async def test_a_reader_goes_on_where_another_one_ended(shown):
    view = View()
    first = Follower(shown, settings(shown), view)
    await first.read_to_end()
    async with AIOKafkaProducer(bootstrap_servers=shown.connection.bootstrap_servers) as producer:
        await send(producer, shown, [prediction(n) for n in range(100, 120)])

    second = Follower(shown, settings(shown), view, past=5, begin=first.offsets)
    await second.read_to_end()

    assert view.flows[0].predictions == 120
    assert view.repeated == 0
    assert second.offsets[shown.topics.predictions, 0] == 120
    assert second.has_read_the_past


@pytest.mark.broker
async def test_a_follower_hears_each_record_once_as_it_comes(shown):
    heard: list[Published] = []
    task = asyncio.create_task(Follower(shown, settings(shown), View(), past=1).run(heard.append))
    async with AIOKafkaProducer(bootstrap_servers=shown.connection.bootstrap_servers) as producer:
        async with asyncio.timeout(20):
            while not heard:
                await asyncio.sleep(0.01)
        await send(producer, shown, [prediction(n) for n in (98, 99, 100, 101)])
    async with asyncio.timeout(20):
        while len(heard) < 3:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [one.place.position for one in heard] == [99, 100, 101]


@pytest.mark.broker
async def test_a_record_that_was_given_and_not_done_with_is_given_again(shown):
    first = Follower(shown, settings(shown), View(), past=30)
    given = []
    async with asyncio.timeout(20), aclosing(first.each()) as records:
        async for one in records:
            given.append(one.place.position)
            if len(given) == 10:
                break  # with the tenth, nothing is done
    second = Follower(shown, settings(shown), View(), begin=first.offsets)
    async with asyncio.timeout(20), aclosing(second.each()) as records:
        again = await anext(records)

    assert given == [*range(70, 80)]
    assert again.place.position == 79


@pytest.mark.broker
async def test_only_the_kinds_that_are_asked_for_are_read(shown):
    view = await seen(shown, settings(shown), kinds=["alert", "version"])

    assert view.partitions == []


@pytest.mark.broker
async def test_a_gauge_that_never_ran_is_told_from_one_that_published_nothing():
    with InProcessBroker() as broker:
        gauge = builders.gauge(f'[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"')
        with pytest.raises(TopicsError, match=r"topics are missing: pumps.predictions, .*; rivergauge run makes them"):
            await seen(gauge, settings(gauge))
        for topic in gauge.topics.outputs:
            broker.create_topic(topic, 1)

        view = await seen(gauge, settings(gauge))

    assert view.partitions == []


async def test_a_broker_that_is_away_is_told():
    gauge = builders.gauge('[connection]\nbootstrap_servers = "127.0.0.1:1"')

    with pytest.raises(BrokerUnreachableError):
        await seen(gauge, settings(gauge))


@pytest.mark.broker
async def test_a_request_that_the_client_cancels_is_a_broker_that_went_away(shown, monkeypatch):
    """aiokafka cancels the requests of a connection that ends; nobody has cancelled who awaits them."""

    async def cancelled(self: AIOKafkaConsumer, places: object) -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    monkeypatch.setattr(AIOKafkaConsumer, "beginning_offsets", cancelled)
    following = asyncio.create_task(Follower(shown, settings(shown), View()).run())

    with pytest.raises(BrokerUnreachableError):
        await following


@pytest.mark.broker
async def test_who_follows_can_be_cancelled(shown):
    following = asyncio.create_task(Follower(shown, settings(shown), View()).run())
    await asyncio.sleep(0)

    following.cancel()

    with pytest.raises(asyncio.CancelledError):
        await following
