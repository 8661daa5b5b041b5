"""Who is measured: the bare River loop, the hand-written loop over Kafka, and a Rivergauge worker.

The two that use a broker read a topic that was filled before, each in a process of its own. Their speed is taken from
the growth of the predictions topic: (records seen at the end - records at the first sight) / (time between the two
sights). So neither the start of the process nor the first batch counts, for either of them.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.places import Place, Sight
from benchmarks.processes import BenchmarkError, Child
from benchmarks.workload import MODELS, Stream, gauge_file
from streams.ports import free_port

_READY_WITHIN_S: Final = 60.0


class Speed(NamedTuple):
    """Events per second over ``events`` events in ``seconds``."""

    events: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Events per second."""
        return self.events / self.seconds


def bare(stream: Stream, model_name: str, count: int) -> Speed:
    """River alone, in memory: predict, then learn, on events that are decoded already."""
    model = MODELS[model_name].build()
    predict, learn = model.predict_proba_one, model.learn_one
    events = [(dict(x), y) for x, y in stream.events(count)]
    begin = time.perf_counter()
    for x, y in events:
        probabilities = predict(x)
        _ = max(probabilities, key=probabilities.get) if probabilities else None
        learn(x, y)
    return Speed(count, time.perf_counter() - begin)


def hand_written(place: Place, topic: str, model_name: str, count: int, scratch: Path) -> Speed:
    """`confluent_loop` on ``topic``."""
    predictions = place.new_topic("hand-written")
    arguments = ["-m", "benchmarks.confluent_loop", place.servers, topic, predictions, model_name, str(count)]
    with Child(arguments, log=scratch / "confluent_loop.log") as child:
        return _speed(place.watch(predictions, count, child.check))


def rivergauge(place: Place, topic: str, model_name: str, count: int, scratch: Path) -> Speed:
    """A worker process on ``topic``; every event must have been predicted."""
    with worker(place, topic, model_name, scratch) as service:
        speed = _speed(place.watch(service.predictions, count, service.child.check))
        done = service.metrics()
    if done["rivergauge_predictions_total"] != count:
        raise BenchmarkError(f"the worker made {done['rivergauge_predictions_total']:.0f} predictions of {count}")
    return speed


class Service:
    """A running worker."""

    def __init__(self, child: Child, url: str, predictions: str) -> None:
        self.child = child
        self.predictions = predictions
        self._url = url

    def metrics(self) -> dict[str, float]:
        """Its ``/metrics`` by sample name; where several samples share one, the last."""
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=30) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return {sample.name: sample.value for family in families for sample in family.samples}

    def wait_until_listening(self) -> None:
        """Wait for the first answer.

        Raises
        ------
        BenchmarkError
            If the worker ends, or does not answer within a minute.
        """
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            self.child.check()
            try:
                self.metrics()
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
            else:
                return
        raise BenchmarkError(f"the worker did not answer within {_READY_WITHIN_S:g} s:\n{self.child.last_words()}")


@contextmanager
def worker(place: Place, topic: str, model_name: str, scratch: Path) -> Iterator[Service]:
    """``rivergauge run`` on ``topic``, listening; it is stopped afterwards."""
    predictions = place.new_topic("rivergauge")
    path = gauge_file(scratch, model=model_name, input_topic=topic, predictions=predictions)
    port = free_port()
    environ = {"RIVERGAUGE_BOOTSTRAP_SERVERS": place.servers, "RIVERGAUGE_SERVER_PORT": str(port)}
    with Child(["-m", "streams.cli", "run", str(path)], log=scratch / "worker.log", environ=environ) as child:
        service = Service(child, f"http://127.0.0.1:{port}", predictions)
        service.wait_until_listening()
        yield service


def _speed(sights: list[Sight]) -> Speed:
    first, last = sights[0], sights[-1]
    if first is last:
        raise BenchmarkError(f"all {last.end} records came in one batch: take more events")
    return Speed(last.end - first.end, last.at - first.at)
