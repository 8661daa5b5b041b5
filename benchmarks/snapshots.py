"""What snapshots cost those who wait for an answer: latency with one every two seconds, and with none.

Two states: that of a logistic regression, a few kilobytes, and that of a random forest which has seen noise enough to
be some 20 MB. A service begins with the forest (``run --from``), and cannot answer a thousand events a second with it.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.paced import events_in, new_paced_input, paced
from benchmarks.places import Place
from benchmarks.processes import BenchmarkError
from benchmarks.service import KEY, worker
from benchmarks.turns import turns
from benchmarks.workload import FEATURES, Stream, gauge_file, record
from streams.data.backtest import backtest
from streams.here import gaugefile
from streams.snapshots import saved
from streams.snapshots.payload.unpickler import load

EVERY_S: Final = {"with": 2.0, "without": 86_400.0}
FIGURES: Final = ("p50_ms", "p99_ms", "most_ms", "steady_p99_ms")

_WRITTEN: Final = re.compile(r"snapshot written.*?\bbytes\W+(\d+)")


def measure(
    stream: Stream,
    *,
    rates: dict[str, int],
    noise: int,
    seconds: int,
    repetitions: int,
    place: Place,
    scratch: Path,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """One row per model of ``rates``, which says how many events come in a second.

    The forest has learned from ``noise`` events before.
    """
    rows = []
    for model, rate in rates.items():
        grown = None
        if model == "forest":
            grown = _grown(model, noise, scratch)
            say(f"snapshots: a forest has learned from {noise:,} noisy events")
        values = list(stream.records(events_in(seconds, rate))) if grown is None else _noisy(events_in(seconds, rate))
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in EVERY_S}
        sizes: list[int] = []
        for turn in turns(EVERY_S, repetitions):
            found, written = _round(model, values, rate, EVERY_S[turn.name], grown, place, scratch)
            if bool(written) != (turn.name == "with"):
                raise BenchmarkError(
                    f"{model}, {turn.name} snapshots: {len(written)} were written while it was measured"
                )
            runs[turn.name].append(found)
            sizes += written
            say(
                f"snapshots, {model}, {turn.label}: {turn.name} {len(written)} of them "
                f"p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms, most {found['most_ms']:.1f} ms"
            )
        rows.append(
            {
                "broker": place.name,
                "model": model,
                "rate": rate,
                "seconds": seconds,
                "snapshot_bytes": median(sizes),
                "snapshots": len(sizes),
                **{name: {key: median(run[key] for run in taken) for key in FIGURES} for name, taken in runs.items()},
                "runs": runs,
            }
        )
    return rows


def _round(
    model: str, values: list[bytes], rate: int, every_s: float, grown: Path | None, place: Place, scratch: Path
) -> tuple[dict[str, float], list[int]]:
    """The latencies, and the sizes of the snapshots that were written meanwhile."""

    def start(gauge: Path) -> Path:
        assert grown is not None
        return _moved(grown, gauge)

    topic = new_paced_input(place)
    with worker(
        place,
        topic,
        model,
        scratch,
        delivery="exactly-once",
        snapshot_every_s=every_s,
        start=None if grown is None else start,
    ) as service:
        found = paced(place, topic, service.predictions, values, rate, service.check, scratch)
        log = service.log.read_text(encoding="utf-8")
    return found, [int(size) for size in _WRITTEN.findall(log)]


def _grown(model: str, events: int, scratch: Path) -> Path:
    """A saved state that has learned from noise; the gauge file that it belongs to is beside it."""
    directory = scratch / "grown"
    directory.mkdir()
    gauge = gauge_file(directory, model=model, input_topic="grown", predictions="grown.predictions")
    data = directory / "noise.jsonl"
    data.write_bytes(b"\n".join(_noisy(events)) + b"\n")
    saved.write(backtest(gaugefile.load(gauge), data).learner, directory / "state", _environ())
    return directory / "state"


def _moved(state: Path, path: Path) -> Path:
    """The same models in a state of another gauge file: a state belongs to the topic that it was made for."""
    (home,) = state.parent.glob("*.toml")
    old = gaugefile.load(home)
    verified, new = saved.Saved.read(state, old, _environ()).verified, gaugefile.load(path)
    # Only the names of topics differ, which no model knows.
    header = verified.header.model_copy(update={"gauge_digest": new.digest})
    learner = load(replace(verified, header=header), new)
    moved = path.with_suffix(".state")
    saved.write(learner, moved, _environ())
    return moved


def _environ() -> dict[str, str]:
    return {**os.environ, **KEY}


def _noisy(count: int) -> list[bytes]:
    """Events that no model gets right: trees grow without end."""
    random_ = random.Random(0)
    values = []
    for number in range(count):
        x = {name: round(random_.random(), 6) for name in FEATURES}
        odd = sum(x[name] > 0.5 for name in FEATURES[:3]) % 2 == 1
        values.append(record(number, x, odd ^ (random_.random() < 0.25)))
    return values
