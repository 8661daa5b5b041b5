"""``[notify]``: receivers, and that no secret stands in the file or is repeated in a message."""

from __future__ import annotations

import pytest

from schemas.alerts import DriftKind, Severity
from schemas.gauge import Form, parse
from tests.schemas.gauge.texts import assert_one_fault, problems, text

ADDRESS = "must be an address that begins with http:// or https://"


def receiver(keys: str) -> str:
    return text(f"[notify.receivers.ops]\n{keys}")


FAULTS = [
    (receiver('form = "slack"'), "notify.receivers.ops", "needs url, or url_from .*: one of the two"),
    (receiver('url = "http://a/"\nurl_from = "A"'), "notify.receivers.ops", "needs url, or url_from"),
    (receiver('url = "ftp://a/"'), "notify.receivers.ops.url", ADDRESS),
    (receiver('url = "http:///x"'), "notify.receivers.ops.url", ADDRESS),
    (receiver('url = "http://a:0/"'), "notify.receivers.ops.url", ADDRESS),
    (receiver('url = "http://a/ b"'), "notify.receivers.ops.url", ADDRESS),
    (receiver('url = "http://a/"\nform = "Slack"'), "notify.receivers.ops.form", "did you mean 'slack'"),
    (receiver('url = "http://a/"\nkinds = []'), "notify.receivers.ops.kinds", "at least 1 item"),
    (receiver('url = "http://a/"\nkinds = ["prior", "prior"]'), "notify.receivers.ops.kinds", "each kind once"),
    (receiver('url = "http://a/"\nseverity = "bad"'), "notify.receivers.ops.severity", "'minor', 'major'"),
    (
        receiver('url = "http://a/"\nheaders_from = { Host = "A" }'),
        "notify.receivers.ops.headers_from.Host",
        "header that is not ours to set",
    ),
    (text('[notify]\npage = "gauge"'), "notify.page", ADDRESS),
    (text("[notify]\ngive_up_after_seconds = -1"), "notify.give_up_after_seconds", "greater than or equal to 0"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ('url = "https://hooks.slack.com/services/s3cret"', "variable's name into url_from"),
        ('url = "https://ops:s3cret@example.com/"', "give the header Authorization by headers_from"),
        ('url = "s3cret"', ADDRESS),
        ('url_from = "https://s3cret"', "must name a variable of the environment"),
        ('url = "http://a/"\nheaders_from = { Authorization = "Bearer s3cret" }', "must name a variable"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(keys, what):
    [(_, said)] = problems(receiver(keys))

    assert what in said
    assert "s3cret" not in said


def test_a_receiver_hears_of_everything_by_default():
    gauge = parse(receiver('url = "http://127.0.0.1:9/x"'))

    ops = gauge.notify.receivers["ops"]
    assert (ops.form, ops.kinds, ops.severity) == (Form.CLOUDEVENTS, [*DriftKind], Severity.MINOR)
    assert gauge.notify.give_up_after_seconds == 86_400
    assert gauge.topics.notified == "pumps.notified"


def test_receivers_decide_nothing():
    assert parse(receiver('url_from = "OPS"')).digest == parse(text()).digest
