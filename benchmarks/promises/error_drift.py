"""The watch on the error: the budget it spends on streams that never change, bursts included, beside River's detectors.

A row's ``ours`` is in budgets (1 alarm in 100,000 losses); ``expected`` is what its prototype spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.promises.row import Row
from models.drift.river_detectors import KNOWN, RiverDetector
from models.drift.signal import Detector, Signal
from models.drift.tempered.detector import TemperedDetector

BUDGET: Final = 1e-5
RIVER: Final = [use for use in KNOWN if use != "drift.KSWIN"]  # a test of 100 losses on every event is too slow here

Losses = NDArray[np.bool_]


def independent(rng: np.random.Generator, n: int, rate: float) -> Losses:
    """Errors of a rate."""
    return np.asarray(rng.random(n) < rate)


def correlated(rng: np.random.Generator, n: int, correlation: float, rate: float) -> Losses:
    """A Markov chain with that lag-1 correlation."""
    renewed, drawn = rng.random(n) >= correlation, rng.random(n) < rate
    renewed[0] = True
    return np.asarray(drawn[np.maximum.accumulate(np.where(renewed, np.arange(n), 0))])


def spells(rng: np.random.Generator, n: int, length: float, low: float, high: float) -> Losses:
    """Two rates that take turns, for a geometric number of events each."""
    return np.asarray(rng.random(n) < np.where(np.cumsum(rng.random(n) < 1 / length) % 2, high, low))


def wave(rng: np.random.Generator, n: int, period: float, mean: float, swing: float) -> Losses:
    """A rate that follows a sine."""
    return np.asarray(rng.random(n) < mean + swing * np.sin(2 * np.pi * np.arange(n) / period))


FAMILIES: Final[dict[str, tuple[Callable[..., Losses], tuple[float, ...], float]]] = {
    "independent .01": (independent, (0.01,), 0.63),
    "independent .05": (independent, (0.05,), 0.57),
    "independent .2": (independent, (0.2,), 0.83),
    "independent .4": (independent, (0.4,), 0.63),
    "correlation .5, .02": (correlated, (0.5, 0.02), 0.93),
    "correlation .5, .2": (correlated, (0.5, 0.2), 0.80),
    "correlation .9, .02": (correlated, (0.9, 0.02), 1.67),
    "correlation .9, .2": (correlated, (0.9, 0.2), 1.30),
    "spells of 25": (spells, (25, 0.05, 0.35), 0.33),
    "spells of 200": (spells, (200, 0.05, 0.35), 0.60),
    "wave of 200": (wave, (200, 0.2, 0.15), 0.07),
    "wave of 1,000": (wave, (1_000, 0.2, 0.15), 0.20),
    "wave of 5,000": (wave, (5_000, 0.2, 0.15), 0.37),
}


def rows(quick: bool) -> Iterator[Row]:
    """Every family, and River's detectors at their defaults in the note."""
    events, seeds, river_events = (100_000, 1, 10_000) if quick else (1_000_000, 3, 100_000)
    for number, (name, (make, arguments, expected)) in enumerate(FAMILIES.items()):
        streams = [make(np.random.default_rng([seed, number]), events, *arguments) for seed in range(seeds)]
        alarms = sum(alarms_in(TemperedDetector(budget=BUDGET), losses) for losses in streams)
        allowed = BUDGET * events * seeds
        low, high = interval(alarms)
        river = {
            use.rsplit(".", 1)[-1]: alarms_in(RiverDetector(use=use, params={}), streams[0][:river_events])
            / (BUDGET * river_events)
            for use in RIVER
        }
        note = f"95 %: {low / allowed:.2f} to {high / allowed:.2f}; "
        note += ", ".join(f"{use} {spent:.0f}" for use, spent in river.items())
        error = sqrt(max(alarms, 1)) / allowed + sqrt(expected / (30 * 1.0))  # the expected one is of 30 budgets
        yield Row(f"{name}: budgets spent", alarms / allowed, expected, error, note)


def alarms_in(detector: Detector, losses: Losses) -> int:
    """How often a detector alarms."""
    return sum(detector.update(loss) is Signal.DRIFT for loss in losses.astype(float).tolist())


def interval(count: int) -> tuple[float, float]:
    """The 95 % interval of a Poisson mean (Byar's approximation)."""
    low = count * (1 - 1 / (9 * count) - 1.96 / (3 * sqrt(count))) ** 3 if count else 0.0
    return low, (count + 1) * (1 - 1 / (9 * (count + 1)) + 1.96 / (3 * sqrt(count + 1))) ** 3
