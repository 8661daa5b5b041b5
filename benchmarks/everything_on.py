"""What it costs to measure everything: ten slices, two protected attributes, sets and calibration, on ``adult``.

    python benchmarks/everything_on.py [--data FOLDER] [--events 20000] [--repetitions 7] [--json] [--profile]

Each contender handles the same decoded records through `Learner.handle`, in a fresh learner; contenders take turns, and
a difference is the median of the differences within the repetitions, where both met the same machine. ``river`` is the
same model alone: predict, then learn. Times are the process's own, not the clock's. No interval is worked out
meanwhile: that is done when somebody asks.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import pstats
import sys
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from secrets import token_hex
from statistics import median
from time import process_time
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.candidates import build
from models.door.decoder import Decoder
from models.learner import Learner
from models.vocabulary import Vocabulary
from schemas.events import LabelledEvent
from schemas.gauge import Gauge, parse
from streams.data.datafile import rows
from streams.data.replay import records
from streams.snapshots import saved

_PROBLEM: Final = """
name = "adult"
task = "binary"
[label]
field = "class"
positive = ">50K"
negative = "<=50K"
[features]
age = "number"
education-num = "number"
capital-gain = "number"
capital-loss = "number"
hours-per-week = "number"
workclass = { type = "category", optional = true }
education = "category"
marital-status = "category"
occupation = { type = "category", optional = true }
relationship = "category"
race = "category"
sex = "category"
native-country = { type = "category", optional = true }
[[candidates]]
recipe = "logistic_regression"
"""
_SLICES: Final = """
[slices.sex]
[slices.race]
[slices.age]
bins = [30, 50]
[slices.workclass]
[slices.education]
[slices.marital-status]
[slices.occupation]
[slices.relationship]
[slices.hours-per-week]
bins = [40]
[slices.sex_and_race]
of = ["sex", "race"]
"""
_TWO_SLICES: Final = """
[slices.sex]
[slices.race]
"""
_FAIRNESS: Final = """
[fairness]
protected = ["sex", "race"]
"""
_SETS: Final = """
[uncertainty]
cover = 0.9
"""
CONTENDERS: Final = {
    "nothing": "",
    "slices": _SLICES,
    "two slices, fairness": _TWO_SLICES + _FAIRNESS,
    "sets": _SETS,
    "everything": _SLICES + _FAIRNESS + _SETS,
}
"""What each gauge file declares beside the problem. Calibration, confusion and the leads are always measured."""

KEY: Final = {"RIVERGAUGE_SNAPSHOT_KEY": token_hex(32)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RIVERGAUGE_DATA", "../shared/data")))
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--profile", action="store_true", help="profile everything on instead")
    options = parser.parse_args()
    gauges = {name: parse(_PROBLEM + tables) for name, tables in CONTENDERS.items()}
    events = _events(gauges["everything"], options.data / "adult.csv.gz", options.events)
    if options.profile:
        _profile(gauges["everything"], events)
        return
    result = measure(gauges, events, options.repetitions)
    print(json.dumps(result) if options.json else _told(result))


def measure(gauges: dict[str, Gauge], events: list[LabelledEvent], repetitions: int) -> dict[str, Any]:
    """Microseconds per event, alone and over what the others take, and the bytes of each state."""
    runs: dict[str, Callable[[], float]] = {"river": lambda: _river(gauges["nothing"], events)}
    learners: dict[str, Learner] = {}
    for name in gauges:
        runs[name] = lambda name=name: _handled(gauges[name], events, learners, name)
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for n in range(repetitions):
        order = [*runs] if n % 2 == 0 else [*runs][::-1]
        for name in order:
            taken[name].append(runs[name]() / len(events) * 1e6)
    return {
        "events": len(events),
        "repetitions": repetitions,
        "us_per_event": {name: median(times) for name, times in taken.items()},
        "over_nothing": {name: _over(taken[name], taken["nothing"]) for name in gauges if name != "nothing"},
        "over_river": {name: _over(taken[name], taken["river"]) for name in gauges},
        "bytes": {name: _size(learner) for name, learner in learners.items()},
    }


def _events(gauge: Gauge, data: Path, count: int) -> list[LabelledEvent]:
    decoder = Decoder(gauge)
    decoded = [decoder.decode(record) for record in islice(records(rows(data, None), gauge), count)]
    return [event for event in decoded if isinstance(event, LabelledEvent)]


def _handled(gauge: Gauge, events: list[LabelledEvent], learners: dict[str, Learner], name: str) -> float:
    learner = learners[name] = Learner(gauge)
    handle = learner.handle
    gc.collect()
    begin = process_time()
    for position, event in enumerate(events):
        handle(event, position)
    return process_time() - begin


def _river(gauge: Gauge, events: list[LabelledEvent]) -> float:
    vocabulary = Vocabulary(gauge)
    pairs = [(vocabulary.encode(event.x, learn=True), event.y) for event in events]
    model = build(gauge.candidates[0], gauge)
    gc.collect()
    begin = process_time()
    for x, y in pairs:
        model.predict_proba_one(x)
        model.learn_one(x, y)
    return process_time() - begin


def _over(above: list[float], below: list[float]) -> float:
    return median(a - b for a, b in zip(above, below, strict=True))


def _size(learner: Learner) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        saved.write(learner, path, KEY)
        return path.stat().st_size


def _profile(gauge: Gauge, events: list[LabelledEvent]) -> None:
    profile = cProfile.Profile()
    profile.runcall(_handled, gauge, events, {}, "everything")
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def _told(result: dict[str, Any]) -> str:
    lines = [f"{result['events']:,} events of adult, medians of {result['repetitions']} repetitions, µs per event"]
    lines.append(f"{'':<22}{'alone':>8}{'over nothing':>14}{'over river':>12}{'state, bytes':>14}")
    for name, alone in result["us_per_event"].items():
        nothing, river = result["over_nothing"].get(name), result["over_river"].get(name)
        size = result["bytes"].get(name)
        lines.append(
            f"{name:<22}{alone:>8.1f}{_cell(nothing):>14}{_cell(river):>12}{'' if size is None else f'{size:,}':>14}"
        )
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:+.1f}"


if __name__ == "__main__":
    main()
