"""What a gauge file says that decides something, and its digest: they outlive releases that add keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import Field

from schemas.gauge import (
    Evaluation,
    Feature,
    Gauge,
    GaugeError,
    LabelSection,
    MetricTrigger,
    Section,
    parse,
    parse_meaning,
)
from schemas.gauge.cost import NONE, RESET
from schemas.gauge.names import FeatureName
from schemas.gauge.section import keys
from schemas.toml import loads

GOLDEN = Path(__file__).parent / "golden"

# Made when these files were new. Another digest for one of them ends every service that runs such a file.
DIGESTS = {
    "burst": "ab57e5d9c7182c88",
    "judge": "c4d5887514d3d505",
    "policy": "9428bdc544e80687",
    "any_drift": "b7da42bfe7c3dbc1",
    "history": "1fcddeeb00ff73d4",
    "alarms": "d71e05e70f13498f",
    "threshold": "bc4242a6f40e1141",
    "recalibrated": "3aeb1503fd1e6bea",
    "recall": "b757d3d4466a96d6",
    "precision": "909bb5549cc8d898",
    "columns": "d1e7a9f18ac10ba6",
    "costs": "e2c6940410d89eef",
    "delay": "5496b1c38544d761",
    "every_key": "ac74cc972235a3aa",
    "fairness": "98219a73eef65d1c",
    "flights": "ada0f9b2b8f1945f",
    "insects": "1828540a5314bf23",
    "intervals": "814cff908106fc0b",
    "sets": "41801bb9843a05f0",
    "metrics": "8c556ebc4c254c59",
    "slices": "19732ec03002c97f",
    "halving": "24756a048c210055",
    "standing": "4adb8ce4c7fdf0bb",
    "season": "c8e7959efa75a1bd",
    "notify": "92df60a10745b7fe",
    "server": "92df60a10745b7fe",
    "serve": "02aabde7ff290c4b",
    "partitioner": "4b04d2e2b7dc9ba6",
    "operators": "2f5ace6eab12a71f",
    "approval": "3079d2ef3c53b558",
}

TEXT = """
name = "pumps"
task = "binary"
[label]
field = "failed"
positive = 1
negative = 0
[features]
pressure = "number"
"""


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.toml").read_text(encoding="utf-8")


def changed(gauge: Gauge, **sections: dict[str, Any] | object) -> Gauge:
    content = gauge.model_dump(exclude_unset=False)
    for name, value in sections.items():
        content[name] = {**content[name], **value} if isinstance(value, dict) else value
    return Gauge.model_validate(content)


@pytest.mark.parametrize("name", DIGESTS)
def test_the_digest_of_a_file_is_what_it_was(name):
    assert parse(golden(name)).digest == DIGESTS[name]


def test_the_golden_files_are_all_there():
    assert {path.stem for path in GOLDEN.glob("*.toml")} == set(DIGESTS)


class Zones(Section):
    grace: Annotated[int, RESET] = 5
    names: Annotated[list[str], RESET] = Field(default_factory=list)


class LaterEvaluation(Evaluation):
    bins: Annotated[int, RESET] = 10
    slices: Annotated[list[str], RESET] = Field(default_factory=list)


class LaterFeature(Feature):
    a_private_one: Annotated[bool, RESET] = False
    unit: Annotated[str | None, RESET] = None


class LaterGauge(Gauge):
    """A gauge file of a release to come: new keys at the top, in a table, in each feature, and a new table."""

    approval: Annotated[Literal["none", "asked"], RESET] = "none"
    evaluation: LaterEvaluation = LaterEvaluation()
    features: Annotated[dict[FeatureName, LaterFeature], RESET] = Field(min_length=1)  # type: ignore[assignment]
    zones: Zones = Zones()


@pytest.mark.parametrize("name", DIGESTS)
def test_a_new_key_with_a_default_leaves_the_digest_of_every_file_alone(name):
    later = LaterGauge.model_validate(loads(golden(name)))

    assert later.evaluation.slices == []
    assert (later.digest, later.meaning) == (DIGESTS[name], parse(golden(name)).meaning)


@pytest.mark.parametrize(
    "more",
    [
        'approval = "asked"',
        "zones.grace = 6",
        'zones.names = ["a"]',
        'evaluation.slices = ["a"]',
        "evaluation.bins = 5",
    ],
)
def test_a_new_key_that_a_file_gives_is_in_its_digest(more):
    text = TEXT.replace("[label]", f"{more}\n[label]", 1)

    assert LaterGauge.model_validate(loads(text)).digest != LaterGauge.model_validate(loads(TEXT)).digest


@pytest.mark.parametrize("name", DIGESTS)
def test_what_a_file_says_can_be_read_again(name):
    gauge = parse(golden(name))

    again = parse_meaning(gauge.meaning)

    assert (again.meaning, again.digest) == (gauge.meaning, gauge.digest)
    assert again.features == gauge.features
    assert again.candidates == gauge.candidates
    assert again.retraining == gauge.retraining


def test_the_meaning_of_a_small_file_is_small():
    assert parse(TEXT).meaning == (
        '{"candidates":[{"name":"logistic_regression","recipe":"logistic_regression"}],'
        '"features":{"pressure":{"type":"number"}},"label":{"field":"failed","negative":0,"positive":1},'
        '"name":"pumps","task":"binary","topics":{"input":"pumps"}}'
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not JSON: EOF"),
        ("[]", "must be a table"),
        ('{"name": "p"}', "required"),
        (parse(TEXT).meaning.replace('"task"', '"approval":"asked","task"'), "unknown key 'approval'"),
        (parse(TEXT).meaning.replace('"positive":1', '"positive":0'), "positive and negative must differ"),
    ],
)
def test_what_is_read_again_is_checked_like_a_file(text, what):
    with pytest.raises(GaugeError, match=re.escape(what)):
        parse_meaning(text)


def test_numbers_that_json_has_not_survive():
    text = TEXT + '[[candidates]]\nentry_point = "mine"\nparams = { a = inf, b = nan, c = -inf }\n'

    again = parse_meaning(parse(text).meaning)

    assert again.meaning == parse(text).meaning
    assert again.candidates[0].params["a"] == float("inf")


def test_the_digest_is_of_the_meaning_and_not_of_the_text():
    plain = parse(TEXT)
    explicit = parse(TEXT + "[evaluation]\nwindow_events = 1000 # the default\n[topics]\ninput = 'pumps'")

    assert re.fullmatch("[0-9a-f]{16}", plain.digest)
    assert explicit.digest == plain.digest


def test_the_order_of_features_is_part_of_the_digest_and_that_of_keys_is_not():
    features = 'a = "number"\nb = { type = "number", minimum = 0, maximum = 1 }'
    text = TEXT + features

    assert parse(text.replace("minimum = 0, maximum = 1", "maximum = 1, minimum = 0")).digest == parse(text).digest
    assert parse(TEXT + "\n".join(reversed(features.split("\n")))).digest != parse(text).digest


@pytest.mark.parametrize(
    "sections",
    [
        {"connection": {"bootstrap_servers": "kafka:9092"}},
        {"server": {"port": 1, "host": "::1"}},
        {"snapshots": {"store": "topic", "every_events": 7, "keep": 9}},
        {"topics": {"snapshots": "s", "control": "c", "alerts": "a"}},
        {"delivery": "at-least-once"},
        {"commit_interval_ms": 50.0},
    ],
)
def test_the_digest_leaves_out_what_decides_nothing(sections):
    assert changed(parse(TEXT), **sections).digest == parse(TEXT).digest


@pytest.mark.parametrize(
    "sections",
    [
        {"name": "fans"},
        {"topics": {"partitions": 2}},
        {"label": {"horizon_events": 5}},
        {"features": {"flow": {"type": "number"}}},
        {"candidates": ["amf"]},
        {"evaluation": {"holdout": 0.1}},
        {"drift": {"enabled": False}},
        {"retraining": {"margin": 0.03}},
        {"record": {"max_bytes": 200}},
    ],
)
def test_the_digest_changes_with_what_can_change_a_decision(sections):
    assert changed(parse(TEXT), **sections).digest != parse(TEXT).digest


def test_a_key_that_costs_nothing_is_in_no_meaning():
    class Table(Section):
        free: Annotated[int, NONE] = 1
        dear: Annotated[int, RESET] = 1

    assert Table(free=2).said() == {}
    assert Table(free=2, dear=2).said() == {"dear": 2}


def test_a_key_without_declared_costs_is_refused():
    class Table(Section):
        forgotten: int = 1

    with pytest.raises(TypeError, match=r"Table\.forgotten must declare what a change of it costs"):
        keys(Table)


def tables_of(annotation: Any) -> set[type[Section]]:
    """The tables that a value may hold, by its annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        fields = annotation.model_fields.values()
        return {annotation}.union(*(tables_of(field.annotation) for field in fields))
    return set().union(*map(tables_of, get_args(annotation)))


def given(value: Any) -> set[tuple[type[Section], str]]:
    """Every key of a table in ``value`` that has another value than its default."""
    if isinstance(value, Section):
        found = {(type(value), name) for name, key in keys(type(value)).items() if getattr(value, name) != key.default}
        return found.union(*(given(getattr(value, name)) for name in keys(type(value))))
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(given, items))


def test_every_key_of_the_gauge_file_declares_what_a_change_of_it_costs():
    tables = tables_of(Gauge)

    assert {table.__name__ for table in tables} >= {"Gauge", "Feature", "Candidate", "MetricTrigger", "Server"}
    for table in tables:
        keys(table)  # or it raises


def test_the_golden_files_give_every_key():
    # What a later release adds stands in a file of its own: an older file's digest is never touched again.
    every = {(table, name) for table in tables_of(Gauge) for name in keys(table)}
    found = set().union(*(given(parse(golden(name))) for name in DIGESTS))

    assert every - found <= {(LabelSection, "minimum"), (LabelSection, "maximum"), (MetricTrigger, "above")}


def test_a_step_may_have_a_parameter_of_any_name():
    step = '{ use = "compose.Select", keys = ["pressure"], items = 1 }'
    gauge = parse(f'{TEXT}[[candidates]]\nname = "x"\npipeline = [{step}]\n')

    assert '"pipeline":[{"use":"compose.Select","keys":["pressure"],"items":1}]' in gauge.meaning
