"""What real learners publish, as it stands on the output topics, and what in it contradicts schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.record_table import KIND_OF, Kind
from streams.data.backtest import fold
from streams.data.datafile import rows
from streams.data.replay import records
from streams.delivery.envelope import Envelope
from streams.here.gaugefile import load
from streams.here.libraries import libraries
from tests import builders, strategies

EXAMPLES = Path(__file__).parents[3] / "examples"

MUCH = """
[slices.site]
[fairness]
protected = ["site"]
favourable = "{favourable}"
[uncertainty]
cover = 0.9
[uncertainty.abstain]
set_size = 1
novelty = 0.5
[evaluation]
holdout = 0.2
holdout_window = 20
"""
STREAMS = {
    "binary": (MUCH.format(favourable="good") + '[label]\narrival = "later"\n[decision]\nprecision = 0.6\n', "binary"),
    "multiclass": (MUCH.format(favourable="low"), "multiclass"),
    "operated": ('[operators]\nallow = ["promote", "roll_back", "retrain", "pause"]\n', "binary"),
    "regression": (
        "[slices.site]\n[uncertainty]\ncover = 0.9\n[uncertainty.abstain]\nwidth = 1.0\n"
        "[evaluation]\nholdout = 0.2\nholdout_window = 20\n",
        "regression",
    ),
}
FILES = {
    "insects": ("insects/gauge.toml", "insects/insects.csv.gz"),
    "flights": ("flights/gauge.toml", "flights/flights.csv.gz"),
    "delays": ("flights/delay.toml", "flights/flights.csv.gz"),
}


class Published(NamedTuple):
    kind: Kind
    headers: dict[str, str]
    value: bytes | None

    @property
    def json(self) -> Any:
        return json.loads(self.value or b"null")


def gauge_of(name: str) -> Gauge:
    if name in FILES:
        return load(EXAMPLES / FILES[name][0])
    text, task = STREAMS[name]
    return builders.gauge(text, task=task, candidates=["linear_regression" if task == "regression" else "naive_bayes"])


@cache
def published(name: str) -> list[Published]:
    """All that a fresh learner publishes of an example's first records, or of a drawn stream."""
    gauge = gauge_of(name)
    envelope = Envelope(gauge, 0, 10**6, epoch=1)
    found = []
    for effects in _effects(gauge, name):
        for n, effect in enumerate(effects):
            sealed = envelope.seal(effect, effect.position, n, 1_000)
            headers = {key: value.decode() for key, value in sealed.headers}
            found.append(Published(KIND_OF[type(effect)], headers, sealed.value))
    return found


def _effects(gauge: Gauge, name: str) -> Iterator[list[Any]]:
    learner = Learner(gauge, libraries=libraries())
    if name in FILES:
        log = records(rows(EXAMPLES / FILES[name][1], None), gauge)
        for folded in islice(fold(learner, log), 400):
            yield folded.effects
        return
    plan = strategies.Plan(seed=7, events=300, flips=(150,))
    inputs = builders.decoded(gauge, strategies.stream(gauge, plan))
    yield from builders.fold(
        learner, strategies.commanded(gauge, inputs, plan.seed) if gauge.operators.allow else inputs
    )


def file_of(one: Published) -> str:
    return one.kind.ce_type.removeprefix("io.rivergauge.")


def closed(schema: Any) -> Any:
    """The same schema, which refuses every field that it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


def wrong(schemas: dict[str, Any], records: list[Published]) -> Iterator[str]:
    """What contradicts the schemas, which are closed to all that they do not name."""
    validators = {name: Draft202012Validator(closed(schema)) for name, schema in schemas.items()}
    for one in records:
        name = file_of(one)
        yield from (error.message for error in validators[f"{name}.headers"].iter_errors(one.headers))
        if name in validators:
            yield from (f"{error.json_path}: {error.message}" for error in validators[name].iter_errors(one.json))
