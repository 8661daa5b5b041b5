"""Where a run takes place: a real Kafka of one node, or the broker inside this process. Both listen on loopback.

A place fills topics, says where one ends, and lists what can be read of one. The end grows when a record is appended,
costs the broker next to nothing to say, and does not shrink where the in-process broker forgets old records. But it
counts the marker that each transaction leaves, too; only who reads knows how many records there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from benchmarks.processes import BenchmarkError
from streams.broker.inprocess import InProcessBroker
from streams.broker.kafka import KafkaBroker

MOST_IN_PROCESS: Final = 12_000
"""Events that the in-process broker keeps for sure: it forgets what is more than 5 MB old."""

OUTPUTS: Final = ("predictions", "alerts", "versions", "reports", "dead_letters")

_SILENT_AFTER_S: Final = 30.0
_AT_ONCE: Final = 10_000


class Place:
    """A broker that has topics.

    Parameters
    ----------
    transactional
        Whether it has transactions, and keeps all that it is given.
    create
        Creates a topic: name, number of partitions, settings.
    """

    def __init__(
        self, name: str, servers: str, *, transactional: bool, create: Callable[[str, int, dict[str, str]], None]
    ) -> None:
        self.name = name
        self.servers = servers
        self.transactional = transactional
        self._create = create
        self._admin = _admin(servers)
        self._partitions: dict[str, int] = {}

    def new_topic(self, purpose: str, config: dict[str, str] | None = None, *, partitions: int = 1) -> str:
        """Create an empty topic with a name of its own."""
        name = f"{purpose}-{len(self._partitions) + 1}"
        self._create(name, partitions, config or {})
        self._partitions[name] = partitions
        deadline = time.monotonic() + _SILENT_AFTER_S
        # The broker may need a moment until it knows what it has made. And who asks the watcher for an end before is
        # told that there is no such partition, for minutes: it remembers what it was told.
        while len(self._admin.list_topics(name, timeout=30).topics[name].partitions) < partitions:
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{self.name} made '{name}' and does not know it")
            time.sleep(0.05)
        return name

    def new_input(self, purpose: str, config: dict[str, str] | None = None, *, partitions: int = 1) -> str:
        """Create an empty input topic and the output topics that a gauge gives it by default."""
        name = self.new_topic(purpose, config, partitions=partitions)
        for output in OUTPUTS[1:]:
            self._create(f"{name}.{output}", partitions, {})
        return name

    def fill(self, topic: str, records: Iterable[bytes]) -> None:
        """Append records, to each partition in turn."""
        partitions = self._partitions[topic]
        producer = Producer({"bootstrap.servers": self.servers, "linger.ms": 20, "acks": "all"})
        count = 0
        for value in records:
            while True:
                try:
                    producer.produce(topic, value, partition=count % partitions)
                    break
                except BufferError:
                    producer.poll(0.1)
            count += 1
        if producer.flush(60) or sum(self.ends(topic)) != count:
            raise BenchmarkError(f"{self.name} took {sum(self.ends(topic))} of {count} records of '{topic}'")

    def ends(self, topic: str) -> list[int]:
        """Each partition's end, asked at once: how many records and markers were ever appended."""
        places = [TopicPartition(topic, partition) for partition in range(self._partitions[topic])]
        found = self._admin.list_offsets(dict.fromkeys(places, OffsetSpec.latest()), request_timeout=30)
        return [int(found[place].result().offset) for place in places]

    def readable(self, topic: str) -> list[list[int]]:
        """Each partition's offsets that a reader of committed records gets.

        Where there are no transactions, and old records are forgotten, those up to the end instead.
        """
        if not self.transactional:
            return [list(range(end)) for end in self.ends(topic)]
        settings = {"bootstrap.servers": self.servers, "group.id": "counter", "enable.partition.eof": True}
        found: list[list[int]] = [[] for _ in range(self._partitions[topic])]
        with closing(Consumer({**settings, "enable.auto.commit": False})) as consumer:
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(len(found))])
            ended, deadline = 0, time.monotonic() + _SILENT_AFTER_S
            while ended < len(found):
                # It waits until it has as many as are asked for, or the time is up.
                records = consumer.consume(_AT_ONCE, timeout=0.1)
                if time.monotonic() > deadline:
                    raise BenchmarkError(f"'{topic}' could not be read to its end within {_SILENT_AFTER_S:g} s")
                for record in records:
                    error = record.error()
                    if error is None:
                        found[record.partition()].append(record.offset())
                    elif error.code() == KafkaError._PARTITION_EOF:
                        ended += 1
        return found


@contextmanager
def real_kafka(scratch: Path) -> Iterator[Place]:
    """A Kafka node with its data in ``scratch``; `streams.broker.kafka` says what it raises where Java is missing."""
    with KafkaBroker(scratch / "kafka") as broker:
        admin = _admin(broker.bootstrap_servers)

        def create(name: str, partitions: int, config: dict[str, str]) -> None:
            for future in admin.create_topics([NewTopic(name, partitions, 1, config=config)]).values():
                future.result(30)

        yield Place("kafka", broker.bootstrap_servers, transactional=True, create=create)


@contextmanager
def in_process(scratch: Path) -> Iterator[Place]:
    """A fresh broker in this process; it knows no topic settings."""
    del scratch  # it keeps everything in memory
    with InProcessBroker() as broker:

        def create(name: str, partitions: int, config: dict[str, str]) -> None:
            del config
            broker.create_topic(name, partitions)

        yield Place("in-process", broker.bootstrap_servers, transactional=False, create=create)


def _admin(servers: str) -> AdminClient:
    # Quiet: it would report the broker's orderly end as a failure.
    return AdminClient({"bootstrap.servers": servers, "log_level": 0})
