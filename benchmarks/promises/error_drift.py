"""The watch on the error: the budget it spends on streams that never change, bursts included, beside River's detectors.

A row of a family has ``ours`` in budgets (1 alarm in 100,000 losses); ``expected`` is what its prototype spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from river import linear_model, preprocessing
from river.datasets import synth

from benchmarks.promises.row import Row, share_error
from models.drift.river_detectors import KNOWN, RiverDetector
from models.drift.signal import Detector, Signal
from models.drift.tempered.detector import TemperedDetector
from models.losses import AbsoluteErrorScale

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


CHANGES: Final[tuple[tuple[float, float, int, int], ...]] = (
    (0.05, 0.2, 69, 127),
    (0.2, 0.5, 50, 95),
    (0.05, 0.1, 270, 719),
    (0.2, 0.3, 229, 399),
)
"""Rates before and after a change; the median delays of the prototype and of its ADWIN."""

FRIEDMAN_ROWS: Final = 2_500
"""Rows before the change, and after it."""

Makers = dict[str, Callable[[int], "Detector | Fixed"]]


class Fixed:
    """Fires by a rule that does not look at the loss: always, never, or by chance."""

    def __init__(self, chance: float, seed: int) -> None:
        self._chance, self._rng = chance, np.random.default_rng([7, seed])

    def update(self, loss: float) -> Signal:
        """Fire, or not."""
        return Signal.DRIFT if self._rng.random() < self._chance else Signal.QUIET


FRIEDMAN: Final[Makers] = {
    "ours": lambda _: TemperedDetector(budget=BUDGET),
    "ADWIN": lambda _: RiverDetector(use="drift.ADWIN", params={}),
    "always": lambda seed: Fixed(1.0, seed),
    "never": lambda seed: Fixed(0.0, seed),
    "random, 1 in 2,500": lambda seed: Fixed(1 / FRIEDMAN_ROWS, seed),
}


def rows(quick: bool) -> Iterator[Row]:
    """Budgets spent on what never changes, delays, and FriedmanDrift."""
    yield from delays(10 if quick else 60)
    yield from friedman(5 if quick else 100)
    yield from budgets(quick)


def delays(runs: int) -> Iterator[Row]:
    """The median delay on independent losses whose rate changes after 20,000; missed ones are infinite."""
    for number, (low, high, expected, adwin) in enumerate(CHANGES):
        found: dict[str, list[float]] = {"ours": [], "ADWIN": []}
        for seed in range(runs):
            rng = np.random.default_rng([3, number, seed])
            losses = np.concatenate([independent(rng, 20_000, low), independent(rng, 20_000, high)])
            for name, delay in found.items():
                delay.append(first_after(FRIEDMAN[name](seed), losses.astype(float).tolist(), 20_000)[1])
        ours = found["ours"]
        low_half, high_half = np.quantile(ours, [0.25, 0.75])
        error = 1.25 * (high_half - low_half) / 1.35 / sqrt(runs) + 0.1 * expected
        note = f"ADWIN {np.median(found['ADWIN']):.0f} (the prototype's {adwin}); {runs} runs"
        yield Row(f"delay, {low} to {high}", float(np.median(ours)), expected, float(error), note)


def friedman(runs: int) -> Iterator[Row]:
    """River's FriedmanDrift, its global abrupt change, a linear regression that learns on throughout.

    Published for ADWIN: true alarms in 99.1 % of runs, false ones in .9 %, delay 27. Not repeated by this: the model
    and the loss behind those are not known here, and this model is back at its error about a hundred rows after the
    change.
    """
    streams = [friedman_losses(seed) for seed in range(runs)]
    for name, make in FRIEDMAN.items():
        found = [first_after(make(seed), losses, FRIEDMAN_ROWS) for seed, losses in enumerate(streams)]
        true = [delay for _, delay in found if delay < inf]
        delay = f"median delay {np.median(true):.0f}" if true else "no delay"
        note = f"true {len(true) / runs:.1%}, {delay}; {runs} runs"
        false = sum(is_false for is_false, _ in found) / runs
        yield Row(f"FriedmanDrift, {name}: runs with a false alarm", false, None, share_error(false, runs), note)


def friedman_losses(seed: int) -> list[float]:
    """Losses as the service makes them of absolute errors."""
    stream = synth.FriedmanDrift(drift_type="gra", position=(FRIEDMAN_ROWS, 4 * FRIEDMAN_ROWS), seed=seed)
    model = preprocessing.StandardScaler() | linear_model.LinearRegression()
    scale, losses = AbsoluteErrorScale(), []
    for x, y in stream.take(2 * FRIEDMAN_ROWS):
        losses.append(scale.loss(abs(y - model.predict_one(x))))
        model.learn_one(x, y)
    return losses


def first_after(detector: Detector | Fixed, losses: list[float], change: int) -> tuple[bool, float]:
    """Whether it alarmed before the change; and events from there to the first alarm, infinite without one."""
    is_false = False
    for n, loss in enumerate(losses):
        if detector.update(loss) is Signal.DRIFT:
            if n >= change:
                return is_false, n - change + 1
            is_false = True
    return is_false, inf


def budgets(quick: bool) -> Iterator[Row]:
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
