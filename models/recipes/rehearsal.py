"""A model tried on invented events of a gauge's shape: would the service keep it, does it go on after a restore?

The events are made from the gauge's own ranges, and the model is asked, taught and judged by the very code that the
service uses. First come ordinary events, with the odd ones among them that every stream has: all zeros, every optional
feature missing, an unseen category, a class met for the first time late. A model that the service would retire on these
cannot be used. Then come values at the bounds, far from 0 where a feature has none: they happen, but a model that fails
on them may serve data that never go there, so that is a warning.
"""

from __future__ import annotations

import copy
import pickle
import random
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import Enum
from typing import Any, Final, NamedTuple

from models.abilities import gives_probabilities
from models.answer import class_codes
from models.recipes.inputs import optional
from models.recipes.worlds import EVENTS as WORLD
from models.recipes.worlds import worlds
from models.retraining.guard import Guard
from models.retraining.version import Version
from models.vocabulary import UNSEEN
from schemas.events import Features, Label
from schemas.gauge import LARGEST_NUMBER, Feature, Gauge, Task

EVENTS: Final = 120
"""Enough for a bagged model to have resampled; nearly no time for any model."""


class Scales(Enum):
    """Whether a model is also tried on data of all the scales that numbers have: a recipe's has shown in its tests."""

    TAME = "tame"
    ALL = "all"


class Scene(NamedTuple):
    """One invented event with its label, and what is odd about it; ``None`` if nothing is."""

    x: Features
    y: Label
    odd: str | None


class _Telling(Guard):
    """A guard that keeps the newest error's own words: events here are invented, and nobody's secret."""

    def __init__(self) -> None:
        super().__init__(())
        self.newest = ""
        self.ordinary = 0
        """Failures on events with nothing odd about them; a third of them is too near to the half that retires."""

    def _count(self, failed: Callable[[str, int], bool], error: BaseException, position: int) -> bool:
        self.newest = f"{type(error).__name__}: {error}".removesuffix(": ")[:300]
        return super()._count(failed, error, position)


class Rehearsal(NamedTuple):
    """What came of it: why the service could not use the model, and what its owner should know."""

    problem: str | None
    doubts: list[str]


def events(gauge: Gauge, n: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """``n`` invented events and labels, always the same: features within bounds, optional ones at times absent."""
    rng = random.Random(20_160_401)
    gaps = optional(gauge)
    for _ in range(n):
        full = {name: _draw(feature, rng) for name, feature in gauge.features.items()}
        x = {name: value for name, value in full.items() if name not in gaps or rng.random() > 0.2}
        yield x, _label(gauge, rng)


def rehearse(model: Any, gauge: Gauge, scales: Scales) -> Rehearsal:
    """Try an untrained model as the service would run it. Trains the model."""
    version = _version(model, gauge)
    untrained = copy.deepcopy(version) if scales is Scales.ALL else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's and River's, of numbers that overflow
        guard = _Telling()
        failed, lost = _play(guard, version, _ordinary(gauge))
        if lost or guard.ordinary > EVENTS // 2 or (guard.failures and not _recovers(guard, version, gauge)):
            return Rehearsal(f"fails on events with this gauge's features: {guard.newest}", [])
        if untrained is not None and (problem := _lost_in_a_world(untrained, gauge)) is not None:
            return Rehearsal(problem, [])
        doubts = _doubts(failed)
        far, lost = _play(guard, version, _far(gauge))
        lost = lost or not _recovers(guard, version, gauge)
    if lost:
        doubts.append(
            f"one value far from 0 breaks this model for good ({guard.newest}): give the numbers minimum and "
            "maximum in [features], or scale them"
        )
    elif far:
        doubts += _doubts(far)
    return Rehearsal(None, doubts)


def _version(model: Any, gauge: Gauge) -> Version:
    return Version(
        name="rehearsal",
        candidate="rehearsal",
        parent=None,
        trigger="start",
        model=model,
        task=gauge.task,
        classes=class_codes(gauge),
        probabilities=gauge.task is not Task.REGRESSION and gives_probabilities(model),
    )


def _lost_in_a_world(untrained: Version, gauge: Gauge) -> str | None:
    for world in worlds(gauge):
        guard = _Telling()
        _, lost = _play(guard, copy.deepcopy(untrained), (Scene(x, y, None) for x, y in world))
        if lost or guard.ordinary > WORLD // 3:
            return (
                f"fails on numbers as data have them, in thousands, negative, 0 or always the same: {guard.newest}; "
                "scale them first (preprocessing.StandardScaler), or give minimum and maximum, of features and label"
            )
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
        for model in (stayed, moved):
            _teach(model, x, y)
    return True


def _play(guard: _Telling, version: Version, scenes: Iterable[Scene]) -> tuple[dict[str | None, str], bool]:
    """What failed first on each kind of event, and whether the service would have retired the version by then."""
    failed: dict[str | None, str] = {}
    for n, (x, y, odd) in enumerate(scenes):
        before = version.conduct.failures
        _, lost = guard.ask((version,), x, n)
        lost += guard.teach((version,), x, y, n)
        if version.conduct.failures > before:
            failed.setdefault(odd, guard.newest)
            guard.ordinary += odd is None
        if lost:
            return failed, True
    return failed, False


def _recovers(guard: _Telling, version: Version, gauge: Gauge) -> bool:
    """Whether ordinary events that follow are answered: on most of the last ones nothing fails."""
    before = version.conduct.failures
    _, lost = _play(guard, version, (Scene(x, y, None) for x, y in events(gauge, EVENTS // 4)))
    return not lost and version.conduct.failures - before <= EVENTS // 8


def _doubts(failed: dict[str | None, str]) -> list[str]:
    return [
        f"fails on {'some events' if odd is None else odd} ({what}): such events would get no prediction"
        for odd, what in failed.items()
    ]


def _ordinary(gauge: Gauge) -> Iterator[Scene]:
    gaps = optional(gauge)
    late = 1 if gauge.task is Task.BINARY else len(gauge.classes) - 1
    drawn = [*events(gauge, EVENTS + EVENTS // 2)]
    if gaps:
        label = _first(gauge)
        rng = random.Random(0)
        full: Features = {name: _draw(feature, rng) for name, feature in gauge.features.items()}
        yield Scene({name: value for name, value in full.items() if name not in gaps}, label, None)
        yield Scene(full, label, "the first event that has an optional feature")
    for n, (x, y) in enumerate(drawn):
        if n >= EVENTS // 2:
            x, y = _moved(gauge, x, y)
        elif gauge.task is not Task.REGRESSION and int(y) == late:
            y = _coded(gauge, 0)
        yield Scene(x, y, None)
        if n % 40 == 20:
            yield Scene({name: _zero(feature) for name, feature in gauge.features.items()}, y, "an event of zeros")
        if n % 40 == 25 and gaps:
            least = {name: value for name, value in x.items() if name not in gaps}
            yield Scene(least, y, "an event without any optional feature")
        if n % 40 == 30 and any(feature.type == "category" for feature in gauge.features.values()):
            unseen = {name: UNSEEN for name, feature in gauge.features.items() if feature.type == "category"}
            yield Scene({**x, **unseen}, y, "an unseen category")
    # Labels do not always change: a run of one class, and of one event again and again.
    x, y = drawn[0]
    yield from (Scene(x, y, None) for _ in range(10))


def _moved(gauge: Gauge, x: Features, y: Label) -> tuple[Features, Label]:
    """The same event on another level and scale, where the gauge says nothing of either: most data are not at 0 ± 1."""
    free = [name for name, of in gauge.features.items() if of.type == "number" and of.minimum is of.maximum is None]
    moved = {**x, **{name: 5.0 + 3.0 * float(x[name]) for name in free if name in x}}
    label = gauge.label
    if gauge.task is Task.REGRESSION and label.minimum is None and label.maximum is None:
        y = 10.0 * float(y) - 20.0
    return moved, y


def _far(gauge: Gauge) -> Iterator[Scene]:
    for n, (x, y) in enumerate(events(gauge, 4)):
        far = {
            name: _bound(feature, upper=n % 2 == 0)
            for name, feature in gauge.features.items()
            if feature.type == "number"
        }
        yield Scene({**x, **far}, y, "values at their bounds")


def _bound(feature: Feature, *, upper: bool) -> float:
    bound = feature.maximum if upper else feature.minimum
    return bound if bound is not None else LARGEST_NUMBER if upper else -LARGEST_NUMBER


def _zero(feature: Feature) -> float | int | bool:
    if feature.type == "boolean":
        return False
    if feature.type == "category":
        return UNSEEN + 1
    low = -LARGEST_NUMBER if feature.minimum is None else feature.minimum
    high = LARGEST_NUMBER if feature.maximum is None else feature.maximum
    return min(max(0.0, low), high)


def _first(gauge: Gauge) -> Label:
    return next(events(gauge, 1))[1] if gauge.task is Task.REGRESSION else _coded(gauge, 0)


def _coded(gauge: Gauge, code: int) -> Label:
    return bool(code) if gauge.task is Task.BINARY else code


def _answer(model: Any, x: dict[str, Any], probabilities: bool) -> Any:
    try:
        return model.predict_one(x), sorted(model.predict_proba_one(x).items()) if probabilities else None
    except Exception as error:  # noqa: BLE001  to fail alike is to repeat, too
        return type(error)


def _teach(model: Any, x: dict[str, Any], y: Label) -> None:
    with suppress(Exception):  # what fails is `rehearse`'s to find
        model.learn_one(x, y)


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
