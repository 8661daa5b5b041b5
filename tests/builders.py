"""What tests are made of: gauges, records, folds and failing models, in few words.

A test says what it speaks of; the rest comes from here.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from models.counts import Counts
from models.door.decoder import Decoder
from models.drift.episodes import Episodes
from models.learner import Learner
from models.names import Names
from models.turn import Turn
from schemas.events import Input
from schemas.gauge import Gauge
from schemas.log import Headers
from schemas.records import DeadLetter, DriftAlert, Effect, ModelVersion, Prediction, VersionStep, WindowReport

LABELS: dict[str, dict[str, Any]] = {
    "binary": {"positive": "bad", "negative": "good"},
    "multiclass": {"classes": ["low", "middle", "high"]},
    "regression": {},
}

FEATURES: dict[str, Any] = {
    "a": "number",
    "b": {"type": "number", "optional": True},
    "site": {"type": "category", "optional": True, "max_values": 6},
}


def gauge(
    text: str = "", *, task: str = "binary", candidates: Sequence[str | dict[str, Any]] = ("naive_bayes",)
) -> Gauge:
    """A gauge of pumps whose labels come with the event or later; tables of ``text`` (TOML) are laid over it.

    It keeps one model for each candidate: a test that wants the roles of `models.retraining.roles` says so.
    """
    content: dict[str, Any] = {
        "name": "pumps",
        "task": task,
        "record": {"id": "id", "time": "at"},
        "label": {"field": "y", "arrival": "later", **LABELS[task]},
        "features": FEATURES,
        "retraining": {"standing": False},
        "candidates": list(candidates),
    }
    return Gauge.model_validate(_laid_over(content, tomllib.loads(text)))


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        # Features and candidates are lists by nature: a test that names some means these alone.
        merge = isinstance(value, dict) and isinstance(below.get(key), dict) and key != "features"
        both[key] = _laid_over(below[key], value) if merge else value
    return both


def record(id: str | int | None = None, at: str = "2024-01-01T00:00:00Z", **fields: Any) -> bytes:
    """An event's or a label's bytes; ``at`` is its event time."""
    return json.dumps({"at": at, **({} if id is None else {"id": id}), **fields}).encode()


def label(id: str | int, y: Any, at: str = "2024-01-01T00:00:00Z") -> bytes:
    """A label's bytes."""
    return json.dumps({"id": id, "at": at, "y": y}).encode()


class Arrived(NamedTuple):
    """A record as the door meets it."""

    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    topic: str = "pumps"
    partition: int = 0


def decoded(gauge: Gauge, values: Iterable[bytes | None]) -> list[Input]:
    """What intake makes of records."""
    decoder = Decoder(gauge)
    return [decoder.decode(Arrived(value)) for value in values]


def fold(learner: Learner, inputs: Iterable[Input], *, start: int | None = None) -> list[list[Effect]]:
    """Hand inputs over at consecutive positions; the effects of each."""
    first = learner.next_offset if start is None else start
    return [learner.handle(event, position) for position, event in enumerate(inputs, start=first)]


def episodes(partition: int = 0, text: str = "", **keywords: Any) -> Episodes:
    """Those of a learner that has none yet."""
    return Episodes(gauge(text, **keywords), Names(partition), Counts())


def turn(position: int = 0) -> Turn:
    """A turn of a record without event time."""
    return Turn(position, None)


def run(gauge: Gauge, values: Iterable[bytes | None]) -> tuple[Learner, list[Effect]]:
    """A fresh learner over whole records, and all its effects in order."""
    learner = Learner(gauge)
    return learner, flat(fold(learner, decoded(gauge, values)))


def flat(effects: Iterable[Iterable[Effect]]) -> list[Effect]:
    """The effects of several inputs in one list."""
    return [effect for group in effects for effect in group]


def predictions(effects: Iterable[Effect]) -> list[Prediction]:
    """Predictions alone."""
    return [effect for effect in effects if isinstance(effect, Prediction)]


def alerts(effects: Iterable[Effect]) -> list[DriftAlert]:
    """Alerts alone."""
    return [effect for effect in effects if isinstance(effect, DriftAlert)]


def versions(effects: Iterable[Effect], *steps: VersionStep) -> list[ModelVersion]:
    """Version events alone; of these steps, if any are named."""
    return [effect for effect in effects if isinstance(effect, ModelVersion) and (not steps or effect.step in steps)]


def reports(effects: Iterable[Effect]) -> list[WindowReport]:
    """Reports alone."""
    return [effect for effect in effects if isinstance(effect, WindowReport)]


def dead_letters(effects: Iterable[Effect]) -> list[DeadLetter]:
    """Dead letters alone."""
    return [effect for effect in effects if isinstance(effect, DeadLetter)]


def counted(learner: Learner) -> dict[str, Any]:
    """What a learner has counted, and who waits, in one table."""
    status = learner.status()
    names = ("position", "events", "predictions", "labels", "coverage", "alerts", "drifting")
    return {**asdict(status.waiting), **{name: getattr(status, name) for name in names}}


def steps(effects: Iterable[Effect]) -> list[tuple[str, str]]:
    """Version and step of each version event: what happened, without the figures."""
    return [(event.version, str(event.step)) for event in versions(effects)]


class BrokenError(Exception):
    """What a model of these tests raises."""


class PanicException(BaseException):
    """As PyO3's, which River's Rust parts raise."""


class Failing:
    """A model that does as it is told from the n-th call of a method on."""

    def __init__(self, model: Any, method: str, call: int, conduct: Any) -> None:
        self.model, self.method, self.left, self.conduct = model, method, call, conduct

    def _call(self, method: str, *args: Any) -> Any:
        if method == self.method:
            self.left -= 1
            if self.left < 0:
                if isinstance(self.conduct, BaseException):
                    raise self.conduct
                return self.conduct
        return getattr(self.model, method)(*args)

    def predict_one(self, x: Any) -> Any:
        return self._call("predict_one", x)

    def predict_proba_one(self, x: Any) -> Any:
        return self._call("predict_proba_one", x)

    def learn_one(self, x: Any, y: Any) -> None:
        self._call("learn_one", x, y)
