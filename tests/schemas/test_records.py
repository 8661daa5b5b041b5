"""Golden bytes of every record's body: to change one is to change the public schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import inf, nan

import pytest

from schemas.alerts import Chance, Moved
from schemas.evaluated import Evaluated, Figure
from schemas.events import Reason
from schemas.records import (
    AlertStatus,
    DeadLetter,
    Doubt,
    DriftAlert,
    ModelVersion,
    Prediction,
    VersionStep,
    WindowReport,
)

AT = datetime(2024, 1, 1, tzinfo=UTC)

PREDICTION = Prediction(7, "pump 7", AT, b"k", "bad", {"good": 0.25, "bad": 0.75}, "0-1", held_out=False)
ALERT = DriftAlert(
    position=90,
    time=AT,
    episode="0-1",
    status=AlertStatus.OPENED,
    cause="the error rose",
    severity="major",
    drift="concept",
    detector="e-detector",
    statistic=1.25,
    threshold=1.0,
    loss_before=0.1,
    loss_now=0.5,
    version="0-1",
    first=3,
    last=90,
    labels=80,
    coverage=0.875,
)
VERSION = ModelVersion(
    position=90,
    time=None,
    version="0-2",
    step=VersionStep.ON_TRIAL,
    candidate="naive_bayes",
    parent="0-1",
    trigger="drift",
    reason="the contest begins",
    gauge_digest="0123456789abcdef",
    learned_first=None,
    learned_last=None,
    learned_labels=0,
    libraries={"river": "0.26.1"},
    figures={"faded_loss": None},
)
REPORT = WindowReport(
    position=200,
    time=AT,
    window=1,
    first=0,
    last=200,
    labels=10,
    champion="0-1",
    models={"0-1": {"Accuracy": 0.9, "labels": 10.0}, "no_change": {"Accuracy": None, "labels": 0.0}},
    coverage=1.0,
    figures={"0-1": {"Accuracy": Figure(value=0.9, n=10, missing="90 more labels", coverage=0.75)}},
    verdict=None,
    service=Evaluated(),
)
LETTER = DeadLetter(5, AT, 3, Reason.NOT_JSON, "Invalid JSON", b"k", b"{\xff")

GOLDEN = [
    (
        PREDICTION,
        b'{"position":7,"id":"pump 7","y_pred":"bad","probabilities":{"good":0.25,"bad":0.75},"version":"0-1",'
        b'"held_out":false}',
    ),
    (
        PREDICTION._replace(id="ünten", y_pred=2.5, probabilities=None, held_out=True),
        '{"position":7,"id":"ünten","y_pred":2.5,"probabilities":null,"version":"0-1","held_out":true}'.encode(),
    ),
    (
        PREDICTION._replace(y_pred=2.5, probabilities=None, doubt=Doubt((1.25, 4.0), None, None)),
        b'{"position":7,"id":"pump 7","y_pred":2.5,"probabilities":null,"version":"0-1","held_out":false,'
        b'"interval":[1.25,4.0],"set":null,"abstained":null}',
    ),
    (
        PREDICTION._replace(doubt=Doubt(None, ("bad", 1, True), "set_size")),
        b'{"position":7,"id":"pump 7","y_pred":"bad","probabilities":{"good":0.25,"bad":0.75},"version":"0-1",'
        b'"held_out":false,"interval":null,"set":["bad",1,true],"abstained":"set_size"}',
    ),
    (
        PREDICTION._replace(doubt=Doubt(None, None, None)),
        b'{"position":7,"id":"pump 7","y_pred":"bad","probabilities":{"good":0.25,"bad":0.75},"version":"0-1",'
        b'"held_out":false,"interval":null,"set":null,"abstained":null}',
    ),
    (
        ALERT,
        b'{"position":90,"episode":"0-1","status":"opened","cause":"the error rose","severity":"major",'
        b'"drift":"concept","detector":"e-detector","statistic":1.25,"threshold":1.0,"loss_before":0.1,'
        b'"loss_now":0.5,"version":"0-1","first":3,"last":90,"labels":80,"coverage":0.875,'
        b'"subject":null,"figure":null,"chance":null,"moved":null,"expected_share":null,"advice":null,"severity_by":null}',
    ),
    (
        ALERT._replace(
            drift="data_fault",
            subject="pressure",
            chance=Chance(budget=4e-6, events=50_000, expected=0.2, alarms=1, note="a young stream", days=2.5),
            moved=(
                Moved(
                    column="pressure",
                    what="location",
                    weight=0.75,
                    words="values x 1000",
                    before={"q50": 2.0},
                    after={"q50": None},
                ),
            ),
            expected_share=0.25,
            advice="look at the source",
            severity_by="F1, 0.8 before and 0.5 now",
        ),
        b'{"position":90,"episode":"0-1","status":"opened","cause":"the error rose","severity":"major",'
        b'"drift":"data_fault","detector":"e-detector","statistic":1.25,"threshold":1.0,"loss_before":0.1,'
        b'"loss_now":0.5,"version":"0-1","first":3,"last":90,"labels":80,"coverage":0.875,"subject":"pressure",'
        b'"figure":null,"chance":{"budget":4e-6,"events":50000,"expected":0.2,"alarms":1,"note":"a young stream",'
        b'"days":2.5},"moved":[{"column":"pressure","what":"location","weight":0.75,"words":"values x 1000",'
        b'"before":{"q50":2.0},"after":{"q50":null}}],"expected_share":0.25,"advice":"look at the source",'
        b'"severity_by":"F1, 0.8 before and 0.5 now"}',
    ),
    (
        VERSION,
        b'{"position":90,"version":"0-2","step":"on_trial","candidate":"naive_bayes","parent":"0-1",'
        b'"trigger":"drift","reason":"the contest begins","gauge_digest":"0123456789abcdef","learned_first":null,'
        b'"learned_last":null,"learned_labels":0,"libraries":{"river":"0.26.1"},"figures":{"faded_loss":null}}',
    ),
    (
        VERSION._replace(who="ann@ops", why="", trigger="operator"),
        b'{"position":90,"version":"0-2","step":"on_trial","candidate":"naive_bayes","parent":"0-1",'
        b'"trigger":"operator","reason":"the contest begins","gauge_digest":"0123456789abcdef","learned_first":null,'
        b'"learned_last":null,"learned_labels":0,"libraries":{"river":"0.26.1"},"figures":{"faded_loss":null},'
        b'"who":"ann@ops","why":""}',
    ),
    (
        REPORT,
        b'{"position":200,"window":1,"first":0,"last":200,"labels":10,"champion":"0-1","models":'
        b'{"0-1":{"Accuracy":0.9,"labels":10.0},"no_change":{"Accuracy":null,"labels":0.0}},"coverage":1.0,'
        b'"figures":{"0-1":{"Accuracy":{"value":0.9,"n":10,"effective_n":null,"low":null,"high":null,'
        b'"missing":"90 more labels","coverage":0.75}}},"verdict":null,"service":{"verdict":null,'
        b'"fairness":null,"slices":null,"metric_now":null,"uncertainty":null,"confusion":null,'
        b'"residuals":null,"worst":null,"decision":null,"calibration":null},"confusion":null,"residuals":null}',
    ),
    (LETTER, b"{\xff"),
    (LETTER._replace(raw=None), None),
]


@pytest.mark.parametrize(("record", "body"), GOLDEN)
def test_the_bodys_bytes_are_these(record, body):
    assert record.body() == body


@pytest.mark.parametrize("wild", [nan, inf, -inf])
def test_a_figure_that_overflowed_is_null_and_the_body_still_json(wild):
    body = VERSION._replace(figures={"faded_loss": wild}).body()

    assert json.loads(body)["figures"] == {"faded_loss": None}
    assert b"NaN" not in body
    assert b"Infinity" not in body
