"""Latency of both deliveries, each beside a hand-written loop that promises the same and has no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.paced import events_in, new_paced_input, paced
from benchmarks.places import Place
from benchmarks.processes import Child
from benchmarks.service import worker
from benchmarks.turns import turns
from benchmarks.workload import Stream

Checked = tuple[str, Callable[[], None]]
"""Where answers go, and what raises if their maker has ended."""

YARDSTICKS: Final = {"at_least_once": "aiokafka", "exactly_once": "transactional"}
"""Beside which loop each delivery is measured."""

FIGURES: Final = ("p50_ms", "p99_ms", "steady_p50_ms", "steady_p99_ms")


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
    """Median and 99th percentile of all contenders, in turns; figures are medians over the repetitions."""
    values = list(stream.records(events_in(seconds, rate)))
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for turn in turns(runs, repetitions):
        topic = new_paced_input(place)
        with CONTENDERS[turn.name](place, topic, model, len(values), scratch) as (predictions, check):
            found = paced(place, topic, predictions, values, rate, check, scratch)
        runs[turn.name].append(found)
        say(
            f"latency, {turn.label}: {turn.name} p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms; "
            f"{found['steady_share']:.0%} while the machine was steady, p50 {found['steady_p50_ms']:.1f} ms, p99 "
            f"{found['steady_p99_ms']:.1f} ms"
        )
    return {
        "broker": place.name,
        "model": model,
        "rate": rate,
        "seconds": seconds,
        "contenders": {
            name: {key: median(run[key] for run in taken) for key in FIGURES} for name, taken in runs.items()
        },
        "steady_share": median(run["steady_share"] for taken in runs.values() for run in taken),
        "ratios": {
            f"{ours}/{theirs}": {
                key.removesuffix("_ms"): median(a[key] / b[key] for a, b in zip(runs[ours], runs[theirs], strict=True))
                for key in FIGURES
            }
            for ours, theirs in YARDSTICKS.items()
        },
        "runs": runs,
    }


@contextmanager
def _loop(place: Place, topic: str, model: str, count: int, scratch: Path, *, module: str) -> Iterator[Checked]:
    del model
    predictions = place.new_topic("passed-on")
    arguments = ["-m", f"benchmarks.{module}", place.servers, topic, predictions, str(count)]
    with Child(arguments, log=scratch / f"{module}.log") as child:
        yield predictions, child.check


@contextmanager
def _worker(place: Place, topic: str, model: str, count: int, scratch: Path, *, delivery: str) -> Iterator[Checked]:
    del count
    with worker(place, topic, model, scratch, delivery=delivery) as service:
        yield service.predictions, service.check


CONTENDERS: Final[dict[str, Callable[[Place, str, str, int, Path], AbstractContextManager[Checked]]]] = {
    "aiokafka": partial(_loop, module="aiokafka_loop"),
    "at_least_once": partial(_worker, delivery="at-least-once"),
    "transactional": partial(_loop, module="transactional_loop"),
    "exactly_once": partial(_worker, delivery="exactly-once"),
}
