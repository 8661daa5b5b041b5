"""Latency at a steady pace: from the append of an event to the moment a consumer can read its prediction.

The append is the broker's own (``LogAppendTime``, whole milliseconds, so up to 1 ms is added to each latency). The
prediction is readable when a consumer that waits for it has it in hand. Event and answer have the same offset.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from benchmarks.contenders import worker
from benchmarks.places import Place
from benchmarks.processes import BenchmarkError, Child
from benchmarks.workload import Stream

WARM_UP_EVENTS: Final = 2_000
"""Sent at the same pace before the events that count."""

_PATIENCE_S: Final = 60.0
Checked = tuple[str, Callable[[], None]]


def measure(
    stream: Stream,
    model: str,
    *,
    rate: int,
    seconds: int,
    repetitions: int,
    place: Place,
    scratch: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Median and 99th percentile of both contenders, in turns; figures are medians over the repetitions."""
    contenders = {"aiokafka": _aiokafka_loop, "rivergauge": _worker}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    count = WARM_UP_EVENTS + rate * seconds
    for repetition in range(repetitions):
        for name in sorted(contenders, reverse=repetition % 2 == 1):
            topic = place.new_input("paced", config={"message.timestamp.type": "LogAppendTime"})
            with contenders[name](place, topic, model, count, scratch) as (predictions, check):
                milliseconds = _paced(place, topic, predictions, stream, count, rate, check)
            runs[name].append({"p50_ms": _quantile(milliseconds, 0.5), "p99_ms": _quantile(milliseconds, 0.99)})
            say(
                f"latency, {repetition + 1} of {repetitions}: {name} p50 {runs[name][-1]['p50_ms']:.1f} ms, "
                f"p99 {runs[name][-1]['p99_ms']:.1f} ms"
            )
    figures = {
        name: {key: median(run[key] for run in taken) for key in ("p50_ms", "p99_ms")} for name, taken in runs.items()
    }
    ratios = {
        key: [ours[key] / theirs[key] for ours, theirs in zip(runs["rivergauge"], runs["aiokafka"], strict=True)]
        for key in ("p50_ms", "p99_ms")
    }
    return {
        "broker": place.name,
        "model": model,
        "rate": rate,
        "seconds": seconds,
        **figures,
        "ratios": {key.removesuffix("_ms"): median(values) for key, values in ratios.items()},
        "runs": runs,
    }


@contextmanager
def _aiokafka_loop(place: Place, topic: str, model: str, count: int, scratch: Path) -> Iterator[Checked]:
    del model
    predictions = place.new_topic("passed-on")
    arguments = ["-m", "benchmarks.aiokafka_loop", place.servers, topic, predictions, str(count)]
    with Child(arguments, log=scratch / "aiokafka_loop.log") as child:
        yield predictions, child.check


@contextmanager
def _worker(place: Place, topic: str, model: str, count: int, scratch: Path) -> Iterator[Checked]:
    del count
    with worker(place, topic, model, scratch) as service:
        yield service.predictions, service.child.check


def _paced(
    place: Place, topic: str, predictions: str, stream: Stream, count: int, rate: int, check: Callable[[], None]
) -> list[float]:
    """Send ``count`` events, read as many answers; the latencies in ms of all after the warm-up."""
    producer = Producer({"bootstrap.servers": place.servers, "linger.ms": 0})
    values = list(stream.records(count))
    # The first record finds out when everybody is up; only then does the pace begin.
    producer.produce(topic, values[0], partition=0)
    producer.flush(_PATIENCE_S)
    place.watch(predictions, 1, check)
    sender = threading.Thread(target=_send, args=(producer, topic, values[1:], rate), daemon=True)
    sender.start()
    readable = _read(place, predictions, count, lambda _stamp: time.time() * 1_000, check)
    sender.join()
    appended = _read(place, topic, count, float, check)
    return [after - before for before, after in zip(appended, readable, strict=True)][WARM_UP_EVENTS:]


def _send(producer: Producer, topic: str, values: list[bytes], rate: int) -> None:
    begin = time.perf_counter()
    for n, value in enumerate(values):
        wait = begin + n / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        producer.produce(topic, value, partition=0)
        producer.poll(0)
    producer.flush(_PATIENCE_S)


def _read(
    place: Place, topic: str, count: int, moment: Callable[[int], float], check: Callable[[], None]
) -> list[float]:
    """One moment per record, from its broker timestamp or from now, in the order of offsets."""
    consumer = Consumer({"bootstrap.servers": place.servers, "group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    moments: list[float] = []
    last = time.monotonic()
    try:
        while len(moments) < count:
            record = consumer.poll(0.5)
            if record is None or record.error() is not None:
                check()
                if time.monotonic() - last > _PATIENCE_S:
                    raise BenchmarkError(f"'{topic}' gave {len(moments)} of {count} records and no more")
                continue
            if record.offset() != len(moments):
                raise BenchmarkError(f"'{topic}' must hold one answer per event, got offset {record.offset()}")
            moments.append(moment(record.timestamp()[1]))
            last = time.monotonic()
    finally:
        consumer.close()
    return moments


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
