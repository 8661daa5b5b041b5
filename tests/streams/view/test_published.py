"""What is read back is what was published, of every kind; what is none of ours is told, and ends nobody.

Oracle: the effects themselves, sealed by `streams.delivery.envelope`, whose bytes are golden.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Reason
from schemas.records import DeadLetter, Doubt, Effect, Prediction
from streams.delivery.envelope import Envelope
from streams.view.published import Foreign, Place, Published, read_back
from tests import builders
from tests.streams.delivery import test_envelope as golden
from tests.streams.view.wire import Wire, on_the_wire

LETTER = DeadLetter(41, golden.TIME, 40, Reason.NOT_JSON, "expected JSON, got 'pump'", b"k", b"\xff\xfe", of_label=True)
PLAIN = Prediction(7, "a", None, None, None, None, "0-1", True)


@pytest.mark.parametrize(
    "effect",
    [
        golden.PREDICTION,
        golden.ALERT,
        golden.VERSION,
        golden.VERSION._replace(who="ann@ops", why=""),
        golden.REPORT,
        LETTER,
        LETTER._replace(time=None, key=None, raw=None, of_label=False),
        LETTER._replace(reason=Reason.COMMAND_REFUSED, of_label=False),
        PLAIN,
        PLAIN._replace(y_pred=True, doubt=Doubt(None, (True, False), None)),
        PLAIN._replace(y_pred=1, probabilities={"0": 0.25, "1": 0.75}, doubt=Doubt(None, (1,), "novelty")),
        PLAIN._replace(y_pred=1.5, doubt=Doubt((-0.5, 2.0), None, "width")),
        golden.ALERT._replace(statistic=inf),
    ],
    ids=lambda effect: type(effect).__name__,
)
def test_an_effect_read_back_equals_what_was_published(effect):
    read = read_back(on_the_wire(effect, partition=2, epoch=1, n=3, offset=9))

    assert isinstance(read, Published)
    assert read.effect == effect
    assert read.effect.body() == effect.body()  # 1, 1.0 and True are equal, and not the same
    assert read[:2] == (2, 9)
    assert read.place == Place(1, effect.position, 3)


def test_what_a_newer_release_adds_is_passed_over():
    record = on_the_wire(golden.ALERT)

    read = read_back(record._replace(value=record.value[:-1] + b',"colour":"red"}'))

    assert isinstance(read, Published)
    assert read.effect == golden.ALERT


def without(name: str) -> Any:
    return lambda record: record._replace(headers=[one for one in record.headers if one[0] != name])


def having(name: str, value: bytes) -> Any:
    return lambda record: record._replace(headers=[(k, value if k == name else v) for k, v in record.headers])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without("ce_type"), "'ce_type' is absent"),
        (without("ce_id"), "'ce_id' is absent"),
        (having("ce_type", b"com.example.order.v1"), "'com.example.order.v1' is absent or unknown"),
        (having("ce_id", b"pumps:0:41"), "not of the form"),
        (having("ce_id", b"pumps:x:41:alert:0"), "names no partition"),
        (having("ce_id", b"\xff"), "codec"),
        (having("ce_time", b"yesterday"), "datetime"),
        (lambda record: record._replace(value=None), "expected a record of this release"),
        (lambda record: record._replace(value=b"[]"), "JSON object, got list"),
        (lambda record: record._replace(value=b'{"position":41}'), "missing"),
        (lambda record: record._replace(value=record.value.replace(b'"opened"', b'"half open"')), "half open"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(change, why):
    read = read_back(change(on_the_wire(golden.ALERT, partition=2, offset=9)))

    assert isinstance(read, Foreign)
    assert read[:3] == (builders.gauge().topics.alerts, 2, 9)
    assert why in read.why
    assert len(read.why) < 600


@given(st.binary(max_size=40), st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=9)), max_size=4))
def test_no_record_whatever_ends_a_reader(value, headers):
    for given_headers in (headers, [*on_the_wire(golden.REPORT).headers, *headers]):
        read = read_back(Wire("t", 0, 0, 0, value, value, given_headers))

        assert isinstance(read, Foreign | Published)


def test_the_time_is_the_events_own():
    record = on_the_wire(golden.PREDICTION)

    read = read_back(record)

    assert isinstance(read, Published)
    assert read.effect.time == datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def test_the_envelopes_of_all_kinds_are_known():
    effects: list[Effect] = [golden.PREDICTION, golden.ALERT, golden.VERSION, golden.REPORT, LETTER]
    envelope = Envelope(builders.gauge(), 0, 1_000_000)

    topics = {envelope.seal(effect, 41, 0, None).topic for effect in effects}

    assert topics == set(builders.gauge().topics.outputs)
