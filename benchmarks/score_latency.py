"""How long a score takes over HTTP while a gauge learns: from its worker, from a replica, and from MLflow's server.

    python benchmarks/score_latency.py [--rate 1000] [--asked 50] [--seconds 5] [--repetitions 9] [--json]

A worker (exactly once, every default) folds events of a real Kafka at ``--rate`` per second, and a replica folds them
too. MLflow's scoring server has the same River model, trained on the same first events and frozen. In turns each of the
three gets the same request, one row to ``/invocations``, ``--asked`` times a second over one connection. A latency is
from when a request was due to when its answer was read, so one that waits for the one before counts as waiting.

What was asked while the machine itself was slow is left out of ``steady``; see `pulse`. MLflow is installed once, in an
environment of its own, with our versions of its web server's parts.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from confluent_kafka import Producer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers.environments import python_of
from benchmarks.places import Place, real_kafka
from benchmarks.processes import BenchmarkError, Child
from benchmarks.pulse import pulse, undisturbed
from benchmarks.ratios import ratio
from benchmarks.service import Service, worker
from benchmarks.turns import turns
from benchmarks.workload import MODELS, Stream
from streams.here.ports import free_port

TRAINED: Final = 5_000
"""Events that all have learned before anybody is asked."""
STARTS_WITHIN_S: Final = 300.0

Lives = list[tuple[float, float]]
"""When a request was due and when its answer was read, in ms since 1970."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=int, default=1_000, help="events per second that are learned")
    parser.add_argument("--asked", type=int, default=50, help="scores per second that are asked for")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long a turn is")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--model", choices=[*MODELS], default="logistic")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()

    def say(what: str) -> None:
        print(what, file=sys.stderr)

    with TemporaryDirectory(prefix="rivergauge-scores-") as directory, real_kafka(Path(directory)) as place:
        result = measure(place, Path(directory), options, say)
    print(json.dumps(result) if options.json else told(result))


def measure(place: Place, scratch: Path, options: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """Every turn of everyone."""
    stream, topic = Stream(), place.new_input("events")
    place.fill(topic, stream.records(TRAINED))
    with ExitStack() as running:
        service = running.enter_context(
            worker(place, topic, options.model, scratch, delivery="exactly-once", snapshot_every_s=5.0)
        )
        ports = {
            "worker": int(service.url.rpartition(":")[2]),
            "replica": running.enter_context(_replica(service, scratch)),
            "mlflow": running.enter_context(_mlflow(stream, options.model, scratch, say)),
        }
        service.wait_until_shared(1)
        slow_moments = running.enter_context(pulse(scratch))
        fed = running.enter_context(_fed(place, topic, options.rate))
        body = json.dumps({"dataframe_records": [next(stream.events(1))[0]]}).encode()
        runs: dict[str, list[Lives]] = {name: [] for name in ports}
        for name, port in ports.items():
            _ask(port, body, options.asked, min(options.seconds, 2.0))
            say(f"{name} answers")
        begun, before = time.perf_counter(), fed()
        for turn in turns(ports, options.repetitions):
            lives = _ask(ports[turn.name], body, options.asked, options.seconds)
            runs[turn.name].append(lives)
            say(f"{turn.label}: {turn.name} {_quantiles([end - birth for birth, end in lives])}")
        rate = (fed() - before) / (time.perf_counter() - begun)
        lags = {name: _lag(ports[name], body) for name in ("worker", "replica")}
        return compared(runs, slow_moments()) | {
            "model": MODELS[options.model].title, "load": os.getloadavg()[0], "fed_per_second": rate, "lag": lags,
            "asked_per_second": options.asked, "repetitions": options.repetitions, "seconds": options.seconds,
        }  # fmt: skip


@contextmanager
def _replica(service: Service, scratch: Path) -> Iterator[int]:
    port = free_port()
    arguments = ["-m", "streams.cli", "serve", str(service.gauge), "--port", str(port)]
    with Child(arguments, log=scratch / "replica.log", environ=service.environ) as child:
        _wait(port, "/readyz", child)
        yield port


@contextmanager
def _mlflow(stream: Stream, model: str, scratch: Path, say: Callable[[str], None]) -> Iterator[int]:
    python, port, learned = python_of("MLflow", say), free_port(), MODELS[model].build()
    for x, y in stream.events(TRAINED):
        learned.learn_one(x, y)
    kept, own = scratch / "model.pickle", scratch / "mlflow"
    kept.write_bytes(pickle.dumps(learned))
    own.mkdir()
    script = str(Path(__file__).parent / "peers" / "mlflow_server.py")
    with Child([script, str(kept), str(own), str(port)], log=scratch / "mlflow.log", python=python) as child:
        _wait(port, "/ping", child)
        yield port


@contextmanager
def _fed(place: Place, topic: str, rate: int) -> Iterator[Callable[[], int]]:
    """Append events at a pace; what is yielded tells how many there are by now."""
    producer = Producer({"bootstrap.servers": place.servers, "linger.ms": 2})
    over, count = threading.Event(), 0

    def feed() -> None:
        nonlocal count
        begin = time.perf_counter()
        for value in Stream().records(2**31):
            wait = begin + count / rate - time.perf_counter()
            if over.is_set():
                return
            if wait > 0.002:
                time.sleep(wait)
            producer.produce(topic, value, partition=0)
            producer.poll(0)
            count += 1

    feeding = threading.Thread(target=feed, daemon=True)
    feeding.start()
    try:
        yield lambda: count
    finally:
        over.set()
        feeding.join()
        producer.flush(30)


def _ask(port: int, body: bytes, per_second: int, seconds: float) -> Lives:
    lives: Lives = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    begin = time.time()
    for n in range(int(per_second * seconds)):
        due = begin + n / per_second
        if (wait := due - time.time()) > 0:
            time.sleep(wait)
        connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        lives.append((due * 1_000, time.time() * 1_000))
        if answer.status != 200:
            raise BenchmarkError(f"status {answer.status}: {said[:300]!r}")
    connection.close()
    return lives


def _lag(port: int, body: bytes) -> int | None:
    """How far behind its log a state is, as an answer tells; None if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
    state = connection.getresponse().headers.get("Rivergauge-State")
    return None if state is None else int(dict(part.split("=") for part in state.split(", "))["lag"])


def _wait(port: int, path: str, child: Child) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        child.check()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise BenchmarkError(f"no answer on {path} within {STARTS_WITHIN_S:g} s:\n{child.last_words()}")
        time.sleep(0.1)


def compared(runs: dict[str, list[Lives]], slow: list[float]) -> dict[str, Any]:
    """Quantiles of each, and how ours stand to MLflow's in the same repetition."""
    took = {name: [[end - birth for birth, end in lives] for lives in found] for name, found in runs.items()}
    steady = {name: [undisturbed(lives, slow) for lives in found] for name, found in runs.items()}
    return {
        "quantiles_ms": {name: _quantiles([one for run in found for one in run]) for name, found in took.items()},
        "steady_ms": {name: _quantiles([one for run in found for one in run]) for name, found in steady.items()},
        "ratios": {
            name: {
                key: ratio(*([_quantiles(run)[key] for run in took[one]] for one in (name, "mlflow")))
                for key in ("p50", "p99")
            }
            for name in ("worker", "replica")
        },
        "medians_ms": {
            name: {key: median(_quantiles(run)[key] for run in found) for key in ("p50", "p99")}
            for name, found in took.items()
        },
    }  # fmt: skip


def _quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        f"p{share}": round(ordered[min(len(ordered) * share // 100, len(ordered) - 1)], 2) if ordered else float("nan")
        for share in (50, 99)
    }


def told(result: dict[str, Any]) -> str:
    """It all as lines."""
    lines = [
        f"{result['model']}, {result['fed_per_second']:,.0f} events/s learned, {result['asked_per_second']} scores/s "
        f"asked for, {result['repetitions']} turns of {result['seconds']:g} s each, load {result['load']:.1f}; lag at "
        f"the end {result['lag']}"
    ]
    for name, found in result["quantiles_ms"].items():
        steady, middle = result["steady_ms"][name], result["medians_ms"][name]
        lines.append(
            f"{name:8} p50 {found['p50']:6.2f} ms, p99 {found['p99']:7.2f} ms; while steady {steady['p50']:.2f}, "
            f"{steady['p99']:.2f}; median turn {middle['p50']:.2f}, {middle['p99']:.2f}"
        )
    for name, found in result["ratios"].items():
        told = [f"{key} {one.median:.2f} ({one.least:.2f} to {one.most:.2f})" for key, one in found.items()]
        lines.append(f"{name}/mlflow: {'; '.join(told)}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
