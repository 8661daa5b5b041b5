"""Rivergauge beside what a user would take instead: the same job, topic, model and broker, in the same run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from benchmarks.contenders import hand_written, in_memory, rivergauge
from benchmarks.peers.environments import PINNED, PeerUnavailableError, python_of
from benchmarks.places import Place
from benchmarks.processes import Child
from benchmarks.ratios import ratio
from benchmarks.turns import turns
from benchmarks.watch import Speed, watch
from benchmarks.workload import MODELS, Stream

RACED: Final = ("logistic", "tree")
HAND_WRITTEN: Final = "hand-written confluent-kafka loop"
LOOPS: Final = {"Bytewax": "bytewax_loop", "Quix Streams": "quix_loop"}
OURS: Final = {
    "Rivergauge, at least once": "at-least-once",
    "Rivergauge, exactly once": "exactly-once",
}


class Circumstances(NamedTuple):
    """Where and on what all contenders are measured."""

    stream: Stream
    place: Place
    topic: str
    count: int  # type: ignore[assignment]  # of events; a tuple's own method is not wanted
    scratch: Path


Contend = Callable[[Circumstances, str], Speed]


def measure(
    stream: Stream,
    models: list[str],
    count: int,
    *,
    repetitions: int,
    place: Place,
    scratch: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Medians of events per second and of ratios to the hand-written loop, by contender and model."""
    topic = place.new_input("raced")
    place.fill(topic, stream.records(count))
    there = Circumstances(stream, place, topic, count, scratch)
    contenders, missing = _contenders(say)
    rows = {model: _race(there, model, contenders, repetitions, say) for model in models if model in RACED}
    return {
        "broker": place.name,
        "events": count,
        "repetitions": repetitions,
        "versions": PINNED,
        "missing": missing,
        "titles": {model: MODELS[model].title for model in rows},
        "models": rows,
    }


def _contenders(say: Callable[[str], None]) -> tuple[dict[str, Contend], list[str]]:
    contenders: dict[str, Contend] = {"River in memory, JSON decoded": _in_memory, HAND_WRITTEN: _hand_written}
    missing = []
    for name, module in LOOPS.items():
        try:
            contenders[name] = partial(_peer, module=module, python=python_of(name, say))
        except PeerUnavailableError as error:
            missing.append(str(error))
    for name, delivery in OURS.items():
        contenders[name] = partial(_ours, delivery=delivery)
    return contenders, missing


def _race(
    there: Circumstances, model: str, contenders: dict[str, Contend], repetitions: int, say: Callable[[str], None]
) -> dict[str, Any]:
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in turns(contenders, repetitions):
        speed = contenders[turn.name](there, model).per_second
        runs[turn.name].append(speed)
        say(f"peers, {model}, {turn.label}: {turn.name} {speed:,.0f} events/s")
    yardstick = runs[HAND_WRITTEN]
    return {
        "events_per_second": {name: median(values) for name, values in runs.items()},
        "ratios": {name: ratio(values, yardstick)._asdict() for name, values in runs.items()},
        "over_quix": {
            name: ratio(runs[name], runs["Quix Streams"])._asdict() for name in OURS if "Quix Streams" in runs
        },
        "runs": runs,
    }


def _in_memory(there: Circumstances, model: str) -> Speed:
    return in_memory(there.stream, model, there.count)


def _hand_written(there: Circumstances, model: str) -> Speed:
    return hand_written(there.place, there.topic, model, there.count, there.scratch)


def _peer(there: Circumstances, model: str, *, module: str, python: Path) -> Speed:
    answers = there.place.new_topic("peer")
    arguments = ["-m", f"benchmarks.peers.{module}", there.place.servers, there.topic, answers, model]
    with Child(arguments, log=there.scratch / f"{module}.log", python=python) as child:
        return watch(there.place, answers, there.count, child.check)


def _ours(there: Circumstances, model: str, *, delivery: str) -> Speed:
    return rivergauge(there.place, there.topic, model, there.count, there.scratch, delivery=delivery)
