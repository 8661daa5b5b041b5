"""The in-process broker, through clients that know nothing of it."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import TopicPartition

from streams.broker.inprocess import InProcessBroker, InProcessBrokerError
from streams.kafka import topics

pytestmark = pytest.mark.broker


async def test_topics_have_the_partitions_that_were_asked_for():
    with InProcessBroker() as broker:
        broker.create_topic("pumps", partitions=3)
        broker.create_topic("pumps.predictions", partitions=1)
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
        await admin.start()

        counts = await topics.partition_counts(admin)

        await admin.close()
        assert counts == {"pumps": 3, "pumps.predictions": 1}


async def test_records_come_back_with_key_headers_and_timestamp():
    with InProcessBroker() as broker:
        broker.create_topic("pumps")
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True) as producer:
            await producer.send_and_wait("pumps", b"v", b"k", headers=[("h", b"1")], timestamp_ms=1_700_000_000_000)
        async with AIOKafkaConsumer(
            "pumps", bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
        ) as consumer:
            record = await asyncio.wait_for(consumer.getone(), 10)

        assert (record.value, record.key, record.headers, record.timestamp) == (
            b"v",
            b"k",
            (("h", b"1"),),
            1_700_000_000_000,
        )


async def test_deleted_records_raise_the_beginning_of_the_log():
    with InProcessBroker() as broker:
        broker.create_topic("pumps")
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
            for value in (b"0", b"1", b"2"):
                await producer.send_and_wait("pumps", value)

        broker.delete_records("pumps", 0, before_offset=2)

        async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers) as consumer:
            begins = await consumer.beginning_offsets([TopicPartition("pumps", 0)])
        assert list(begins.values()) == [2]


async def test_a_broker_that_is_down_refuses_connections_until_it_is_up():
    with InProcessBroker() as broker:
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, request_timeout_ms=500)
        broker.set_down()
        with pytest.raises(KafkaConnectionError):
            await producer.start()

        broker.set_up()
        await producer.start()

        await producer.stop()


def test_a_topic_cannot_be_created_twice():
    with InProcessBroker() as broker:
        broker.create_topic("pumps")

        with pytest.raises(InProcessBrokerError, match=r"refused topic 'pumps'.*TOPIC_ALREADY_EXISTS|already exists"):
            broker.create_topic("pumps")


def test_it_listens_on_loopback_only():
    with InProcessBroker() as broker:
        assert broker.bootstrap_servers.startswith("127.0.0.1:")


def test_a_stopped_broker_says_so():
    broker = InProcessBroker()
    broker.stop()
    broker.stop()

    with pytest.raises(InProcessBrokerError, match="has been stopped"):
        broker.create_topic("pumps")
