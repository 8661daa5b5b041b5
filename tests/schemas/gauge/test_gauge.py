"""The gauge file: what it must say, what it may leave out, and how it is told what is wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from schemas.gauge import Arrival, GaugeError, Security, parse
from schemas.moments import moment

BINARY = """
name = "pumps"
task = "binary"
{root}
[label]
field = "failed"
positive = 1
negative = 0
{label}
[features]
pressure = "number"
{features}
"""


def text(more: str = "", *, root: str = "", label: str = "", features: str = "") -> str:
    return BINARY.format(root=root, label=label, features=features) + more


def other(task: str, label: str, more: str = "") -> str:
    return f'name = "p"\ntask = "{task}"\n[label]\nfield = "y"\n{label}\n[features]\na = "number"\n{more}'


def problems(source: str) -> list[tuple[str, str]]:
    with pytest.raises(GaugeError) as caught:
        parse(source)
    return caught.value.problems


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
    assert gauge.snapshots.model_dump() == {
        "store": "directory",
        "directory": None,
        "every_events": 50_000,
        "every_seconds": 30.0,
        "keep": 3,
    }


def test_a_regression_has_other_defaults():
    gauge = parse('name = "p"\ntask = "regression"\n[label]\nfield = "y"\n[features]\na = "number"')

    assert (gauge.candidates[0].recipe, gauge.metric, gauge.classes) == ("linear_regression", "MAE", ())


def test_topics_follow_the_inputs_name_and_each_may_be_named():
    topics = parse(text('[topics]\ninput = "plant.pumps"\nalerts = "alarms"')).topics

    assert topics.outputs == (
        "plant.pumps.predictions",
        "alarms",
        "plant.pumps.versions",
        "plant.pumps.reports",
        "plant.pumps.dead_letters",
    )
    assert (topics.snapshots, topics.control) == ("plant.pumps.snapshots", "plant.pumps.control")


@pytest.mark.parametrize(
    ("source", "where", "what"),
    [
        (text(root="candidate = []"), "", "unknown key 'candidate'; did you mean 'candidates'?"),
        (text("[evaluation]\nhold_out = 0.1"), "evaluation", "unknown key 'hold_out'; did you mean 'holdout'?"),
        (text("[retraining]\nqqq = 1"), "retraining", "unknown key 'qqq' (known keys: on_drift, "),
        (text(features='flow = { type = "number", maximun = 3 }'), "features.flow", "did you mean 'maximum'?"),
        (text('[connection]\nsasl_password = "x"'), "connection", "set RIVERGAUGE_SASL_PASSWORD in the environment"),
        (text('[connection]\nPassword = "x"'), "connection", "set RIVERGAUGE_SASL_PASSWORD in the environment"),
        (
            text('[connection]\ntls_key_password = "x"'),
            "connection",
            "'tls_key_password'; secrets are never in the file: set RIVERGAUGE_TLS_KEY_PASSWORD in the environment",
        ),
    ],
)
def test_an_unknown_key_is_told_the_nearest(source, where, what):
    [(place, problem)] = problems(source)

    assert place == where
    assert what in problem


FAULTS: list[tuple[str, str, str]] = [
    # A connection that could not be what it seems
    (text('[connection]\nbootstrap_servers = ","'), "connection.bootstrap_servers", "must name servers.*, got ','"),
    (text('[connection]\nbootstrap_servers = " "'), "connection.bootstrap_servers", "must name servers"),
    (
        text('[connection]\ntls_ca_file = "ca.pem"'),
        "connection",
        "tls_ca_file would not be used: security is 'plaintext'",
    ),
    (
        text('[connection]\nsecurity = "sasl_plaintext"\nsasl_username = "u"\ntls_ca_file = "ca.pem"'),
        "connection",
        "tls_ca_file would not be used: security is 'sasl_plaintext'",
    ),
    # What would never start, or tell the answer
    (
        text("[evaluation]\nholdout = 0\n[retraining]\non_metric = { below = 0.5 }"),
        "",
        "on_metric.over = 'holdout' needs evaluation.holdout above 0",
    ),
    (
        text('[record]\nid = "id"', label='arrival = "later"\ntime = "known_at"'),
        "",
        "time is compared with the events' times; name theirs in record.time",
    ),
    (
        text(features='f = { type = "boolean", field = "failed.badly" }'),
        "",
        "'f' is read from 'failed.badly': 'failed' cannot be a value and hold 'failed.badly' as well",
    ),
    (
        text(features='f = "boolean"').replace('"failed"', '"f.failed"'),
        "",
        "'f' is read from 'f': 'f' cannot be a value and hold 'f.failed' as well",
    ),
    (
        text(
            '[record]\nid = "id"\ntime = "at"',
            label='arrival = "later"\ntime = "known_at"',
            features='delay = { type = "number", field = "known_at" }',
        ),
        "",
        "'delay' is read from label.time, 'known_at'",
    ),
    # Values
    (text("[evaluation]\nholdout = 0.95"), "evaluation.holdout", "less than 0.9, got 0.95"),
    (text("[evaluation]\nfading_factor = nan"), "evaluation.fading_factor", "got nan"),
    (
        text('[drift]\nfalse_alarms = "often"'),
        "drift.false_alarms",
        "must read like '1 per 100000 events', got 'often'",
    ),
    (text('[drift]\nfalse_alarms = "2 per 100 events"'), "drift.false_alarms", "at most 1 per 100 events"),
    (text('[drift]\nfalse_alarms = "0 per 100 events"'), "drift.false_alarms", "must be above 0"),
    (text('[drift]\nfalse_alarms = "1 per 0 events"'), "drift.false_alarms", "at most 1 per 100 events"),
    (text('[record]\nearliest = "yesterday"'), "record.earliest", "must be an ISO 8601 time .*, got 'yesterday'"),
    (text('[record]\nearliest = "1714557600000"'), "record.earliest", "must be an ISO 8601 time"),
    (text("[record]\nlatest = 12:00:00"), "record.latest", "must be an ISO 8601 time"),
    (text("[record]\nlatest = 2030"), "record.latest", "must be an ISO 8601 time .*, got 2030"),
    (text("[record]\nearliest = 2030-01-01\nlatest = 2029-12-31T23:59:59+05:00"), "record", "must be before latest"),
    (text('[record]\nlatest = "1969-12-31"'), "record", "earliest must be before latest"),
    (text('[topics]\nalerts = "with space"'), "topics.alerts", r"must be at most 249 of a-z, .*, got 'with space'$"),
    (text(features='flow = "text"'), "features.flow.type", "'number', 'category' or 'boolean', got 'text'"),
    (text(root="evaluation = 3"), "evaluation", "must be a table, got 3"),
    (text(root="candidates = [3]"), "candidates.0", "must be a recipe's name or a table, got 3"),
    (text(root="topics = 3"), "topics", "must be a table, got 3"),
    (text(root='delivery = "twice"'), "delivery", "'exactly-once' or 'at-least-once', got 'twice'"),
    (text(root="commit_interval_ms = -1"), "commit_interval_ms", "greater than or equal to 0, got -1"),
    (text('[snapshots]\nstore = "s3"'), "snapshots.store", "'directory' or 'topic', got 's3'"),
    (text("[snapshots]\nkeep = 0"), "snapshots.keep", "greater than or equal to 1, got 0"),
    (text("[snapshots]\nevery_seconds = 0"), "snapshots.every_seconds", "greater than 0, got 0"),
    # A word that means two things
    (
        text('[record]\nmissing = ["NA"]', features='site = { type = "category", values = ["EU", "NA"] }'),
        "",
        "missing holds 'NA', and so does features.site.values",
    ),
    (text('[record]\nmissing = ["0"]'), "", "missing holds '0', and so does the label's classes"),
    (text("[record]\nmissing = [-999]"), "record.missing.0", "valid string, got -999"),
    # A type that is not the key's
    (text('[retraining]\non_drift = "yes"'), "retraining.on_drift", "valid boolean, got 'yes'"),
    (text("[retraining]\non_drift = 1"), "retraining.on_drift", "valid boolean, got 1"),
    (text("[drift]\nenabled = 0.0"), "drift.enabled", "valid boolean, got 0.0"),
    (text("[snapshots]\nkeep = '3'"), "snapshots.keep", "valid integer, got '3'"),
    (text("[snapshots]\nkeep = true"), "snapshots.keep", "valid integer, got True"),
    (text("[snapshots]\nkeep = 2.5"), "snapshots.keep", "valid integer, got 2.5"),
    (text('[evaluation]\nholdout = "0.1"'), "evaluation.holdout", "valid number, got '0.1'"),
    (text("[evaluation]\nholdout = false"), "evaluation.holdout", "valid number, got False"),
    (text(features='flow = { type = "number", minimum = "0" }'), "features.flow.minimum", "valid number, got '0'"),
    (text(features='flow = { type = "number", optional = "true" }'), "features.flow.optional", "valid boolean"),
    (text("[label.x]"), "label", "unknown key 'x'"),
    (text('[[candidates]]\nrecipe = "knn"\nseed = true'), "candidates.0.seed", "valid integer, got True"),
    (text("[topics]\nalerts = 5"), "topics.alerts", "valid string, got 5"),
    (text(features="flow = 3"), "features.flow", 'must be "number", "category", "boolean" or a table.*, got 3'),
    (text(features='site = { type = "category", values = [true] }'), "features.site.values.0", "string, got True"),
    # One mistake that other keys inherit
    (text().replace('"pumps"', '"my pumps"'), "name", "must be at most 200 of a-z, .*, got 'my pumps'$"),
    (text().replace('"pumps"', '"' + "p" * 201 + '"'), "name", "must be at most 200 of"),
    (text().replace('"pumps"', "7"), "name", "valid string, got 7"),
    (text().replace('name = "pumps"', ""), "name", "required"),
    (text("[topics]\ninput = 'my pumps'"), "topics.input", "must be at most 200 of"),
    (text("[topics]\ninput = 3"), "topics.input", "valid string, got 3"),
    (text(root="candidates = []"), "candidates", "must hold at least 1 item, and holds 0"),
    ('name = "p"\ntask = "regression"\n[label]\nfield = "y"\n[features]', "features", "at least 1 item, and holds 0"),
    (text(features='"" = "number"'), "features.", "a feature's name is not empty"),
    (text(features='"\\u0000" = "number"'), r"features.'\x00'", "has no control characters"),
    # The nearest word
    (text().replace('"binary"', '"Binary"'), "task", "got 'Binary'; did you mean 'binary'"),
    (text(features='flow = "numeric"'), "features.flow.type", "got 'numeric'; did you mean 'number'"),
    (text('[record]\ntime_format = "unix_ms"'), "record.time_format", "; did you mean 'unix_milliseconds'"),
    (text('[record]\ntime_format = "epoch"'), "record.time_format", "; did you mean 'unix_seconds'"),
    (text(features='flow = "Float"'), "features.flow.type", "got 'Float'; did you mean 'number'"),
    (text(features='site = "string"'), "features.site.type", "got 'string'; did you mean 'category'"),
    (text().replace('"binary"', '"classification"'), "task", "did you mean 'binary' or 'multiclass'"),
    # A feature's parts
    (text(features='flow = { type = "boolean", maximum = 3 }'), "features.flow", "are for numbers, not for a boolean"),
    (text(features='flow = { type = "number", values = ["a"] }'), "features.flow", "values are for categories"),
    (text(features='flow = { type = "number", minimum = 3, maximum = 3 }'), "features.flow", "must be below maximum"),
    # A connection's parts
    (text('[connection]\nsecurity = "sasl_tls"'), "connection", "security = 'sasl_tls' needs sasl_username"),
    (text('[connection]\nsasl_username = "me"'), "connection", "sasl_username is set but security is 'plaintext'"),
    (
        text('[connection]\nsecurity = "tls"\ntls_key_file = "k"'),
        "connection",
        "tls_certificate_file and tls_key_file go together",
    ),
    # A candidate's parts
    (text('[[candidates]]\nname = "x"'), "candidates.0", "exactly one of recipe, pipeline, entry_point; got none"),
    (
        text('[[candidates]]\nname = "x"\nrecipe = "amf"\nentry_point = "mine"'),
        "candidates.0",
        "got recipe and entry_point",
    ),
    (
        text('[[candidates]]\nname = "x"\npipeline = [{ use = "a.B" }]\nparams = { c = 1 }'),
        "candidates.0",
        "params belong to a recipe or an entry point",
    ),
    (text('[[candidates]]\npipeline = [{ use = "a.B" }]'), "candidates.0.name", "required"),
    (text('[[candidates]]\nname = "x"\npipeline = [{ use = "os" }]'), "candidates.0.pipeline.0.use", "match pattern"),
    (text("[retraining]\non_metric = { over = 'window' }"), "retraining.on_metric", "exactly one of below, above"),
    (text("[retraining]\non_metric = { below = 1, above = 2 }"), "retraining.on_metric", "exactly one of below, above"),
    # Sections that do not fit each other
    (text().replace("positive = 1", ""), "", "a binary task needs positive and negative"),
    (text().replace("positive = 1", "positive = 0"), "", "positive and negative must differ"),
    (text().replace("positive = 1", "positive = '0'"), "", "positive and negative must differ, also as text"),
    (text().replace("positive = 1", "positive = 1.5"), "label.positive", "a class is text, a whole number, .*got 1.5"),
    (text().replace("positive = 1", "positive = inf"), "label.positive", "a class is text, a whole number, .*got inf"),
    (text().replace("positive = 1", "positive = 2024-05-01"), "label.positive", "a class is text, a whole number"),
    (text().replace("positive = 1", "positive = 0.0"), "", "positive and negative must differ"),
    (other("multiclass", "classes = [0, 1, [2]]"), "label.classes.2", "a class is text, a whole number, true or false"),
    (text(label="classes = [1, 2]"), "", r"a binary task needs positive and negative \(and no classes\)"),
    (text(label="minimum = 0"), "", "minimum and maximum belong to a regression, this task is binary"),
    (text(label='arrival = "later"'), "", "record: id is needed where labels arrive later"),
    (text(label="delay_s = 5"), "", "time and delay_s need arrival = 'later'"),
    (text(label='time = "known_at"'), "", "time and delay_s need arrival = 'later'"),
    (
        text('[record]\nid = "id"', label='arrival = "later"\ndelay_s = 5'),
        "",
        "delay_s counts from the event's time; name it in record.time",
    ),
    (text(features='failed = "boolean"'), "", "'failed' is read from the label's own field 'failed'"),
    (text(features='f = { type = "boolean", field = "failed" }'), "", "'f' is read from the label's own field"),
    (text('[topics]\nalerts = "pumps"'), "", "input, outputs, snapshots and control must be eight different topics"),
    (text('[topics]\ncontrol = "pumps.snapshots"'), "", "must be eight different topics"),
    (
        text().replace('"binary"', '"multiclass"'),
        "",
        "a multiclass task needs classes.*positive and negative belong to",
    ),
    (text().replace('"binary"', '"regression"'), "", "positive and negative belong to a binary task"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_said_with_its_place_and_what_was_expected(source, where, what):
    [(place, problem)] = problems(source)

    assert place == where
    assert re.search(what, problem)


def test_a_path_has_at_least_one_step():
    for path in ("[]", '""', '"a."', '["a", 3]', "3", "true"):
        [(where, what)] = problems(text(f"[record]\nid = {path}"))
        assert where == "record.id"
        assert "must be a path such as 'a.b', or a list of keys" in what
    assert parse(text('[record]\nid = ["a.b", "c"]')).record.id == ["a.b", "c"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (other("multiclass", "classes = [1]"), "at least two different values"),
        (other("multiclass", "classes = [1, 2, 1]"), "classes must differ"),
        (other("multiclass", "classes = [1, '1']"), "classes must differ, also as text"),
        (other("multiclass", "classes = [1, true]"), "classes must differ"),
        (other("multiclass", "classes = [true, 'true']"), "classes must differ, also as text"),
        (other("regression", "classes = [1, 2]"), "classes belong to a multiclass task"),
        (other("regression", "minimum = 2\nmaximum = 2"), "minimum must be below maximum, got 2.0 and 2.0"),
        (other("regression", "", "[retraining]\njudge = 'log_loss'"), "judge = 'log_loss' needs probabilities"),
    ],
)
def test_labels_fit_their_task(source, what):
    [(_, problem)] = problems(source)

    assert what in problem


def test_every_fault_is_listed_at_once():
    found = problems(text("[evaluation]\nholdout = 2\n[drift]\nfalse_alarms = ''", root="delivery = 'often'"))

    assert [place for place, _ in found] == ["evaluation.holdout", "drift.false_alarms", "delivery"]


@pytest.mark.parametrize(
    "time",
    [
        "2024-05-01T00:00:00Z",
        "2024-05-01 02:00:00+02:00",
        "2024-05-01T00:00:00",
        "2024-05-01",
        '"2024-05-01"',
        '"20240501"',
        '"20240501T000000Z"',
    ],
)
def test_a_bound_is_a_time_of_toml_or_text(time):
    record = parse(text(f"[record]\nearliest = {time}")).record

    assert moment(record.earliest) == datetime(2024, 5, 1, tzinfo=UTC)
    assert (
        parse(text(f"[record]\nearliest = '{record.earliest}'")).digest
        == parse(text(f"[record]\nearliest = {time}")).digest
    )


def test_a_whole_number_may_be_written_with_a_point_and_a_category_without_quotation_marks():
    gauge = parse(text("[snapshots]\nkeep = 3.0\n", features='site = { type = "category", values = [1, "2", 3.0] }'))

    assert (gauge.snapshots.keep, type(gauge.snapshots.keep)) == (3, int)
    assert gauge.features["site"].values == ["1", "2", "3.0"]


def test_the_longest_name_has_room_for_its_topics():
    gauge = parse(text().replace('"pumps"', '"' + "p" * 200 + '"'))

    assert gauge.topics.dead_letters == "p" * 200 + ".dead_letters"


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


def test_a_gauge_is_immutable():
    gauge = parse(text())

    with pytest.raises(ValueError, match="frozen"):
        gauge.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("rate", "budget"), [("1 per 100000 events", 1e-5), ("3 per 1_000 events", 3e-3), ("1 per 100 events", 0.01)]
)
def test_a_budget_is_a_rate_per_event(rate, budget):
    assert parse(text(f'[drift]\nfalse_alarms = "{rate}"')).drift.budget == budget


def test_a_pipelines_step_keeps_its_parameters():
    steps = parse(text('[[candidates]]\nname = "x"\npipeline = [{ use = "a.B", lr = 0.1, by = { use = "c.D" } }]'))

    assert steps.candidates[0].pipeline[0].params == {"lr": 0.1, "by": {"use": "c.D"}}
