"""What watching costs by default: errors and 20 columns, at the block length that the traffic brings.

The same gauge is handled with and without the watch, in turns, and so is its model alone; times are the process's own.
"""

from __future__ import annotations

import gc
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time_ns
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.promises.row import Row
from models.candidates import build
from models.learner import Learner
from models.vocabulary import Vocabulary
from schemas.events import LabelledEvent
from schemas.gauge import Gauge, parse

MOST_US: Final = 15.0
MOST_MB: Final = 2.0
TRAFFIC: Final = {10: 12_000, 1_000: 36_000, 10_000: 36_000}
"""Events per second, and after how many events blocks have the length that they keep."""
MEASURED: Final = 4_096
"""A block of each length, up to the sixteenfold of the longest."""

Times = npt.NDArray[np.float64]

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NUMBERS: Final = tuple(f"n{n}" for n in range(14))
_CATEGORIES: Final = tuple(f"c{n}" for n in range(6))


def rows(quick: bool) -> Iterator[Row]:
    """Microseconds, the slowest events, and the state, at each traffic."""
    watched, plain = _gauge(""), _gauge("[drift]\nenabled = false\n")
    for per_second, before in TRAFFIC.items():
        events = [*_events(before + MEASURED, per_second)]
        turns = [
            (_handled(watched, events), _handled(plain, events), _river(watched, events))
            for _ in range(1 if quick else 5)
        ]
        on, off, river = (np.median([turn[n] for turn in turns], axis=0) for n in range(3))
        at = f"at {per_second:,} events/s"
        added = median(float((one - other).mean()) for one, other, _ in turns)
        over = median(float((one - alone).mean()) for one, _, alone in turns)
        note = f"river alone {river.mean():.1f}, no watch {off.mean():.1f}, both on {on.mean():.1f} µs"
        yield Row(f"µs per event, watch on errors and 20 columns, {at}", added, MOST_US, note=note)
        yield Row(f"µs per event, everything over river, {at}", over, MOST_US)
        for share in (50, 99, 99.9):
            slow, usual = float(np.percentile(on, share)), float(np.percentile(off, share))
            yield Row(
                f"p{share:g} of an event, watched over not watched, {at}", slow / usual, None, note=f"{slow:.0f} µs"
            )
    for season in ("", 'season = ["hour", "weekday"]'):
        learner = _learned(_gauge(f"[drift.columns]\n{season}\n"), [*_events(12_000, 10)])
        size = len(pickle.dumps(learner)) / 1e6
        yield Row(f"state in MB, 20 columns{', by hour and weekday' if season else ''}", size, MOST_MB)


def _gauge(text: str) -> Gauge:
    features = "".join(f'{name} = "number"\n' for name in _NUMBERS)
    features += "".join(f'{name} = "category"\n' for name in _CATEGORIES)
    return parse(
        'name = "watching"\ntask = "binary"\n[record]\ntime = "at"\n'
        '[label]\nfield = "y"\npositive = 1\nnegative = 0\n[retraining]\non_drift = false\n'
        f'[[candidates]]\nrecipe = "logistic_regression"\n[features]\n{features}{text}'
    )


def _events(count: int, per_second: int) -> Iterator[LabelledEvent]:
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal((count, len(_NUMBERS)))
    labels = (numbers[:, 0] + rng.standard_normal(count) > 0).tolist()
    codes = rng.integers(0, 8, (count, len(_CATEGORIES))).tolist()
    for n, (row, values, y) in enumerate(zip(numbers.tolist(), codes, labels, strict=True)):
        x = {
            **dict(zip(_NUMBERS, row, strict=True)),
            **{name: f"v{v}" for name, v in zip(_CATEGORIES, values, strict=True)},
        }
        yield LabelledEvent(f"e{n}", _START + timedelta(seconds=n / per_second), None, x, y, b"")


def _learned(gauge: Gauge, events: list[LabelledEvent]) -> Learner:
    learner = Learner(gauge)
    for position, event in enumerate(events):
        learner.handle(event, position)
    return learner


def _handled(gauge: Gauge, events: list[LabelledEvent]) -> Times:
    begin = len(events) - MEASURED
    learner, taken = _learned(gauge, events[:begin]), np.zeros(MEASURED)
    gc.collect()
    for position, event in enumerate(events[begin:]):
        before = process_time_ns()
        learner.handle(event, begin + position)
        taken[position] = process_time_ns() - before
    return taken / 1_000


def _river(gauge: Gauge, events: list[LabelledEvent]) -> Times:
    vocabulary, model, taken = Vocabulary(gauge), build(gauge.candidates[0], gauge), np.zeros(MEASURED)
    some = [(vocabulary.encode(event.x, learn=True), event.y) for event in events[-MEASURED:]]
    for n, (x, y) in enumerate(some):
        before = process_time_ns()
        model.predict_proba_one(x)
        model.learn_one(x, y)
        taken[n] = process_time_ns() - before
    return taken / 1_000
