"""Keys go where producers send them. Oracles: aiokafka's own partitioner, zlib, and librdkafka's producer itself."""

from __future__ import annotations

from zlib import crc32

import pytest
from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from streams.broker.inprocess import InProcessBroker
from streams.kafka.partitioners import partition_of, partitioner

keys, counts = st.binary(min_size=1, max_size=40), st.integers(1, 200)


@given(keys, counts)
def test_murmur2_is_the_default_of_the_java_clients(key, count):
    every = list(range(count))

    assert partition_of(key, count, "murmur2") == DefaultPartitioner()(key, every, every)


@given(keys, counts)
def test_crc32_is_the_remainder_of_the_checksum(key, count):
    assert partition_of(key, count, "crc32") == crc32(key) % count


@pytest.mark.broker
@pytest.mark.parametrize(("family", "theirs"), [("murmur2", "murmur2"), ("crc32", "consistent_random")])
def test_each_family_maps_as_librdkafka_does(family, theirs):
    sent: dict[bytes, int] = {}
    with InProcessBroker() as broker:
        broker.create_topic("pumps", 7)
        producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "partitioner": theirs})
        for n in range(200):
            producer.produce(
                "pumps", b"{}", key=f"pump-{n}", on_delivery=lambda _, one: sent.update({one.key(): one.partition()})
            )
        assert producer.flush(20) == 0

    assert len(sent) == 200
    assert sent == {key: partition_of(key, 7, family) for key in sent}
    assert {partitioner(family)(key, range(7), ()) for key in sent} == set(range(7))


def test_what_has_no_key_goes_where_there_is_a_leader():
    assert {partitioner("crc32")(None, range(3), [1]) for _ in range(20)} == {1}
    assert {partitioner("crc32")(None, range(3), []) for _ in range(200)} == {0, 1, 2}
