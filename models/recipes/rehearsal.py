"""A model tried on a few invented events of a gauge's shape: does it work at all, does it go on after a restore?"""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

from models.recipes.inputs import optional
from schemas.gauge import Feature, Gauge, Task

EVENTS = 120
"""Enough for a bagged model to have resampled; nearly no time for any model."""


def events(gauge: Gauge, n: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """``n`` invented events and labels, always the same: features within bounds, optional ones at times absent."""
    rng = random.Random(20_160_401)
    gaps = optional(gauge)
    for _ in range(n):
        full = {name: _draw(feature, rng) for name, feature in gauge.features.items()}
        x = {name: value for name, value in full.items() if name not in gaps or rng.random() > 0.2}
        yield x, _label(gauge, rng)


def failure(model: Any, gauge: Gauge) -> str | None:
    """What an untrained model cannot do with this gauge's events, in words; ``None`` if it can. Trains the model."""
    try:
        for x, y in events(gauge, EVENTS):
            model.predict_one(x)
            model.learn_one(x, y)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  a model may raise anything, Rust's PanicException included
        return f"fails on events with this gauge's features: {type(error).__name__}: {error}"
    return None


def repeats(make: Callable[[], Any], gauge: Gauge, probabilities: bool) -> bool:
    """Whether two fresh models agree on every bit, one of them pickled and restored on the way.

    A ``False`` is certain. A ``True`` is evidence from one process and a hundred events, not a proof.
    """
    stayed, moved = make(), make()
    for n, (x, y) in enumerate(events(gauge, EVENTS)):
        if n == EVENTS // 2:
            try:
                moved = pickle.loads(pickle.dumps(moved, 5))
            except Exception:  # noqa: BLE001  there are as many ways not to be picklable as there are classes
                return False
        if repr(_answer(stayed, x, probabilities)) != repr(_answer(moved, x, probabilities)):
            return False
        stayed.learn_one(x, y)
        moved.learn_one(x, y)
    return True


def _answer(model: Any, x: dict[str, Any], probabilities: bool) -> Any:
    return model.predict_one(x), sorted(model.predict_proba_one(x).items()) if probabilities else None


def _draw(feature: Feature, rng: random.Random) -> float | int | bool:
    if feature.type == "boolean":
        return rng.random() < 0.5
    if feature.type == "category":
        return rng.randrange(min(len(feature.values or ()) or feature.max_values, 20) + 1)
    if feature.minimum is not None and feature.maximum is not None:
        return rng.uniform(feature.minimum, feature.maximum)
    if feature.minimum is not None:
        return feature.minimum + rng.expovariate(1.0)
    return rng.gauss(0.0, 1.0) if feature.maximum is None else feature.maximum - rng.expovariate(1.0)


def _label(gauge: Gauge, rng: random.Random) -> bool | int | float:
    if gauge.task is Task.BINARY:
        return rng.random() < 0.5
    if gauge.task is Task.MULTICLASS:
        return rng.randrange(len(gauge.classes))
    low = gauge.label.minimum if gauge.label.minimum is not None else 0.0
    high = gauge.label.maximum if gauge.label.maximum is not None else low + 10.0
    return rng.uniform(low, max(high, low))
