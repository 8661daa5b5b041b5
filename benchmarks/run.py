"""How fast Rivergauge is, how much memory it takes and how long an answer takes: the figures of the README.

    python benchmarks/run.py [--quick] [--json] [--only throughput memory latency]

1. Throughput, on a real Kafka and on the in-process broker, one partition, same events and model: (a) the bare River
   loop in memory, (b) a hand-written loop on confluent-kafka, (c) a Rivergauge worker with one candidate, hold-out,
   baselines, detector and windows on. Start-up does not count; see `contenders`.
2. Memory of a worker after 10^5, 3 x 10^5 and 10^6 events.
3. Latency at 1,000 events/s, beside an aiokafka loop without a model.

A real Kafka needs Java 17 and, the first time, Maven; without them what needs it is left out, and that is said. The
events are Elec2's where the environment variable RIVERGAUGE_DATA names a directory with elec2.csv.gz.
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

from benchmarks import latency, memory, throughput
from benchmarks.places import MOST_IN_PROCESS, Place, in_process, real_kafka
from benchmarks.processes import BenchmarkError
from benchmarks.report import show, targets
from benchmarks.workload import MODELS, Stream
from streams.broker.kafka import KafkaUnavailableError

PARTS: Final = ("throughput", "memory", "latency")
BROKERS: Final = ("kafka", "in-process")


class Size(NamedTuple):
    """How much is measured."""

    events: dict[str, int]
    repetitions: int
    marks: tuple[int, ...]
    latency_s: int
    latency_repetitions: int


FULL: Final = Size({"logistic": 100_000, "tree": 100_000, "forest": 12_000}, 5, (100_000, 300_000, 1_000_000), 30, 3)
QUICK: Final = Size({"logistic": 20_000, "tree": 20_000, "forest": 2_000}, 1, (20_000, 40_000, 60_000), 5, 1)


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
        if kafka is not None and "latency" in options.only:
            result["latency"] = latency.measure(
                stream,
                "logistic",
                rate=1_000,
                seconds=size.latency_s,
                repetitions=size.latency_repetitions,
                place=kafka,
                scratch=scratch,
                say=say,
            )
        if kafka is not None and "memory" in options.only:
            result["memory"] = memory.measure(stream, "logistic", size.marks, place=kafka, scratch=scratch, say=say)
    result["machine"]["load_after"] = os.getloadavg()[0]
    result["targets"] = targets(result)
    return result


def _kafka(scratch: Path, places: ExitStack, result: dict[str, Any], say: Callable[[str], None]) -> Place | None:
    try:
        return places.enter_context(real_kafka(scratch))
    except KafkaUnavailableError as missing:
        result["skipped"].append(f"everything on a real Kafka: {missing}")
        say(f"skipped: {result['skipped'][-1]}")
        return None


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
    parser.add_argument("--quick", action="store_true", help="fewer events, once each: a minute or two")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--model", nargs="+", choices=MODELS, default=list(MODELS), metavar="MODEL", help=", ".join(MODELS)
    )
    parser.add_argument(
        "--broker", nargs="+", choices=BROKERS, default=BROKERS, metavar="BROKER", help=", ".join(BROKERS)
    )
    options = parser.parse_args()
    aside = Console(stderr=True, highlight=False)
    try:
        result = measured(QUICK if options.quick else FULL, options, aside.print)
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
