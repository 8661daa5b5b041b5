"""Which records are commands, and which of them the gauge file lets through."""

from __future__ import annotations

import pytest

from models.door.decoder import Decoder
from models.learner import Learner
from schemas.commands import FORM, HEADER, LONGEST_BYTES, Pause, Promote, body
from schemas.events import CommandReceived, LabelledEvent, Reason, Rejected
from tests import builders

HEADERS = ((HEADER, FORM),)
PROMOTE = Promote(version="0-2", who="ann@ops", why="the new sensor")
GAUGE = builders.gauge('[operators]\nallow = ["promote", "retrain"]')
NONE = builders.gauge()
EVENT = builders.record("e", a=1.0, y="bad")


def decode(value, *, gauge=GAUGE, headers=HEADERS):
    return Decoder(gauge).decode(builders.Arrived(value, b"key", headers))


def test_a_record_with_the_header_is_a_command():
    raw = body(PROMOTE)

    assert decode(raw) == CommandReceived(PROMOTE, b"key", raw)


@pytest.mark.parametrize("headers", [(), (("traceparent", b"00"), ("rivergauge", b"v1"))])
def test_a_record_without_it_is_what_it_was(headers):
    assert isinstance(decode(EVENT, headers=headers), LabelledEvent)
    assert decode(body(PROMOTE), headers=headers).reason is Reason.BAD_ID


@pytest.mark.parametrize(
    ("value", "headers", "reason", "detail"),
    [
        (EVENT, HEADERS, Reason.BAD_COMMAND, "command is missing: one of promote, roll_back"),
        (b"{", HEADERS, Reason.BAD_COMMAND, "a command is a JSON object, and this is no JSON"),
        (None, HEADERS, Reason.BAD_COMMAND, "a command needs a JSON object of at most 16,384 bytes, got none"),
        (b" " * (LONGEST_BYTES + 1), HEADERS, Reason.BAD_COMMAND, "of at most 16,384 bytes, got 16,385"),
        (body(PROMOTE), ((HEADER, b"v2"),), Reason.BAD_COMMAND, "the header rivergauge_command must be v1"),
        (body(PROMOTE), ((HEADER, None),), Reason.BAD_COMMAND, "the header rivergauge_command must be v1"),
        (body(PROMOTE), (*HEADERS, (HEADER, b"v2")), Reason.BAD_COMMAND, "must be v1"),
        (b'{"command":"forget","who":"SECRET"}', HEADERS, Reason.BAD_COMMAND, "command must be one of promote, "),
        (
            b'{"command":"promote","who":"SECRET","version":"SECRET"}',
            HEADERS,
            Reason.BAD_COMMAND,
            "version must be a version's name, as in 0-3",
        ),
        (
            b'{"command":"retrain","who":"a","\\u001b[2J' + b"x" * 9_000 + b'":1}',
            HEADERS,
            Reason.BAD_COMMAND,
            "\\x1b[2Jx",
        ),
        (b'{"command":"promote","version":"0-1"}', HEADERS, Reason.BAD_COMMAND, "who: Field required"),
        (
            body(Pause(who="SECRET")),
            HEADERS,
            Reason.COMMAND_NOT_ALLOWED,
            "pause needs pause in [operators] allow, which names promote, retrain",
        ),
    ],
)
def test_what_is_wrong_is_told_without_its_values(value, headers, reason, detail):
    refused = decode(value, headers=headers)

    assert refused == Rejected(reason, refused.detail, b"key", value)
    assert detail in refused.detail
    assert "SECRET" not in refused.detail
    assert refused.detail.isprintable()
    assert len(refused.detail) < 300


def test_where_none_is_allowed_a_command_is_told_from_an_event_all_the_same():
    refused = decode(EVENT, gauge=NONE)

    assert refused.reason is Reason.COMMAND_NOT_ALLOWED
    assert "the gauge file allows none ([operators] allow)" in refused.detail


def test_a_refused_command_is_a_dead_letter_and_neither_an_event_nor_a_label():
    learner = Learner(NONE)
    effects = learner.handle(decode(body(PROMOTE), gauge=NONE), 0)

    [letter] = builders.dead_letters(effects)
    assert (letter.reason, letter.record, letter.raw) == (Reason.COMMAND_NOT_ALLOWED, "command", body(PROMOTE))
    assert builders.counted(learner)["events"] == 0
