"""Who is measured: the bare River loop, the hand-written loop over Kafka, and a Rivergauge worker.

The two that use a broker read a topic that was filled before, each in a process of its own. Their speed is taken from
the growth of the predictions topic; see `watch`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import orjson

from benchmarks.job import Job
from benchmarks.places import Place
from benchmarks.processes import BenchmarkError, Child
from benchmarks.service import worker
from benchmarks.watch import Speed, watch
from benchmarks.workload import MODELS, Event, Stream


def bare(stream: Stream, model_name: str, count: int) -> Speed:
    """River alone, in memory: predict, then learn, on events that are decoded already."""
    return river_loop([(dict(x), y) for x, y in stream.events(count)], model_name)


def river_loop(events: Iterable[Event], model_name: str) -> Speed:
    """The loop itself, with a new model."""
    model = MODELS[model_name].build()
    predict, learn = model.predict_proba_one, model.learn_one
    count = 0
    begin = time.perf_counter()
    for x, y in events:
        probabilities = predict(x)
        _ = max(probabilities, key=probabilities.get) if probabilities else None
        learn(x, y)
        count += 1
    return Speed(count, time.perf_counter() - begin)


def in_memory(stream: Stream, model_name: str, count: int) -> Speed:
    """The hand-written contender's job without a broker: records decoded and answers encoded, in memory."""
    records, job = list(stream.records(count)), Job(model_name)
    begin = time.perf_counter()
    for record in records:
        orjson.dumps(job.answer(orjson.loads(record)))
    return Speed(count, time.perf_counter() - begin)


def hand_written(place: Place, topic: str, model_name: str, count: int, scratch: Path) -> Speed:
    """`confluent_loop` on ``topic``."""
    predictions = place.new_topic("hand-written")
    arguments = ["-m", "benchmarks.confluent_loop", place.servers, topic, predictions, model_name, str(count)]
    with Child(arguments, log=scratch / "confluent_loop.log") as child:
        return watch(place, predictions, count, child.check)


def rivergauge(place: Place, topic: str, model_name: str, count: int, scratch: Path, *, delivery: str) -> Speed:
    """A worker process on ``topic``; every event must have been predicted, once."""
    with worker(place, topic, model_name, scratch, delivery=delivery) as service:
        speed = watch(place, service.predictions, count, service.check)
        done = service.metrics()
    if done["rivergauge_predictions_total"] != count:
        raise BenchmarkError(f"the worker made {done['rivergauge_predictions_total']:.0f} predictions of {count}")
    return speed
