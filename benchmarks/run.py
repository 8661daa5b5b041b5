"""How fast Rivergauge is, how much memory it takes and how long an answer takes: the figures of the README.

    python benchmarks/run.py [--quick] [--json] [--only throughput peers latency snapshots scaling memory]

1. Throughput, on a real Kafka and on the in-process broker, one partition, same events and model: the bare River loop
   in memory, a hand-written loop on confluent-kafka, and a Rivergauge worker with one candidate, hold-out, baselines,
   detector and windows on, at least once and (on the real Kafka) exactly once. Start-up does not count; see `watch`.
2. The same job by a hand-written loop, Bytewax, Quix Streams and a Rivergauge worker with every default, side by side
   on a real Kafka, as a table for the README. The peers are installed from the index that pip is set up with, once,
   each in an environment of its own under .cache.
3. Latency at 1,000 events/s of both deliveries, each beside an aiokafka loop without a model, of all events and of
   those that no slow moment of the machine touched; see `paced`, `pulse`.
4. Latency with a snapshot every two seconds and with none, of a small state and of one of some 20 MB.
5. One, two and four workers on eight partitions, exactly once, beside bare River processes.
6. Memory of a worker after 10^5, 3 x 10^5 and 10^6 events, exactly once and with the default snapshots.

A real Kafka needs Java 17 and, the first time, Maven; without them what needs it is left out, with a word why. It
gets warm before anything is timed; see `warm_up`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console

from benchmarks import latency, memory, scaling, snapshots, throughput
from benchmarks.peers import race as peers
from benchmarks.places import MOST_IN_PROCESS, Place, in_process, real_kafka
from benchmarks.processes import BenchmarkError
from benchmarks.report import show, targets
from benchmarks.warm_up import warm_up
from benchmarks.workload import MODELS, Stream
from streams.broker.kafka import KafkaUnavailableError

PARTS: Final = ("throughput", "peers", "latency", "snapshots", "scaling", "memory")
BROKERS: Final = ("kafka", "in-process")


class Size(NamedTuple):
    """How much is measured."""

    events: dict[str, int]
    repetitions: int
    marks: tuple[int, ...]
    peers_events: int
    latency_s: int
    latency_repetitions: int
    snapshots_s: int
    noise: int
    scaling_events: int
    scaling_repetitions: int


FULL: Final = Size(
    events={"logistic": 100_000, "tree": 100_000, "forest": 12_000},
    repetitions=5,
    marks=(100_000, 300_000, 1_000_000),
    peers_events=40_000,
    latency_s=30,
    latency_repetitions=5,
    snapshots_s=30,
    noise=5_500,
    scaling_events=32_000,
    scaling_repetitions=9,
)
QUICK: Final = Size(
    events={"logistic": 20_000, "tree": 20_000, "forest": 2_000},
    repetitions=1,
    marks=(20_000, 40_000, 60_000),
    peers_events=10_000,
    latency_s=5,
    latency_repetitions=1,
    snapshots_s=5,
    noise=500,
    scaling_events=2_000,
    scaling_repetitions=1,
)
SNAPSHOT_RATES: Final = {"logistic": 1_000, "forest": 100}
"""Events per second that each model can answer, half a CPU to spare."""


def measured(size: Size, options: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    stream = Stream()
    result: dict[str, Any] = {"machine": machine(), "events": stream.source, "skipped": []}
    result["throughput"] = []
    with TemporaryDirectory(prefix="rivergauge-bench-") as directory, ExitStack() as places:
        scratch = Path(directory)
        kafka = _kafka(scratch, places, result, say) if "kafka" in options.broker else None
        if "throughput" in options.only:
            for model in options.model:
                race = partial(
                    throughput.measure, stream, model, repetitions=size.repetitions, scratch=scratch, say=say
                )
                if kafka is not None:
                    result["throughput"].append(race(size.events[model], place=kafka))
                if "in-process" in options.broker:
                    refill = partial(in_process, scratch)
                    with refill() as place:
                        count = min(size.events[model], MOST_IN_PROCESS)
                        result["throughput"].append(race(count, place=place, refill=refill))
        if kafka is not None:
            _on_kafka(stream, size, options, result, {"place": kafka, "scratch": scratch, "say": say})
    result["machine"]["load_after"] = os.getloadavg()[0]
    result["targets"] = targets(result)
    return result


def _on_kafka(
    stream: Stream, size: Size, options: argparse.Namespace, result: dict[str, Any], where: dict[str, Any]
) -> None:
    if "peers" in options.only:
        result["peers"] = peers.measure(stream, options.model, size.peers_events, repetitions=size.repetitions, **where)
        result["skipped"] += result["peers"]["missing"]
    repeated = size.latency_repetitions
    if "latency" in options.only:
        result["latency"] = latency.measure(
            stream, "logistic", rate=1_000, seconds=size.latency_s, repetitions=repeated, **where
        )
    if "snapshots" in options.only and (rates := {m: r for m, r in SNAPSHOT_RATES.items() if m in options.model}):
        result["snapshots"] = snapshots.measure(
            stream, rates=rates, noise=size.noise, seconds=size.snapshots_s, repetitions=repeated, **where
        )
    if "scaling" in options.only:
        result["scaling"] = scaling.measure(
            stream, "forest", size.scaling_events, repetitions=size.scaling_repetitions, **where
        )
    if "memory" in options.only:
        result["memory"] = memory.measure(stream, "logistic", size.marks, **where)


def _kafka(scratch: Path, places: ExitStack, result: dict[str, Any], say: Callable[[str], None]) -> Place | None:
    try:
        kafka = places.enter_context(real_kafka(scratch))
    except KafkaUnavailableError as missing:
        result["skipped"].append(f"everything on a real Kafka: {missing}")
        say(f"skipped: {result['skipped'][-1]}")
        return None
    warm_up(kafka, say)
    return kafka


def machine() -> dict[str, Any]:
    names = ("river", "faust-streaming", "aiokafka", "confluent-kafka")
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": os.getloadavg()[0],
        "versions": {name: version(name) for name in names},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer events, once each: about three minutes")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--model", nargs="+", choices=MODELS, default=list(MODELS), metavar="MODEL", help=", ".join(MODELS)
    )
    parser.add_argument(
        "--broker", nargs="+", choices=BROKERS, default=BROKERS, metavar="BROKER", help=", ".join(BROKERS)
    )
    parser.add_argument("--repetitions", type=int, metavar="N", help="of throughput and peers, instead of 5")
    options = parser.parse_args()
    aside = Console(stderr=True, highlight=False)
    try:
        size = QUICK if options.quick else FULL
        if options.repetitions is not None:
            size = size._replace(repetitions=options.repetitions)
        result = measured(size, options, aside.print)
    except BenchmarkError as error:
        aside.print(f"error: {error}", markup=False)
        return 1
    if options.json:
        print(json.dumps(result))
    else:
        show(result, Console(width=110))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
