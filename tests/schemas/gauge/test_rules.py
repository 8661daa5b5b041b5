"""Sections of a gauge file that do not fit each other."""

from __future__ import annotations

import pytest

from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, other, problems, text

FAULTS = [
    (text('[drift]\nenabled = false\n[retraining]\nstart = "recalled"'), "", "goes by the labels since a warning"),
    (text("[retraining]\nburst = { labels = 500 }"), "", "burst goes by the labels' times"),
    (text('[retraining]\nschedule = "24h"'), "", "schedule goes by the events' times; name theirs in record.time"),
    (text('[drift]\nenabled = false\n[retraining]\non = { any = ["prior"] }'), "", "on waits for alarms"),
    (
        text('[drift.columns]\nenabled = false\n[retraining]\nhold = ["data_fault"]'),
        "",
        "hold names data_fault, which is found in columns, and drift.columns.enabled = false watches none: take",
    ),
    (text('[drift]\nenabled = false\n[retraining]\nhold = ["data_fault"]'), "", "hold waits for data faults"),
    (
        text('[drift.columns]\nenabled = false\n[retraining]\non = { any = ["concept", "covariate"] }'),
        "",
        r"^retraining: on names covariate, which is found in columns, and drift.columns.enabled = false watches none: "
        r"take covariate out, or watch columns$",
    ),
    (
        text('[drift.columns]\nenabled = false\n[retraining]\non = { all = ["concept", "prior"] }'),
        "",
        "on names prior, which is found in columns, and drift.columns.enabled = false",
    ),
    (
        text('[drift.columns]\nignore = ["pressure"]\n[retraining]\non = { any = ["covariate"] }'),
        "",
        r"on names covariate, which needs the column pressure to be watched, and drift.columns.ignore has it: take "
        r"covariate out, or it from ignore$",
    ),
    (
        text('[drift.columns]\nignore = ["prediction", "label"]\n[retraining]\non = { any = ["prior"] }'),
        "",
        "on names prior, which needs one of the columns prediction, label to be watched",
    ),
    (
        text('[drift.columns]\nignore = ["label"]\n[retraining]\non = { any = ["labels"] }'),
        "",
        "on names labels, which needs the column label to be watched, and drift.columns.ignore has it",
    ),
    (
        text('[drift.columns]\nignore = ["pressure", "label"]\n[retraining]\nhold = ["data_fault"]'),
        "",
        "hold names data_fault, which needs one of the columns pressure, label to be watched",
    ),
    (text('[retraining]\non = { any = ["fairness"] }'), "", "fairness.protected is empty"),
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
    (
        text('[record]\nmissing = ["NA"]', features='site = { type = "category", values = ["EU", "NA"] }'),
        "",
        "missing holds 'NA', and so does features.site.values",
    ),
    (text('[record]\nmissing = ["0"]'), "", "missing holds '0', and so does the label's classes"),
    (text().replace("positive = 1", ""), "", "a binary task needs positive and negative"),
    (text().replace("positive = 1", "positive = 0"), "", "positive and negative must differ"),
    (text().replace("positive = 1", "positive = '0'"), "", "positive and negative must differ, also as text"),
    (text().replace("positive = 1", "positive = 0.0"), "", "positive and negative must differ"),
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
    (
        text('[topics]\nalerts = "pumps"'),
        "",
        "redriven and notified must be ten different topics",
    ),
    (text('[topics]\ncontrol = "pumps.snapshots"'), "", "must be ten different topics"),
    (
        text().replace('"binary"', '"multiclass"'),
        "",
        "a multiclass task needs classes.*positive and negative belong to",
    ),
    (text().replace('"binary"', '"regression"'), "", "positive and negative belong to a binary task"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


@pytest.mark.parametrize(
    "more",
    [
        '[drift.columns]\nenabled = false\n[retraining]\non = { any = ["concept", "performance", "models"] }',
        '[drift.columns]\nignore = ["prediction", "pressure"]\n[retraining]\non = { any = ["prior", "labels"] }',
        '[drift.columns]\nignore = ["label", "prediction"]\n[retraining]\nhold = ["data_fault"]',
        '[record]\ntime = "at"\n[drift.columns]\nignore = ["pressure"]\n[retraining]\non = { any = ["covariate"] }',
        '[record]\ntime = "at"\n[drift.columns]\nignore = ["pressure", "label"]\n[retraining]\nhold = ["data_fault"]',
    ],
)
def test_a_kind_that_one_watched_column_can_show_may_be_waited_for(more):
    assert parse(text(more)).retraining.conditions is not None


def test_of_many_columns_that_are_not_watched_twenty_are_named():
    names = [f"f{n}" for n in range(30)]
    source = text(
        f'[drift.columns]\nignore = {["pressure", *names]}\n[retraining]\non = {{ any = ["covariate"] }}',
        features="\n".join(f'{name} = "number"' for name in names),
    )

    [(_, problem)] = problems(source)

    assert problem.count("and 11 more") == 1


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
