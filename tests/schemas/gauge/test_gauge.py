"""The whole gauge file: what it must say, what it may leave out, and how faults are told."""

from __future__ import annotations

import pytest

from schemas.gauge import Arrival, GaugeError, Security, parse
from tests.schemas.gauge.texts import assert_one_fault, problems, text

FAULTS = [
    (text(root='delivery = "twice"'), "delivery", "'exactly-once' or 'at-least-once', got 'twice'"),
    (text(root="commit_interval_ms = -1"), "commit_interval_ms", "greater than or equal to 0, got -1"),
    (text().replace('"pumps"', '"my pumps"'), "name", "must be at most 200 of a-z, .*, got 'my pumps'$"),
    (text().replace('"pumps"', '"' + "p" * 201 + '"'), "name", "must be at most 200 of"),
    (text().replace('"pumps"', "7"), "name", "valid string, got 7"),
    (text().replace('name = "pumps"', ""), "name", "required"),
    (text().replace('"binary"', '"Binary"'), "task", "got 'Binary'; did you mean 'binary'"),
    (text().replace('"binary"', '"classification"'), "task", "did you mean 'binary' or 'multiclass'"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


def test_the_least_that_a_gauge_says():
    gauge = parse(text())

    assert gauge.topics.input == "pumps"
    assert gauge.topics.outputs == tuple(
        f"pumps.{kind}" for kind in ("predictions", "alerts", "versions", "reports", "dead_letters")
    )
    assert [(c.name, c.recipe, c.seed) for c in gauge.candidates] == [
        ("logistic_regression", "logistic_regression", 42)
    ]
    assert gauge.metric == "Accuracy"
    assert gauge.label.arrival is Arrival.WITH_EVENT
    assert gauge.connection.security is Security.PLAINTEXT
    assert gauge.classes == (0, 1)
    assert gauge.features["pressure"].type == "number"
    assert gauge.server.host == "127.0.0.1"
    assert (gauge.delivery, gauge.commit_interval_ms) == ("exactly-once", 0.0)
    assert (gauge.topics.snapshots, gauge.topics.control) == ("pumps.snapshots", "pumps.control")
    assert gauge.topics.redriven == "pumps.redriven"
    assert gauge.snapshots.model_dump() == {
        "store": "directory",
        "directory": None,
        "every_events": 50_000,
        "every_seconds": 30.0,
        "keep": 3,
        "archive": 10,
    }


def test_a_regression_has_other_defaults():
    gauge = parse('name = "p"\ntask = "regression"\n[label]\nfield = "y"\n[features]\na = "number"')

    assert (gauge.candidates[0].recipe, gauge.metric, gauge.classes) == ("linear_regression", "MAE", ())


def test_every_fault_is_listed_at_once():
    found = problems(text("[evaluation]\nholdout = 2\n[drift]\nfalse_alarms = ''", root="delivery = 'often'"))

    assert [place for place, _ in found] == ["evaluation.holdout", "drift.false_alarms", "delivery"]


PIPELINE = '[[candidates]]\nname = "b"\npipeline = [{ use = "a.B" }, { use = "os" }]'
SEED = '[[candidates]]\nrecipe = "knn"\n[[candidates]]\nrecipe = "amf"\nseed = -1'


@pytest.mark.parametrize(
    ("more", "where", "place"),
    [
        (SEED, "candidates.1.seed", "candidates 2 (amf), seed"),
        (PIPELINE, "candidates.0.pipeline.1.use", "candidates 1 (b), pipeline 2, use"),
        ("[record]\nmissing = ['a', 3]", "record.missing.1", "record.missing 2"),
        (SEED.replace("-1", "true"), "candidates.1.seed", "candidates 2 (amf), seed"),
    ],
)
def test_people_are_told_places_as_they_count(more, where, place):
    with pytest.raises(GaugeError) as caught:
        parse(text(more))

    assert [where for where, _ in caught.value.problems] == [where]
    assert str(caught.value).startswith(f"{place}: ")


def test_what_is_no_toml_says_where():
    [(place, problem)] = problems("name = ]")

    assert place == ""
    assert problem.startswith("not TOML: ")
    assert "line 1" in problem


def test_the_error_reads_line_by_line():
    with pytest.raises(GaugeError, match=r"^evaluation\.holdout: .*\nserver\.port: .*$"):
        parse(text("[evaluation]\nholdout = 2\n[server]\nport = -1"))
