"""Publishing at least once: order, batches, and a broker that fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotLeaderForPartitionError,
    OutOfOrderSequenceNumber,
    TopicAuthorizationFailedError,
    UnknownError,
)
from aiokafka.structs import TopicPartition

from streams.broker.inprocess import InProcessBroker
from streams.delivery import at_least_once
from streams.delivery import producer as producers
from streams.delivery.at_least_once import AtLeastOnce, SharedProducer, idempotent_producer
from streams.delivery.envelope import Output
from streams.delivery.ledger import Mark
from streams.here.failures import BrokerRefusedError
from streams.kafka.client_errors import may_pass


def output(value: bytes, topic: str = "out") -> Output:
    return Output(topic, None, value, [("ce_id", value)], 1_000)


def piece(*outputs: Output) -> tuple[list[Output], Mark]:
    return list(outputs), Mark(0, 1, 0, "", 1)


class FakeBatch:
    def __init__(self, room: int) -> None:
        self.room = room
        self.values: list[bytes] = []

    def append(self, *, key: Any, value: bytes, headers: Any, timestamp: Any) -> object | None:
        if len(self.values) == self.room:
            return None
        self.values.append(value)
        return object()


class FakeProducer:
    """Takes batches of two records; raises ``faults`` first, one per batch, on the acknowledgement."""

    def __init__(self, faults: list[Exception] | None = None, start_fault: Exception | None = None) -> None:
        self.sent: list[tuple[str, int, list[bytes]]] = []
        self.faults = faults if faults is not None else []
        self.start_fault = start_fault
        self.stopped = False

    async def start(self) -> None:
        if self.start_fault is not None:
            raise self.start_fault

    async def stop(self) -> None:
        self.stopped = True

    def create_batch(self) -> FakeBatch:
        return FakeBatch(2)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> asyncio.Future[None]:
        assert not self.stopped
        self.sent.append((topic, partition, batch.values))
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.faults:
            future.set_exception(self.faults.pop(0))
        else:
            future.set_result(None)
        return future


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(at_least_once, "FIRST_PAUSE_S", 0.0)


async def test_a_full_batch_goes_out_before_the_next_of_its_topic():
    producer = FakeProducer()

    await AtLeastOnce(SharedProducer(lambda: producer), 3).commit(
        *piece(output(b"1"), output(b"a", "other"), output(b"2"), output(b"3"))
    )

    assert [sent for sent in producer.sent if sent[0] == "out"] == [("out", 3, [b"1", b"2"]), ("out", 3, [b"3"])]
    assert [sent for sent in producer.sent if sent[0] == "other"] == [("other", 3, [b"a"])]


@pytest.mark.parametrize(
    "fault", [NotLeaderForPartitionError(), KafkaTimeoutError(), KafkaConnectionError(), OutOfOrderSequenceNumber()]
)
async def test_a_passing_fault_sends_the_whole_slice_again_through_a_new_producer(fault: Exception):
    made = [FakeProducer([fault]), FakeProducer()]
    waiting = list(made)

    await AtLeastOnce(SharedProducer(lambda: waiting.pop(0)), 0).commit(
        *piece(output(b"1"), output(b"2"), output(b"3"))
    )

    assert made[0].stopped
    assert made[1].sent == [("out", 0, [b"1", b"2"]), ("out", 0, [b"3"])]


async def test_a_broker_that_is_away_when_connecting_is_tried_again():
    made = [FakeProducer(start_fault=KafkaConnectionError()), FakeProducer()]
    waiting = list(made)

    await AtLeastOnce(SharedProducer(lambda: waiting.pop(0)), 0).commit(*piece(output(b"1")))

    assert made[1].sent == [("out", 0, [b"1"])]


async def test_a_record_that_the_broker_refuses_is_not_tried_again():
    producer = FakeProducer([MessageSizeTooLargeError()])

    with pytest.raises(BrokerRefusedError, match="the record is too large"):
        await AtLeastOnce(SharedProducer(lambda: producer), 0).commit(*piece(output(b"1")))

    assert len(producer.sent) == 1


async def test_a_right_that_is_denied_is_told_and_asked_for_again():
    denied = TopicAuthorizationFailedError("out")
    waiting = [FakeProducer([denied]), FakeProducer([])]
    told: list[BaseException] = []

    await AtLeastOnce(SharedProducer(lambda: waiting.pop(0)), 0, tell=told.append).commit(*piece(output(b"1")))

    assert told == [denied]


async def test_two_shards_replace_a_failed_producer_once():
    made: list[FakeProducer] = []

    def make() -> FakeProducer:
        made.append(FakeProducer())
        return made[-1]

    shared = SharedProducer(make)
    first = await shared.get()
    await shared.discard(first)
    second = await shared.get()
    await shared.discard(first)

    assert await shared.get() is second
    assert len(made) == 2


def ended(cause: Exception) -> KafkaError:
    """As aiokafka 0.14 says that its sender has ended."""
    error = KafkaError("Unexpected error during batch delivery")
    error.__cause__ = cause
    return error


def test_authorization_does_not_pass():
    assert not may_pass(TopicAuthorizationFailedError())
    assert not may_pass(ended(TopicAuthorizationFailedError()))


@pytest.mark.parametrize("cause", [UnknownError(), KafkaConnectionError(), RuntimeError("the handler is closed")])
def test_what_a_broker_says_that_has_just_come_back_passes(cause: Exception):
    assert may_pass(ended(cause))


async def read(servers: str, partition: int, wanted: int) -> list[Any]:
    got: list[Any] = []
    async with AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition("out", partition)])
        async with asyncio.timeout(20):
            while len(got) < wanted:
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    got += records
    return got


@pytest.mark.broker
async def test_on_a_broker_records_keep_order_partition_headers_and_timestamp():
    values = [b"%06d" % n + b"x" * 1_000 for n in range(1_000)]  # a megabyte: several batches
    with InProcessBroker() as broker:
        broker.create_topic("out", partitions=2)
        shared = SharedProducer(lambda: idempotent_producer({"bootstrap_servers": broker.bootstrap_servers}))

        await AtLeastOnce(shared, 1).commit(*piece(*map(output, values)))

        got = await read(broker.bootstrap_servers, 1, len(values))
        await shared.stop()
    assert [record.value for record in got] == values
    assert {record.timestamp for record in got} == {1_000}
    assert got[0].headers == (("ce_id", values[0]),)


@pytest.mark.broker
async def test_on_a_broker_a_record_without_key_and_value_can_be_published():
    with InProcessBroker() as broker:
        broker.create_topic("out")
        shared = SharedProducer(lambda: idempotent_producer({"bootstrap_servers": broker.bootstrap_servers}))

        await AtLeastOnce(shared, 0).commit(*piece(Output("out", None, None, [("ce_id", b"1")], 1_000)))

        [record] = await read(broker.bootstrap_servers, 0, 1)
        await shared.stop()
    assert (record.key, record.value) == (None, None)


@pytest.mark.broker
async def test_a_broker_that_goes_down_and_comes_back_gets_everything(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(producers, "PATIENCE_S", 0.01)
    phrases: asyncio.Queue[str] = asyncio.Queue()
    for module in (producers, at_least_once):
        monkeypatch.setattr(module._log, "warning", lambda phrase, **_: phrases.put_nowait(phrase))
    with InProcessBroker() as broker:
        broker.create_topic("out")
        shared = SharedProducer(lambda: idempotent_producer({"bootstrap_servers": broker.bootstrap_servers}))
        target = AtLeastOnce(shared, 0)
        await target.commit(*piece(output(b"before")))
        broker.set_down()

        publishing = asyncio.create_task(target.commit(*piece(output(b"while"))))
        phrase = await asyncio.wait_for(phrases.get(), 20)
        broker.set_up()
        await asyncio.wait_for(publishing, 20)

        got = {record.value for record in await read(broker.bootstrap_servers, 0, 2)}
        await shared.stop()
    assert phrase == "outputs not acknowledged yet, waiting"
    assert got == {b"before", b"while"}


@pytest.mark.broker
async def test_a_shard_whose_producer_another_shard_discards_sends_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(producers, "PATIENCE_S", 0.01)
    monkeypatch.setattr(at_least_once, "REQUEST_TIMEOUT_MS", 1_000)
    monkeypatch.setattr(producers, "STOP_TIMEOUT_S", 0.01)
    phrases: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
    for module in (producers, at_least_once):
        monkeypatch.setattr(
            module._log, "warning", lambda phrase, partition, **_: phrases.put_nowait((phrase, partition))
        )
    # Two batches for one partition: the second cannot be queued while the first waits, which ends with a timeout.
    values = [b"%06d" % n + b"x" * 1_000 for n in range(producers.BATCH_BYTES // 1_000 + 10)]
    with InProcessBroker() as broker:
        broker.create_topic("out", partitions=2)
        shared = SharedProducer(lambda: idempotent_producer({"bootstrap_servers": broker.bootstrap_servers}))
        waiting, full = AtLeastOnce(shared, 0), AtLeastOnce(shared, 1)
        await waiting.commit(*piece(output(b"before")))
        await full.commit(*piece(output(b"before")))
        broker.set_down()

        first = asyncio.create_task(waiting.commit(*piece(output(b"while"))))
        while await asyncio.wait_for(phrases.get(), 20) != ("outputs not acknowledged yet, waiting", 0):
            pass
        second = asyncio.create_task(full.commit(*piece(*map(output, values))))
        for _ in range(2):  # the second time, the producer that both used is gone
            while await asyncio.wait_for(phrases.get(), 20) != ("publish failed, trying again", 1):
                pass
        broker.set_up()
        await asyncio.wait_for(asyncio.gather(first, second), 30)

        got = {record.value for record in await read(broker.bootstrap_servers, 0, 2)}
        await shared.stop()
    assert got == {b"before", b"while"}
