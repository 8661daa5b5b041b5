"""Where a run takes place: a real Kafka of one node, or the broker inside this process. Both listen on loopback.

A place fills topics and watches the end of one. The end (the high watermark) grows when a record is appended, costs
the broker next to nothing to say, and does not shrink where the in-process broker forgets old records.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.processes import BenchmarkError
from streams.broker.inprocess import InProcessBroker
from streams.broker.kafka import KafkaBroker

POLL_S: Final = 0.005
STALLED_AFTER_S: Final = 120.0
MOST_IN_PROCESS: Final = 20_000
"""Events that the in-process broker keeps for sure: it forgets what is more than 5 MB old."""

OUTPUTS: Final = ("predictions", "alerts", "versions", "reports", "dead_letters")


class Sight(NamedTuple):
    """How many records a topic had at some moment, in seconds of ``perf_counter``."""

    at: float
    end: int


class Place:
    """A broker that has one-partition topics."""

    def __init__(self, name: str, servers: str, create: Callable[[str, dict[str, str]], None]) -> None:
        self.name = name
        self.servers = servers
        self._create = create
        self._watcher = Consumer({"bootstrap.servers": servers, "group.id": "watcher"})
        self._topics = 0

    def new_topic(self, purpose: str, config: dict[str, str] | None = None) -> str:
        """Create an empty topic with a name of its own."""
        self._topics += 1
        name = f"{purpose}-{self._topics}"
        self._create(name, config or {})
        return name

    def new_input(self, purpose: str, records: Iterable[bytes] = (), config: dict[str, str] | None = None) -> str:
        """Create an input topic, the output topics that a gauge gives it by default, and fill it."""
        name = self.new_topic(purpose, config)
        for output in OUTPUTS[1:]:
            self._create(f"{name}.{output}", {})
        producer = Producer({"bootstrap.servers": self.servers, "linger.ms": 20, "acks": "all"})
        count = 0
        for value in records:
            while True:
                try:
                    producer.produce(name, value, partition=0)
                    break
                except BufferError:
                    producer.poll(0.1)
            count += 1
        if producer.flush(60) or self.end(name) != count:
            raise BenchmarkError(f"{self.name} took {self.end(name)} of {count} records of '{name}'")
        return name

    def end(self, topic: str) -> int:
        """How many records were ever appended."""
        return int(self._watcher.get_watermark_offsets(TopicPartition(topic, 0), timeout=30, cached=False)[1])

    def watch(self, topic: str, count: int, check: Callable[[], None]) -> list[Sight]:
        """Look every 5 ms until ``topic`` has ``count`` records; each growth seen, the first one first.

        Raises
        ------
        BenchmarkError
            If nothing is appended for two minutes, or as ``check`` raises.
        """
        sights: list[Sight] = []
        progressed = time.perf_counter()
        while not sights or sights[-1].end < count:
            end, now = self.end(topic), time.perf_counter()
            if end > (sights[-1].end if sights else 0):
                sights.append(Sight(now, end))
                progressed = now
            elif now - progressed > STALLED_AFTER_S:
                raise BenchmarkError(f"'{topic}' has {end} of {count} records and no more for {STALLED_AFTER_S:g} s")
            else:
                check()
            time.sleep(POLL_S)
        return sights

    def close(self) -> None:
        """Stop watching."""
        self._watcher.close()


@contextmanager
def real_kafka(scratch: Path) -> Iterator[Place]:
    """A Kafka node with its data in ``scratch``; `streams.broker.kafka` says what it raises where Java is missing."""
    with KafkaBroker(scratch / "kafka") as broker:
        # Quiet: it would report the broker's orderly end as a failure.
        admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})

        def create(name: str, config: dict[str, str]) -> None:
            for future in admin.create_topics([NewTopic(name, 1, 1, config=config)]).values():
                future.result(30)

        place = Place("kafka", broker.bootstrap_servers, create)
        try:
            yield place
        finally:
            place.close()


@contextmanager
def in_process(scratch: Path) -> Iterator[Place]:
    """A fresh broker in this process; it knows no topic settings."""
    del scratch  # it keeps everything in memory
    with InProcessBroker() as broker:
        place = Place("in-process", broker.bootstrap_servers, lambda name, config: broker.create_topic(name))
        try:
            yield place
        finally:
            place.close()
