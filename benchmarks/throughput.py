"""Events per second of the three contenders, taken in turns so that a machine's moods meet all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contenders import Speed, bare, hand_written, rivergauge
from benchmarks.places import Place
from benchmarks.workload import MODELS, Stream

OpenPlace = Callable[[], AbstractContextManager[Place]]
RATIOS = {
    "rivergauge/hand_written": ("rivergauge", "hand_written"),
    "hand_written/bare": ("hand_written", "bare"),
    "rivergauge/bare": ("rivergauge", "bare"),
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
    runs: dict[str, list[float]] = {"bare": [], "hand_written": [], "rivergauge": []}
    topic = place.new_input(f"events-{model}", stream.records(count)) if refill is None else None
    for repetition in range(repetitions):
        for name in _in_turn(list(runs), repetition):
            if name == "bare":
                speed = bare(stream, model, count)
            elif refill is None:
                assert topic is not None
                speed = _over_kafka(name, place, topic, model, count, scratch)
            else:
                with refill() as fresh:
                    filled = fresh.new_input("events", stream.records(count))
                    speed = _over_kafka(name, fresh, filled, model, count, scratch)
            runs[name].append(speed.per_second)
            say(f"{place.name}, {model}, {repetition + 1} of {repetitions}: {name} {speed.per_second:,.0f} events/s")
    return {
        "broker": place.name,
        "model": model,
        "title": MODELS[model].title,
        "events": count,
        "events_per_second": {name: median(values) for name, values in runs.items()},
        "ratios": {name: _ratio(runs[a], runs[b]) for name, (a, b) in RATIOS.items()},
        "runs": runs,
    }


def _over_kafka(name: str, place: Place, topic: str, model: str, count: int, scratch: Path) -> Speed:
    contend = hand_written if name == "hand_written" else rivergauge
    return contend(place, topic, model, count, scratch)


def _in_turn(names: list[str], repetition: int) -> Iterator[str]:
    """Every repetition begins with another contender."""
    for n in range(len(names)):
        yield names[(n + repetition) % len(names)]


def _ratio(above: list[float], below: list[float]) -> dict[str, float]:
    """Within a repetition both met the same machine, so ratios are taken there; their median, least and most."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    return {"median": median(ratios), "least": min(ratios), "most": max(ratios)}
