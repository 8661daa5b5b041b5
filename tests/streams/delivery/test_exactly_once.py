"""What aiokafka's producer may answer in the middle of a transaction, and what the ledger makes of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import ConcurrentTransactions, IllegalOperation, KafkaConnectionError, ProducerFenced
from aiokafka.producer.sender import AddPartitionsToTxnHandler
from aiokafka.structs import TopicPartition

from streams.delivery import exactly_once
from streams.delivery.envelope import Output
from streams.delivery.exactly_once import REFUSED_S, ExactlyOnce, transactional_producer
from streams.delivery.ledger import Mark
from streams.here.failures import DoubtError, FencedError

MARK = Mark(0, 5, 0, "origin", 1)


class Batch:
    def append(self, **_record: Any) -> object:
        return object()


class Producer:
    """Does what is asked, but for one step, at which it raises."""

    def __init__(self, step: str = "", error: Exception | None = None) -> None:
        self.done: list[str] = []
        self._step = step
        self._error = error
        self.stopped = False

    def create_batch(self) -> Batch:
        return Batch()

    async def start(self) -> None:
        self._do("start")

    async def begin_transaction(self) -> None:
        self._do("begin")

    async def send_batch(self, _batch: Any, _topic: str, *, partition: int) -> Any:
        self._do("send")

        async def acknowledged() -> None:
            pass

        return acknowledged()

    async def send_offsets_to_transaction(self, _offsets: Any, _group: str) -> None:
        self._do("offsets")

    async def commit_transaction(self) -> None:
        self._do("commit")

    async def stop(self) -> None:
        self.stopped = True

    def _do(self, step: str) -> None:
        if step == self._step:
            assert self._error is not None
            raise self._error
        self.done.append(step)


async def nothing() -> None:
    return None


@pytest.mark.parametrize(
    ("step", "error", "outcome"),
    [
        ("begin", AssertionError("fenced before"), DoubtError),
        # A worker that slept beyond its session: the fence comes to light between begin and send.
        ("send", IllegalOperation("Can't send messages while not in transaction"), DoubtError),
        ("offsets", IllegalOperation("Not in the middle of a transaction"), DoubtError),
        ("offsets", ProducerFenced(), FencedError),
        ("commit", ProducerFenced(), FencedError),
        ("commit", KafkaConnectionError(), DoubtError),
        ("commit", TimeoutError(), DoubtError),
    ],
)
async def test_a_transaction_that_fails_is_fenced_or_in_doubt_and_its_producer_is_dropped(step, error, outcome):
    producer = Producer(step, error)
    place = TopicPartition("in", 0)
    ledger = ExactlyOnce(lambda: producer, nothing, group="g", place=place, at=lambda point: None)  # type: ignore[arg-type, return-value]
    await ledger.open()

    with pytest.raises(outcome):
        await ledger.commit([Output("out", None, b"{}", [], 1)], MARK)

    assert producer.stopped


async def test_a_commit_is_done_when_its_markers_have_had_their_time(monkeypatch):
    monkeypatch.setattr(exactly_once, "MARKERS_S", 0.1)
    producer = Producer()
    ledger = ExactlyOnce(
        lambda: producer,  # type: ignore[arg-type, return-value]
        nothing, group="g", place=TopicPartition("in", 0), at=lambda point: None,
    )  # fmt: skip
    await ledger.open()

    committing = asyncio.ensure_future(ledger.commit([], MARK))
    await asyncio.sleep(0.02)
    assert producer.done[-1] == "commit"
    assert not committing.done()

    await committing


async def test_a_transaction_that_comes_too_early_is_tried_again_soon():
    # By aiokafka's own constant it would be after 20 ms; what is set instead has no name in its interface.
    producer = transactional_producer({"bootstrap_servers": "localhost:9"}, "id")
    answer = SimpleNamespace(errors=[("out", [(0, ConcurrentTransactions.errno)])])

    handler = AddPartitionsToTxnHandler(producer._sender, [TopicPartition("out", 0)])

    assert handler.handle_response(answer) == REFUSED_S
    await producer.stop()
