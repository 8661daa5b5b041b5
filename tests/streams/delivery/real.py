"""A topic and a group of a test's own on a real Kafka, and the ledgers for it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import TopicPartition

from streams.delivery.envelope import Output
from streams.delivery.exactly_once import ExactlyOnce
from streams.here.failures import DoubtError
from tests.streams import reading


class Place:
    """Where a test's ledgers are."""

    def __init__(self, servers: str) -> None:
        self.settings: dict[str, Any] = {"bootstrap_servers": servers}
        self.topic = f"t{uuid.uuid4().hex}"
        self.group = f"g-{self.topic}"
        self.tp = TopicPartition(self.topic, 0)
        self.made: list[ExactlyOnce] = []

    def ledger(self, at: Callable[[str], None] = lambda point: None) -> ExactlyOnce:
        ledger = ExactlyOnce.on_kafka(self.settings, gauge="g", group=self.group, place=self.tp, at=at)
        self.made.append(ledger)
        return ledger

    def outputs(self, *values: bytes) -> list[Output]:
        return [Output(self.topic, None, value, [("ce_id", value)], 1_000) for value in values]

    async def read(self, isolation: str = "read_committed") -> list[bytes]:
        found = await reading.records(self.settings["bootstrap_servers"], self.topic, isolation=isolation)
        return [record.value for record in found]


@asynccontextmanager
async def opened(servers: str):
    """A place whose broker is ready for transactions."""
    made = Place(servers)
    admin = AIOKafkaAdminClient(**made.settings)
    await admin.start()
    await admin.create_topics([NewTopic(made.topic, 1, 1)])
    await admin.close()
    async with asyncio.timeout(30):
        while not await _ready(made.ledger()):
            pass
    try:
        yield made
    finally:
        for ledger in made.made:
            await ledger.close()


async def _ready(ledger: ExactlyOnce) -> bool:
    """A new broker has no coordinators at first: that is a doubt, and the port says to try again."""
    try:
        await ledger.open()
    except DoubtError:
        return False
    return True
