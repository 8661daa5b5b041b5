"""Invented data of the scales that numbers have in the world: a rehearsal's second act.

Numbers around 0 ± 1 suit any model; temperatures, prices, counts and a column that never changes do not. In each of
these worlds every number without bounds has one of those shapes, so that in all of them together it has each; in the
last all are prices. A number with bounds stays within them. Labels depend on features, one class is rare and late, and
a label without bounds is large.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from schemas.events import Features, Label
from schemas.gauge import Feature, Gauge, Task

EVENTS: Final = 160

_CATEGORIES: Final = 12

_SHAPES: Final[tuple[Callable[[random.Random], float], ...]] = (
    lambda rng: min(rng.lognormvariate(8.0, 0.7), 90_000.0),
    lambda rng: 7.0,
    lambda rng: float(int(rng.expovariate(0.6))),
    lambda rng: rng.gauss(-4.0, 9.0),
)
"""Prices, a column that never changes, counts with zeros, temperatures."""

_MIDDLE: Final = (3_000.0, 7.0, 1.0, -4.0)


def worlds(gauge: Gauge) -> Iterator[Iterator[tuple[Features, Label]]]:
    """Events with labels, coded as models see them, world by world; always the same."""
    for shift in range(len(_SHAPES)):
        yield _world(gauge, {name: (shift + n) % len(_SHAPES) for n, name in enumerate(gauge.features)}, shift)
    yield _world(gauge, dict.fromkeys(gauge.features, 0), len(_SHAPES))


def _world(gauge: Gauge, shapes: Mapping[str, int], seed: int) -> Iterator[tuple[Features, Label]]:
    rng = random.Random(seed)
    for n in range(EVENTS):
        full = {name: _value(feature, shapes[name], rng) for name, feature in gauge.features.items()}
        signal = rng.gauss(0.0, 1.0) + sum(value > _MIDDLE[shapes[name]] for name, value in full.items())
        x = {name: value for name, value in full.items() if not gauge.features[name].optional or rng.random() > 0.2}
        yield x, _label(gauge, signal - len(full) / 2, n, rng)


def _value(feature: Feature, shape: int, rng: random.Random) -> Any:
    if feature.type == "boolean":
        return rng.random() < 0.3
    if feature.type == "category":
        return 1 + min(int(rng.expovariate(0.3)), min(len(feature.values or ()) or feature.max_values, _CATEGORIES) - 1)
    low, high = feature.minimum, feature.maximum
    if low is not None and high is not None:
        return (low + high) / 2 if shape == 1 else rng.uniform(low, high)
    value = _SHAPES[shape](rng)
    if low is not None:
        return low + abs(value)
    return value if high is None else high - abs(value)


def _label(gauge: Gauge, signal: float, n: int, rng: random.Random) -> Label:
    if gauge.task is Task.REGRESSION:
        low, high = gauge.label.minimum, gauge.label.maximum
        if low is not None and high is not None:
            return rng.uniform(low, high)
        value = 60_000.0 * (signal + 4.0)
        return value if low is high is None else low + abs(value) if low is not None else high - abs(value)  # type: ignore[operator]
    rare = n > EVENTS // 3 and signal > 1.0
    if gauge.task is Task.BINARY:
        return rare
    last = len(gauge.classes) - 1
    return last if rare else rng.randrange(last)
