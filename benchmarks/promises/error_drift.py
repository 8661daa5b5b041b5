"""The watch on the error: the budget it spends on streams that never change, bursts included, beside River's detectors.

A row of a family has ``ours`` in budgets (1 alarm in 100,000 losses); ``expected`` is what its prototype spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from river import linear_model, preprocessing
from river.datasets import synth

from benchmarks.promises.row import Row, share_error
from models.drift.river_detectors import KNOWN, RiverDetector
from models.drift.signal import Detector, Signal
from models.drift.tempered.detector import TemperedDetector
from models.judging.losses import AbsoluteErrorScale

BUDGET: Final = 1e-5
YOUNG: Final = 20_000
"""Losses in which a detector learns how a stream depends on itself."""
RIVER: Final = [use for use in KNOWN if use != "drift.KSWIN"]  # a test of 100 losses on every event is too slow here

Losses = NDArray[np.bool_] | NDArray[np.float64]


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


class Changed(NamedTuple):
    """Losses of a mean rate, the runs in full, and the prototype's median delays, one for each of `CHANGES`."""

    make: Callable[[np.random.Generator, int, float], Losses]
    runs: int
    expected: tuple[float, ...]


CHANGES: Final[tuple[tuple[float, float], ...]] = ((0.05, 0.2), (0.2, 0.5), (0.05, 0.1), (0.2, 0.3))
"""Mean rates before and after a change."""

BEFORE: Final = 20_000
"""Losses before the change, and after it."""

CHANGED: Final[dict[str, Changed]] = {
    "independent": Changed(independent, 60, (69, 50, 270, 229)),
    "correlation .5": Changed(lambda rng, n, rate: correlated(rng, n, 0.5, rate), 30, (353, 144, 1_280, 836)),
    "correlation .9": Changed(lambda rng, n, rate: correlated(rng, n, 0.9, rate), 30, (1_772, 925, 9_124, 4_923)),
    "wave of 1,000": Changed(lambda rng, n, rate: wave(rng, n, 1_000, rate, 0.6 * rate), 30, (124, 246, 767, 2_116)),
    "spells of 200": Changed(
        lambda rng, n, rate: spells(rng, n, 200, 0.4 * rate, 1.6 * rate), 30, (123, 149, 1_099, 1_911)
    ),
}

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
    for name in CHANGED:
        yield from delays(name, 10 if name == "independent" else 3) if quick else delays(name, CHANGED[name].runs)
    yield from friedman(5 if quick else 100)
    yield from budgets(quick)


def delays(name: str, runs: int) -> Iterator[Row]:
    """The median delay on losses whose rate changes; one that is missed counts as the losses after the change."""
    family = CHANGED[name]
    for number, ((low, high), expected) in enumerate(zip(CHANGES, family.expected, strict=True)):
        found: dict[str, list[float]] = {"ours": [], "ADWIN": []}
        false = dict.fromkeys(found, 0)
        for seed in range(runs):
            rng = np.random.default_rng([3, number, seed])
            losses = np.concatenate([family.make(rng, BEFORE, rate) for rate in (low, high)]).astype(float).tolist()
            for who, delay in found.items():
                is_false, first = first_after(FRIEDMAN[who](seed), losses, BEFORE)
                delay.append(min(first, BEFORE))
                false[who] += is_false
        ours, adwin = found["ours"], found["ADWIN"]
        low_half, high_half = np.quantile(ours, [0.25, 0.75])
        error = 1.25 * (high_half - low_half) / 1.35 / sqrt(runs) + 0.1 * expected
        note = f"missed {_missed(ours):.0%}, with an alarm before {false['ours'] / runs:.0%}; ADWIN "
        note += f"{np.median(adwin):.0f}, {_missed(adwin):.0%}, {false['ADWIN'] / runs:.0%}; {runs} runs"
        yield Row(f"delay, {name}, {low} to {high}", float(np.median(ours)), expected, float(error), note)


def _missed(delays: list[float]) -> float:
    return sum(delay >= BEFORE for delay in delays) / len(delays)


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
        found = [at for losses in streams for at in alarms_at(TemperedDetector(budget=BUDGET), losses)]
        alarms, allowed = len(found), BUDGET * events * seeds
        river = {
            use.rsplit(".", 1)[-1]: alarms_in(RiverDetector(use=use, params={}), streams[0][:river_events])
            / (BUDGET * river_events)
            for use in RIVER
        }
        note = f"{spread(found, allowed)}; "
        note += ", ".join(f"{use} {spent:.0f}" for use, spent in river.items())
        error = sqrt(max(alarms, 1)) / allowed + sqrt(expected / (30 * 1.0))  # the expected one is of 30 budgets
        yield Row(f"{name}: budgets spent", alarms / allowed, expected, error, note)


def alarms_in(detector: Detector, losses: Losses) -> int:
    """How often a detector alarms."""
    return len(alarms_at(detector, losses))


def alarms_at(detector: Detector, losses: Losses) -> list[int]:
    """The losses at which a detector alarms, counted from 0."""
    return [n for n, loss in enumerate(losses.astype(float).tolist()) if detector.update(loss) is Signal.DRIFT]


def spread(found: list[int], allowed: float) -> str:
    """The interval of budgets spent by the alarms that were found, and how many of them came early, in words."""
    low, high = interval(len(found))
    early = sum(at < YOUNG for at in found)
    return f"95 %: {low / allowed:.2f} to {high / allowed:.2f}; {early} of {len(found)} in the first {YOUNG:,}"


def interval(count: int) -> tuple[float, float]:
    """The 95 % interval of a Poisson mean (Byar's approximation)."""
    low = count * (1 - 1 / (9 * count) - 1.96 / (3 * sqrt(count))) ** 3 if count else 0.0
    return low, (count + 1) * (1 - 1 / (9 * (count + 1)) + 1.96 / (3 * sqrt(count + 1))) ** 3
