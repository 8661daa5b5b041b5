"""Latency at a steady pace: from the append of an event to the moment a consumer can read its prediction.

The append is the broker's own (``LogAppendTime``, whole milliseconds, so up to 1 ms is added to each latency). The
prediction is readable when a consumer of committed records that waits for it has it in hand. Every event must have been
answered, once and in order: an answer says its event's position.

A 99th percentile is of all events, and once more of those that no slow moment of the machine itself touched; see
`pulse`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from benchmarks.places import Place
from benchmarks.processes import BenchmarkError
from benchmarks.pulse import pulse, undisturbed
from benchmarks.watch import wait_for_growth

WARM_UP_S: Final = 2
"""Sent at the same pace before the events that count."""

_PATIENCE_S: Final = 60.0


def new_paced_input(place: Place) -> str:
    """An input topic whose records bear the time of their append."""
    return place.new_input("paced", {"message.timestamp.type": "LogAppendTime"})


def events_in(seconds: int, rate: int) -> int:
    """How many events a measurement of so long takes, its warm-up included."""
    return (WARM_UP_S + seconds) * rate


def paced(
    place: Place,
    topic: str,
    predictions: str,
    values: Sequence[bytes],
    rate: int,
    check: Callable[[], None],
    scratch: Path,
) -> dict[str, float]:
    """Send the events at ``rate`` per second, read as many answers; quantiles in ms of all after the warm-up.

    ``steady_share`` of them met no slow moment of the machine; ``steady_*`` are their quantiles.
    """
    producer = Producer({"bootstrap.servers": place.servers, "linger.ms": 0})
    # The first record finds out when everybody is up; only then does the pace begin.
    producer.produce(topic, values[0], partition=0)
    producer.flush(_PATIENCE_S)
    wait_for_growth(place, predictions, None, check)
    sender = threading.Thread(target=_send, args=(producer, topic, values[1:], rate), daemon=True)
    with pulse(scratch) as slow_moments:
        sender.start()
        answers = _read(place, predictions, len(values), lambda record: (time.time() * 1_000, record.value()), check)
        sender.join()
        slow = slow_moments()
    if [json.loads(answer)["position"] for _, answer in answers] != list(range(len(values))):
        raise BenchmarkError(f"'{predictions}' does not hold one answer per event, in their order")
    appended = _read(place, topic, len(values), lambda record: record.timestamp()[1], check)
    lives = [(before, after) for before, (after, _) in zip(appended, answers, strict=True)][WARM_UP_S * rate :]
    took, steady = [after - before for before, after in lives], undisturbed(lives, slow)
    if not steady:
        raise BenchmarkError("the machine was slow all the time; see benchmarks/pulse.py")
    return {
        "p50_ms": _quantile(took, 0.5),
        "p99_ms": _quantile(took, 0.99),
        "most_ms": max(took),
        "steady_p50_ms": _quantile(steady, 0.5),
        "steady_p99_ms": _quantile(steady, 0.99),
        "steady_share": len(steady) / len(took),
    }


def _send(producer: Producer, topic: str, values: Sequence[bytes], rate: int) -> None:
    begin = time.perf_counter()
    for n, value in enumerate(values):
        wait = begin + n / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        producer.produce(topic, value, partition=0)
        producer.poll(0)
    producer.flush(_PATIENCE_S)


def _read(place: Place, topic: str, count: int, take: Callable[[Any], Any], check: Callable[[], None]) -> list[Any]:
    """What ``take`` makes of each record, at once, in the order of offsets."""
    consumer = Consumer({"bootstrap.servers": place.servers, "group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    taken: list[Any] = []
    last = time.monotonic()
    try:
        while len(taken) < count:
            record = consumer.poll(0.5)
            if record is None or record.error() is not None:
                check()
                if time.monotonic() - last > _PATIENCE_S:
                    raise BenchmarkError(f"'{topic}' gave {len(taken)} of {count} records and no more")
                continue
            taken.append(take(record))
            last = time.monotonic()
    finally:
        consumer.close()
    return taken


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
