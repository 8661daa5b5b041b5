"""Attributes by which events are sliced are read with the record, and refuse none."""

from __future__ import annotations

import pytest

from models.door.decoder import Decoder
from schemas.events import EventReceived, LabelledEvent, LabelReceived, Rejected
from tests import builders
from tests.builders import Arrived

GAUGE = builders.gauge("""
[record]
unknown_fields = "reject"
missing = ["NA"]
[features]
a = "number"
site = { type = "category", optional = true }
[slices.site]
[slices.a]
bins = [0]
[slices.both]
of = ["site", "a"]
[slices.sex]
field = "person.sex"
private = true
[slices.age]
field = "person.age"
bins = [30]
""")


def decode(gauge=GAUGE, **fields: object) -> object:
    return Decoder(gauge).decode(Arrived(builders.record("i", **fields)))


def aside(**person: object) -> tuple[object, ...]:
    event = decode(a=1.5, site="north", person=person)
    assert isinstance(event, EventReceived)
    return event.aside


def test_attributes_stand_in_the_order_of_the_slices_and_features_stay_features():
    event = decode(a=1.5, site="north", person={"sex": "f", "age": 40}, y="bad")

    assert isinstance(event, LabelledEvent)
    assert event.aside == ("north", 1.5, "f", 40.0)
    assert event.x == {"a": 1.5, "site": "north"}


SEXES = [
    *[("", ""), (3, "3"), (True, "true"), (False, "false"), ("x" * 256, "x" * 256)],
    *[(sex, None) for sex in (3.5, None, "NA", {}, [1], "x" * 257)],
]


@pytest.mark.parametrize(("sex", "read"), SEXES)
def test_a_value_is_text_a_whole_number_or_a_truth_and_all_else_is_missing(sex, read):
    assert aside(sex=sex, age=1)[2] == read


AGES = [(30, 30.0), (2.5, 2.5), *[(age, None) for age in ("30", True, None, "NA")]]


@pytest.mark.parametrize(("age", "read"), AGES)
def test_a_slice_with_bins_reads_numbers(age, read):
    assert aside(sex="f", age=age)[3] == read


def test_a_number_that_is_not_finite_is_missing():
    raw = b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": 1, "person": {"age": 1e999}}'
    event = Decoder(GAUGE).decode(Arrived(raw))

    assert isinstance(event, EventReceived)
    assert event.aside == (None, 1.0, None, None)


@pytest.mark.parametrize("person", [{"a": 1.0, "person": "f"}, {"a": 1.0, "person": None}, {"a": 1.0}])
def test_an_object_on_the_way_to_an_attribute_may_be_anything(person):
    event = decode(**person)

    assert isinstance(event, EventReceived)
    assert event.aside == (None, 1.0, None, None)


def test_a_label_record_may_carry_attributes():
    assert isinstance(decode(y="bad", person={"sex": "f"}), LabelReceived)


def test_an_attribute_is_no_unknown_field():
    decoder = Decoder(builders.gauge("[slices.zone]\n"))
    event = decoder.decode(Arrived(builders.record("i", a=1.0, zone="z", other=1)))

    assert isinstance(event, EventReceived)
    assert event.aside == ("z",)
    assert event.x == {"a": 1.0}
    assert decoder.unknown_fields == {"other": 1}


def test_without_slices_nothing_is_read():
    event = decode(builders.gauge(), a=1.0, zone="z")

    assert isinstance(event, EventReceived)
    assert event.aside == ()


@pytest.mark.parametrize("secret", [123456.5, True, ["123456"], "123456" * 100])
def test_a_refusal_does_not_tell_the_value_of_a_private_field(secret):
    gauge = builders.gauge('[features]\na = "number"\nzone = "category"\n[slices.zone]\nprivate = true\n')

    rejected = decode(gauge, a=1.0, zone=secret)
    told = decode(builders.gauge('[features]\na = "number"\nzone = "category"\n'), a=1.0, zone=secret)

    assert isinstance(rejected, Rejected)
    assert isinstance(told, Rejected)
    assert rejected.reason is told.reason
    assert rejected.detail.startswith("zone: ")
    assert "got" in told.detail
    assert "got" not in rejected.detail


SEX = """
[features]
a = "number"
sex = { type = "category", values = ["Male", "Female"], optional = true }
age = { type = "number", minimum = 17, maximum = 90, optional = true }
person = { type = "category", optional = true }
[slices.sex]
private = PRIVATE
[slices.age]
bins = [30]
private = PRIVATE
[slices.clinic]
field = "person.clinic"
private = PRIVATE
"""


@pytest.mark.parametrize(
    ("field", "value", "tells", "words"),
    [
        ("sex", "male", "Male", "sex: none of the values that the gauge lists; the field is private, and not shown"),
        ("age", 16.0, "17", "age: outside of what the gauge takes; the field is private, and not shown"),
        ("age", 91.0, "90", "age: outside of what the gauge takes; the field is private, and not shown"),
        ("age", "41", "41", "age: not of the type that the gauge names; the field is private, and not shown"),
        ("person", {"clinic": 7.5}, "7.5", "person: not of the type that the gauge names"),
    ],
)
def test_a_refusal_does_not_tell_what_the_gauge_file_lists_of_a_private_field(field, value, tells, words):
    shown, hidden = (builders.gauge(SEX.replace("PRIVATE", private)) for private in ("false", "true"))

    told, kept = (decode(gauge, a=1.0, **{field: value}) for gauge in (shown, hidden))

    assert isinstance(told, Rejected)
    assert isinstance(kept, Rejected)
    assert tells in told.detail
    assert tells not in kept.detail
    assert words in kept.detail
    assert kept.reason is told.reason
