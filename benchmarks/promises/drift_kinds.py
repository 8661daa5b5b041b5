"""What an alarm without labels is called: injected data faults, injected shifts, and the share of a rise of the loss.

The watch on columns runs in a whole learner, in blocks of 64 events, until something is injected into one column; each
injection continues from a copy of the same state. Then rises of the loss in logistic worlds, whose truth is known, are
put down to harder inputs or to another concept.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import islice
from statistics import mean, median
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.promises.cover import data, stored
from benchmarks.promises.row import Row, share_error
from models.drift.evidence.expected_share import CONCEPT_SHARE, COVARIATE_SHARE, ExpectedShare
from models.drift.signal import Signal
from models.drift.tempered.detector import TemperedDetector
from models.judging.losses import log_loss
from models.learner import Learner
from schemas.alerts import DriftKind
from schemas.events import Features, FeatureValue, Label, LabelledEvent
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert

BLOCK: Final = 64
LONGEST: Final = 9_000
"""Events after an injection in which it must be found."""

Numbers = npt.NDArray[np.float64]
World = dict[str, list[FeatureValue | None]]
Change = Callable[[list[Any], list[Any], np.random.Generator], list[Any]]
"""From a column's values so far and those to come, those to come instead."""


class Injection(NamedTuple):
    """What is done to a column, on which sort, and the words that name the fault; none for a shift of the inputs."""

    change: Change
    of: type
    words: str | None


def _spread(past: list[Any]) -> tuple[float, float]:
    known = np.array([value for value in past if value is not None])
    return float(known.mean()), float(known.std())


def _each(change: Callable[[float], float], later: list[Any]) -> list[Any]:
    return [None if value is None else change(value) for value in later]


def _stuck(past: list[Any], later: list[Any], _rng: np.random.Generator) -> list[Any]:
    return [next(value for value in reversed(past) if value is not None)] * len(later)


def _noise(past: list[Any], later: list[Any], _rng: np.random.Generator) -> list[Any]:
    centre, _ = _spread(past)
    return _each(lambda value: centre + 2 * (value - centre), later)


def _ramp(past: list[Any], later: list[Any], _rng: np.random.Generator) -> list[Any]:
    _, sd = _spread(past)
    return [None if value is None else value + sd * min(n / 5_000, 1) for n, value in enumerate(later)]


def _renamed(past: list[Any], later: list[Any], _rng: np.random.Generator) -> list[Any]:
    known = Counter(value for value in past if value is not None)
    commonest = known.most_common(1)[0][0]
    return ["renamed" if value == commonest else value for value in later]


INJECTIONS: Final[dict[str, Injection]] = {
    "x 2.54": Injection(lambda _p, later, _r: _each(lambda v: 2.54 * v, later), float, "(unit?)"),
    "x 1000": Injection(lambda _p, later, _r: _each(lambda v: 1000 * v, later), float, "(unit?)"),
    "stuck": Injection(_stuck, float, "stuck"),
    "20 % missing": Injection(lambda _p, later, r: [None if r.random() < 0.2 else v for v in later], float, "missing"),
    "renamed": Injection(_renamed, str, "(renamed?)"),
    "new value in 5 %": Injection(
        lambda _p, later, r: ["new" if r.random() < 0.05 else v for v in later], str, "never seen before"
    ),
    "+ 1 sd": Injection(lambda past, later, _r: _each(lambda v: v + _spread(past)[1], later), float, None),
    "noise x 2": Injection(_noise, float, None),
    "ramp of 1 sd": Injection(_ramp, float, None),
}
FAULT_WORDS: Final = (
    "(unit?)",
    "stuck",
    "missing ",
    "(renamed?)",
    "never seen before",
    "out of the range",
    "another resolution",
)


def mixed(events: int, seed: int) -> World:
    """Sixteen numbers (eight normal, four log-normal, two with missing values, two counts), four categories."""
    rng = np.random.default_rng(seed)
    world: World = {}
    for n in range(16):
        x = rng.standard_normal(events)
        if n >= 14:
            x = np.floor(3 * np.exp(0.5 * x))
        elif n >= 12:
            x = 20 + 5 * x
        elif n >= 8:
            x = np.exp(0.8 * x)
        world[f"x{n:02d}"] = [*x.tolist()]
        if n in (12, 13):
            gone = rng.random(events) < 0.05
            world[f"x{n:02d}"] = [None if lost else value for lost, value in zip(gone, x.tolist(), strict=True)]
    for levels in (2, 5, 10, 30):
        weights = np.arange(1, levels + 1) ** -0.8
        drawn = rng.choice(levels, events, p=weights / weights.sum())
        world[f"c{levels:02d}"] = [f"v{code}" for code in drawn.tolist()]
    return world


def adult(events: int, seed: int) -> World:
    """The shipped sample of people, from another row for each seed."""
    numbers = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
    with gzip.open(stored("adult"), "rt", encoding="utf-8", newline="") as file:
        found = [*islice(csv.DictReader(file), 300 * seed, 300 * seed + events)]
    names = [*found[0]][:-1]
    return {
        name: [None if row[name] == "" else float(row[name]) if name in numbers else row[name] for row in found]
        for name in names
    }


WORLDS: Final[dict[str, tuple[Callable[[int, int], World], int]]] = {"mix": (mixed, 20_000), "adult": (adult, 18_000)}
COLUMNS: Final = {
    "mix": (("x12", "x02", "x09", "x13", "x00"), ("c02", "c05", "c10", "c30", "c02")),
    "adult": (("age", "fnlwgt", "education-num", "hours-per-week", "education-num"), ()),
}


def rows(quick: bool) -> Iterator[Row]:
    """Faults called faults, with the exact fault; shifts called covariate; the expected share by what happened."""
    for name, (make, start) in WORLDS.items():
        if name == "adult" and data() is None:
            continue
        yield from _of_world(name, make, start, runs=2 if quick else 5)
    yield from _shares(runs=3 if quick else 8)


def _of_world(name: str, make: Callable[[int, int], World], start: int, *, runs: int) -> Iterator[Row]:
    found: dict[str, list[tuple[bool, bool, int, str] | None]] = {}
    for run in range(runs):
        begin = start + 701 * run
        world = make(begin + LONGEST, run)
        learner = Learner(gauge_of(world))
        rng = np.random.default_rng(run)
        labels = (rng.random(begin + LONGEST) < 0.3).tolist()
        fold(learner, world, labels, range(begin))
        texts = COLUMNS[name][1] or tuple(column for column in world if isinstance(world[column][0], str))
        for what, one in INJECTIONS.items():
            column = texts[run % len(texts)] if one.of is str else COLUMNS[name][0][run]
            past, later = world[column][:begin], world[column][begin:]
            changed = {**world, column: [*past, *one.change(past, later, np.random.default_rng(run))]}
            found.setdefault(what, []).append(
                _looked(deepcopy(learner), changed, labels, range(begin, begin + LONGEST), column, one.words)
            )
    for what, one in INJECTIONS.items():
        yield _row(f"{name}, {what}", found[what], one)


def _row(what: str, found: list[tuple[bool, bool, int, str] | None], one: Injection) -> Row:
    known = [each for each in found if each is not None]
    if not known:
        return Row(what, float("nan"), 1.0, note=f"missed {len(found)}")
    right = sum(is_fault is (one.words is not None) for is_fault, *_ in known)
    exact = sum(is_exact for _, is_exact, *_ in known)
    delay = median(each[2] for each in known)
    note = f"{right} of {len(known)}, exact {exact}, missed {len(found) - len(known)}, delay {delay:.0f}: {known[0][3]}"
    return Row(what, right / len(known), 1.0, share_error(right / len(known), len(known)), note)


def _looked(
    learner: Learner, world: World, labels: list[bool], events: range, column: str, words: str | None
) -> tuple[bool, bool, int, str] | None:
    """Whether it was called a fault, and the exact one; after how many events; its words. ``None``: not found."""
    opened = None
    for position, alert in fold(learner, world, labels, events, until_known=True):
        if alert.detector != "columns" or alert.status is AlertStatus.CLOSED:
            continue
        opened = position if opened is None else opened
        moved = next((one for one in alert.moved or () if one.column == column), None)
        if moved is not None and "known" in alert.cause:
            is_fault = any(word in moved.words for word in FAULT_WORDS)
            exact = words in moved.words if words is not None else not is_fault
            called = alert.drift is DriftKind.DATA_FAULT
            return called if len(alert.moved or ()) == 1 else is_fault, exact, opened - events.start, moved.words
    return None


def gauge_of(world: World) -> Gauge:
    """A gauge that watches the columns of a world in blocks of 64."""
    features = {
        name: {"type": "category" if any(isinstance(v, str) for v in values[:50]) else "number", "optional": True}
        for name, values in world.items()
    }
    return Gauge.model_validate(
        {
            "name": "kinds",
            "task": "binary",
            "label": {"field": "y", "positive": 1, "negative": 0},
            "features": features,
            "candidates": ["no_change"],
            "drift": {"columns": {"block_events": BLOCK}},
            "evaluation": {"holdout": 0.0},
        }
    )


def fold(
    learner: Learner, world: World, labels: list[bool], events: range, *, until_known: bool = False
) -> list[tuple[int, DriftAlert]]:
    """The alerts of a stretch, by position; up to the first whose names are fixed, if asked."""
    found = []
    for n in events:
        x: Features = {name: value for name, values in world.items() if (value := values[n]) is not None}
        for effect in learner.handle(LabelledEvent(None, None, None, x, labels[n], b""), n):
            if isinstance(effect, DriftAlert):
                found.append((n, effect))
                if until_known and "known" in effect.cause:
                    return found
    return found


WEIGHTS: Final = np.array([1.2, -0.8, 0.6, 0.4, 0.0])
BEFORE, AFTER = 10_000, 8_000


def logistic(kind: str, seed: int) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Log odds that a model with the weights of the first 10,000 events answers, and labels."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((BEFORE + AFTER, 5))
    if kind == "harder inputs":
        x[BEFORE:] *= 0.3
    factor = {"a coefficient flipped": -1.0, "a coefficient a third": 1 / 3}.get(kind, 1.0)
    odds = x @ WEIGHTS
    truth = np.concatenate([odds[:BEFORE], x[BEFORE:] @ (WEIGHTS * [factor, 1, 1, 1, 1])])
    y = rng.random(len(x)) < 1 / (1 + np.exp(-truth))
    wrong = {"15 % of labels wrong": 0.15, "half of labels random": 0.25}.get(kind, 0.0)
    y[BEFORE:] ^= rng.random(AFTER) < wrong
    return odds, y


def _shares(*, runs: int) -> Iterator[Row]:
    for kind in (
        "harder inputs",
        "a coefficient flipped",
        "a coefficient a third",
        "15 % of labels wrong",
        "half of labels random",
    ):
        for sureness in (1.0, 1.7):
            both = [share_at_alarm(kind, seed, sureness) for seed in range(runs)]
            later = [two for _, two in both if two is not None]
            if not later:
                continue
            at_once = [one for one, _ in both if one is not None]
            covariate = kind == "harder inputs"
            right = sum(s > COVARIATE_SHARE if covariate else s < CONCEPT_SHARE for s in later)
            note = (
                f"{min(later):.2f} to {max(later):.2f}, {right} of {len(later)} "
                f"{'above .7' if covariate else 'below .3'}; at the alarm {min(at_once):.2f} to {max(at_once):.2f}"
            )
            error = float(np.std(later) / max(len(later) - 1, 1) ** 0.5)
            what = f"expected share, {kind}{'' if sureness == 1 else ', overconfident'}"
            yield Row(what, mean(later), 1.0 if covariate else 0.0, max(error, 0.05), note)


def share_at_alarm(kind: str, seed: int, sureness: float) -> tuple[float | None, float | None]:
    """The expected share at the alarm of the error's detector, and 200 labels later; ``None`` where there was none."""
    odds, y = logistic(kind, seed)
    detector, expected = TemperedDetector(), ExpectedShare(log_loss=True)
    at_once, alarmed = None, None
    for n, (p, true) in enumerate(zip((1 / (1 + np.exp(-sureness * odds))).tolist(), y.tolist(), strict=True)):
        probabilities: dict[Label, float] = {False: 1 - p, True: p}
        loss = log_loss(true, probabilities)
        expected.update(probabilities, p > 0.5, loss)
        if alarmed is None and n >= BEFORE // 2 and detector.update(loss) is Signal.DRIFT:
            if n < BEFORE:
                return None, None
            at_once, alarmed = expected.share(), n
        if alarmed is not None and n == alarmed + 200:
            return at_once, expected.share()
    return at_once, None
