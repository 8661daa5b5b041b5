"""Whether more workers do more: exactly-once, eight partitions, a random forest in each.

Beside them stands River alone, in one process and in two side by side: the same events, a model per partition, and half
of the partitions each where there are two. Workers have their share of the partitions before the first event comes.
What watches them looks seldom, for each look at eight partitions costs it and the broker CPU time that workers need.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.contenders import river_loop
from benchmarks.places import Place
from benchmarks.processes import BenchmarkError, Child
from benchmarks.ratios import ratio
from benchmarks.service import worker
from benchmarks.turns import turns
from benchmarks.watch import Speed, watch
from benchmarks.workload import Stream

PARTITIONS: Final = 8
WORKERS: Final = (1, 2, 4)
BARE: Final = (1, 2)
POLL_S: Final = 0.1


def measure(
    stream: Stream,
    model: str,
    count: int,
    *,
    repetitions: int,
    place: Place,
    scratch: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Events per second of so many workers and so many bare processes, in turns."""
    count -= count % PARTITIONS
    runs: dict[str, list[float]] = {
        name: [] for name in (*(f"bare_{n}" for n in BARE), *(f"workers_{n}" for n in WORKERS))
    }
    for turn in turns(runs, repetitions):
        kind, number = turn.name.split("_")
        if kind == "bare":
            speed = _bare(model, count, int(number), scratch)
        else:
            speed = _workers(stream, model, count, int(number), place, scratch)
        runs[turn.name].append(speed.per_second)
        say(f"scaling, {turn.label}: {turn.name} {speed.per_second:,.0f} events/s")
    return {
        "broker": place.name,
        "model": model,
        "partitions": PARTITIONS,
        "events": count,
        "events_per_second": {name: median(values) for name, values in runs.items()},
        "ratios": {
            f"{above}/{below}": ratio(runs[above], runs[below]).median
            for above, below in (("workers_2", "bare_2"), ("workers_1", "bare_1"), ("workers_2", "workers_1"))
        },
        "runs": runs,
    }


def _workers(stream: Stream, model: str, count: int, number: int, place: Place, scratch: Path) -> Speed:
    topic = place.new_input("shared", partitions=PARTITIONS)
    with worker(place, topic, model, scratch, delivery="exactly-once", workers=number) as service:
        service.wait_until_shared(PARTITIONS)
        place.fill(topic, stream.records(count))
        speed = watch(place, service.predictions, count, service.check, poll_s=POLL_S)
        done = service.metrics()["rivergauge_predictions_total"]
    if done != count:
        raise BenchmarkError(f"{number} workers made {done:.0f} predictions of {count}")
    return speed


def _bare(model: str, count: int, number: int, scratch: Path) -> Speed:
    """From the first process's begin to the last one's end."""
    logs = [scratch / f"bare-{n}.log" for n in range(number)]
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                Child(["-m", "benchmarks.scaling", model, str(count), str(n), str(number)], log=logs[n])
            )
            for n in range(number)
        ]
        while any(child.is_running for child in children):
            for child in children:
                child.check()
            time.sleep(0.1)
        for child in children:
            child.check()
    moments = [[float(word) for word in log.read_text(encoding="utf-8").split()] for log in logs]
    return Speed(count, max(end for _, end in moments) - min(begin for begin, _ in moments))


def _bare_process(model: str, count: int, number: int, of: int) -> None:
    """Fold every ``of``-th partition, each with a model of its own; print begin and end in seconds."""
    events = [(dict(x), y) for x, y in Stream().events(count)]
    begin = time.perf_counter()
    for partition in range(number, PARTITIONS, of):
        river_loop(events[partition::PARTITIONS], model)
    print(begin, time.perf_counter())


if __name__ == "__main__":
    _bare_process(sys.argv[1], *(int(argument) for argument in sys.argv[2:]))
