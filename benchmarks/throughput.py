"""Events per second of the contenders, taken in turns so that a machine's moods meet all of them alike."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contenders import bare, hand_written, rivergauge
from benchmarks.places import Place
from benchmarks.ratios import ratio
from benchmarks.turns import turns
from benchmarks.watch import Speed
from benchmarks.workload import MODELS, Stream

OpenPlace = Callable[[], AbstractContextManager[Place]]
Contend = Callable[[Place, str, str, int, Path], Speed]

OVER_KAFKA: dict[str, Contend] = {
    "hand_written": hand_written,
    "at_least_once": partial(rivergauge, delivery="at-least-once"),
    "exactly_once": partial(rivergauge, delivery="exactly-once"),
}
RATIOS = {
    "at_least_once/hand_written": ("at_least_once", "hand_written"),
    "hand_written/bare": ("hand_written", "bare"),
    "at_least_once/bare": ("at_least_once", "bare"),
    "exactly_once/at_least_once": ("exactly_once", "at_least_once"),
}


def measure(
    stream: Stream,
    model: str,
    count: int,
    *,
    place: Place,
    repetitions: int,
    scratch: Path,
    say: Callable[[str], None],
    refill: Callable[[], AbstractContextManager[Place]] | None = None,
) -> dict[str, Any]:
    """One row of the table.

    Parameters
    ----------
    refill
        Opens a fresh place for each contender, where one cannot hold what several leave behind; ``place`` otherwise.
    """
    runs: dict[str, list[float]] = {"bare": [], "hand_written": [], "at_least_once": []}
    if place.transactional:
        runs["exactly_once"] = []
    topic = _filled(place, stream, count) if refill is None else None
    for turn in turns(runs, repetitions):
        if turn.name == "bare":
            speed = bare(stream, model, count)
        elif refill is None:
            assert topic is not None
            speed = OVER_KAFKA[turn.name](place, topic, model, count, scratch)
        else:
            with refill() as fresh:
                speed = OVER_KAFKA[turn.name](fresh, _filled(fresh, stream, count), model, count, scratch)
        runs[turn.name].append(speed.per_second)
        say(f"{place.name}, {model}, {turn.label}: {turn.name} {speed.per_second:,.0f} events/s")
    return {
        "broker": place.name,
        "model": model,
        "title": MODELS[model].title,
        "events": count,
        "events_per_second": {name: median(values) for name, values in runs.items()},
        "ratios": {name: ratio(runs[a], runs[b])._asdict() for name, (a, b) in RATIOS.items() if a in runs},
        "runs": runs,
    }


def _filled(place: Place, stream: Stream, count: int) -> str:
    topic = place.new_input("events")
    place.fill(topic, stream.records(count))
    return topic
