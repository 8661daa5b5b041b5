"""What a receiver is sent. Oracles: CloudEvents 1.0.2 (JSON format, HTTP structured mode), the record on the topic,
and the bounds that Slack states for its blocks."""

from __future__ import annotations

import json

import pytest

from schemas.alerts import Chance, DriftKind, Moved
from schemas.gauge import Form, Notify
from schemas.records import AlertStatus, DriftAlert
from streams.notify.messages import message
from streams.view.published import Published, read_back
from tests import builders
from tests.conftest import ROOT
from tests.streams.data.test_private import MOVING, SHOWN, moving
from tests.streams.delivery.test_envelope import ALERT
from tests.streams.view.wire import on_the_wire
from tests.test_docs import anchors

NOTIFY = Notify(runbook="https://wiki.example.com/alerts", page="https://gauges.example.com/pumps/")


def sent(form: Form, alert: DriftAlert = ALERT, notify: Notify = NOTIFY):
    record = on_the_wire(alert)
    read = read_back(record)
    assert isinstance(read, Published)
    found = message(form, "pumps", notify, read, alert)
    return record, found, json.loads(found.body)


def test_a_cloudevent_is_the_record_of_the_topic_in_structured_mode():
    record, found, event = sent(Form.CLOUDEVENTS)

    binary = {name.removeprefix("ce_"): value.decode() for name, value in record.headers if name.startswith("ce_")}
    assert found.content_type == "application/cloudevents+json; charset=utf-8"
    assert found.id == event["id"] == "pumps:0:41:alert:0"
    assert {name: event[name] for name in binary} == binary
    assert event["datacontenttype"] == dict(record.headers)["content-type"].decode()
    assert event["data"] == json.loads(record.value or b"")
    # "MUST consist of lower-case letters or digits", "SHOULD NOT exceed 20 characters".
    assert all(name.isalnum() and name == name.lower() and len(name) <= 20 for name in event)
    assert event["runbook"] == "https://wiki.example.com/alerts#concept"


def test_a_cloudevent_without_event_time_has_none():
    _, _, event = sent(Form.CLOUDEVENTS, ALERT._replace(time=None))

    assert "time" not in event


HOSTILE = "<!channel> & <http://evil|click> *b*"
LONG = ALERT._replace(
    cause="x" * 5_000,
    advice="look",
    chance=Chance(budget=4e-6, events=150_000, expected=0.6, alarms=1, days=9.2),
    episode="0-" + "9" * 200,
)


@pytest.mark.parametrize("alert", [ALERT, LONG], ids=["short", "long"])
def test_a_message_for_people_keeps_to_slacks_bounds(alert):
    _, found, body = sent(Form.SLACK, alert)

    header, section, context = body["blocks"]
    assert found.content_type == "application/json; charset=utf-8"
    assert (header["type"], section["type"], context["type"]) == ("header", "section", "context")
    assert 0 < len(header["text"]["text"]) <= 150
    assert header["text"]["type"] == "plain_text"
    assert 0 < len(section["text"]["text"]) <= 3_000
    assert len(section["fields"]) <= 10
    assert all(0 < len(field["text"]) <= 2_000 for field in section["fields"])
    assert len(context["elements"]) <= 10
    assert len(body["text"]) <= 40_000


def test_what_comes_from_the_data_is_text_and_mentions_nobody():
    moved = Moved(column=HOSTILE, what="location", weight=1.0, words=HOSTILE, before={}, after={})

    _, _, body = sent(Form.SLACK, ALERT._replace(moved=(moved,), subject=HOSTILE))

    said = json.dumps(body)
    assert "<!channel>" not in said
    assert "|click>" not in said
    assert "&lt;!channel&gt; &amp; " in said


def test_text_alone_says_all_for_servers_that_take_no_blocks():
    _, _, body = sent(Form.SLACK, ALERT._replace(advice="a new version is worth a trial"))

    assert body["text"].splitlines() == [
        "*pumps: major concept opened, episode 2-1*",
        "error_rose; a new version is worth a trial",
        "<https://wiki.example.com/alerts#concept|what to do> · <https://gauges.example.com/pumps/|page>",
    ]


@pytest.mark.parametrize(("status", "word"), [("opened", "opened"), ("updated", "worse"), ("closed", "resolved")])
def test_a_title_says_what_happened(status, word):
    _, _, body = sent(Form.SLACK, ALERT._replace(status=AlertStatus(status)))

    assert body["blocks"][0]["text"]["text"] == f"pumps: major concept {word}, episode 2-1"


def test_a_runbook_that_is_no_address_is_named():
    _, _, body = sent(Form.SLACK, notify=Notify())

    assert body["text"].splitlines()[-1] == "what to do: docs/alerts.md#concept"


def test_no_value_of_a_private_column_is_sent():
    _, effects = builders.run(builders.gauge(MOVING), moving("a clinic that was renamed, another age", count=2_100))

    sent_of = [sent(form, alert)[1].body.decode() for alert in builders.alerts(effects) for form in Form]

    assert all("clinic: " in body for body in sent_of)
    assert [body for body in sent_of if SHOWN.search(body)] == []


@pytest.mark.parametrize("kind", DriftKind)
def test_every_kind_has_its_section(kind):
    _, _, event = sent(Form.CLOUDEVENTS, ALERT._replace(drift=kind), Notify())

    page, _, anchor = event["runbook"].partition("#")
    assert anchor in anchors(ROOT / page)
