"""Bytes to events: every class of bad record has its reason and a sentence that a person can act on."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.door.decoder import Decoder
from schemas.events import OF_COMMANDS, EventReceived, LabelledEvent, LabelReceived, Reason, Rejected
from schemas.gauge import Gauge, parse
from tests import builders
from tests.builders import Arrived

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)

PUMPS = builders.gauge("""
[record]
max_bytes = 20000
unknown_fields = "reject"
ignore = ["note", "meta.source"]
key = "plant"
[features]
a = "number"
n = { type = "number", field = "deep.in.n", optional = true, minimum = 0, maximum = 10 }
dotted = { type = "category", field = ["x.y"], optional = true }
colour = { type = "category", values = ["red", "7"], optional = true }
on = { type = "boolean", optional = true }
""")


def decode(raw: bytes | None, gauge=PUMPS):
    return Decoder(gauge).decode(Arrived(raw, b"key"))


def event(**fields: object) -> bytes:
    return builders.record("i", **{"a": 1, **fields})


def text(literal: str) -> bytes:
    """An event whose field a is this literal, which Python would not write."""
    return b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": %s}' % literal.encode()


REFUSED = [
    (None, Reason.TOMBSTONE, "a record needs a value, got none"),
    (b"", Reason.EMPTY, "a record needs a JSON object, got 0 bytes"),
    (event(dotted="x" * 20_000), Reason.TOO_LARGE, r"at most 20000 bytes \(record.max_bytes\), got 200\d\d"),
    (b"  ", Reason.NOT_JSON, "Invalid JSON: EOF .* at line 1 column 2"),
    (b"pump 7 is hot", Reason.NOT_JSON, "Invalid JSON: expected"),
    (b'{"a": 1', Reason.NOT_JSON, "Invalid JSON: EOF"),
    (event() + b" x", Reason.NOT_JSON, "trailing characters"),
    (b'{"id": "\xff"}', Reason.NOT_JSON, "invalid unicode"),
    (b'{"id": "\\ud800"}', Reason.NOT_JSON, "Invalid JSON"),
    (b"\xef\xbb\xbf" + event(), Reason.NOT_JSON, "expected value at line 1 column 1"),
    (text("[" * 300 + "]" * 300), Reason.NOT_JSON, "recursion limit exceeded"),
    (text("9" * 5_000), Reason.NOT_JSON, "number out of range"),
    (b"[1, 2]", Reason.NOT_AN_OBJECT, r"should be an object, got \[1, 2\]"),
    (b"null", Reason.NOT_AN_OBJECT, "should be an object, got null"),
    (
        builders.record("i"),
        Reason.MISSING_FIELD,
        "required features are missing: a.*; if it may be missing, optional =",
    ),
    (builders.record("i", y="bad", on=True), Reason.MISSING_FIELD, "required features are missing: a"),
    (event(zz=1), Reason.UNKNOWN_FIELD, "zz: the gauge does not name this field, .*, got 1$"),
    (event(zz=1, yy=2, xx=3), Reason.UNKNOWN_FIELD, r"zz: .* \(and 2 more fields\)"),
    (event(**{"k" * 900: 1}), Reason.UNKNOWN_FIELD, r"^k{400}\.\.\.$"),
    (event(a="1"), Reason.WRONG_TYPE, "a: .*valid number, got '1'"),
    (event(a=True), Reason.WRONG_TYPE, "a: .*valid number, got true"),
    (event(a=None), Reason.WRONG_TYPE, "a: .*valid number, got null"),
    (event(deep="flat"), Reason.WRONG_TYPE, "^deep: Input should be an object, for .* got 'flat'$"),
    (event(deep={"in": 3}), Reason.WRONG_TYPE, "^deep.in: Input should be an object, for .* got 3$"),
    (event(deep=[{"in": {"n": 3}}]), Reason.WRONG_TYPE, "^deep: Input should be an object"),
    (event(a={"a": 1}), Reason.WRONG_TYPE, "a: .*valid number, got {'a': 1}"),
    (event(on=1), Reason.WRONG_TYPE, "on: .*valid boolean, got 1"),
    (event(**{"x.y": 5.5}), Reason.WRONG_TYPE, r"dotted: .*valid string, got 5.5$"),
    (event(**{"x.y": True}), Reason.WRONG_TYPE, r"dotted: .*valid string, got true$"),
    (event(**{"x.y": 10**256}), Reason.WRONG_TYPE, "dotted: .*got 1000"),
    (event(**{"x.y": 1e16}), Reason.WRONG_TYPE, r"dotted: .*got 1e\+16"),
    (event(y=1), Reason.WRONG_TYPE, "label: .*valid string, got 1; the classes are 'good', 'bad'$"),
    (text("NaN"), Reason.OUT_OF_RANGE, "a: .*finite number, got nan"),
    (text("-Infinity"), Reason.OUT_OF_RANGE, "a: .*finite number, got -inf"),
    (text("1e999"), Reason.OUT_OF_RANGE, "a: .*finite number, got inf"),
    (text("9" * 400), Reason.OUT_OF_RANGE, r"a: .*finite number, got 9{80}\.\.\."),
    (text("1e300"), Reason.OUT_OF_RANGE, r"a: .*less than or equal to 1000000000000000, got 1e\+300"),
    (text("-1e300"), Reason.OUT_OF_RANGE, r"a: .*greater than or equal to -1000000000000000, got -1e\+300"),
    (event(deep={"in": {"n": 10.5}}), Reason.OUT_OF_RANGE, "n: .*less than or equal to 10, got 10.5"),
    (event(deep={"in": {"n": -1}}), Reason.OUT_OF_RANGE, "n: .*greater than or equal to 0, got -1"),
    (event(**{"x.y": "q" * 257}), Reason.OUT_OF_RANGE, r"dotted: .*at most 256 characters, got 'q{79}\.\.\.$"),
    (event(colour="blue"), Reason.UNKNOWN_CATEGORY, "colour: .*'red' or '7', got 'blue'"),
    (event(y="ugly"), Reason.UNKNOWN_LABEL, "the label must be one of 'good', 'bad', got 'ugly'"),
    (event(y="u" * 9_000), Reason.UNKNOWN_LABEL, r"the label must be one of 'good', 'bad', got 'u{79}\.\.\.$"),
    (builders.label("i", "ugly"), Reason.UNKNOWN_LABEL, "got 'ugly'"),
    (builders.record(a=1), Reason.BAD_ID, r"the record has no id \(record.id\)"),
    (b"{}", Reason.BAD_ID, r"the record has no id \(record.id\)"),
    (builders.record("", a=1), Reason.BAD_ID, "id: .*at least 1 character, got ''$"),
    (builders.record("i" * 257, a=1), Reason.BAD_ID, "id: .*at most 256 characters"),
    (b'{"id": 5.5, "a": 1}', Reason.BAD_ID, "id: .*valid string, got 5.5$"),
    (b'{"id": true, "a": 1}', Reason.BAD_ID, "id: .*valid string, got true$"),
    (b'{"id": "i", "a": 1}', Reason.BAD_TIME, r"the record has no event time \(record.time\)"),
    (builders.record("i", at="soon", a=1), Reason.BAD_TIME, "must be ISO 8601, as .*got 'soon'$"),
    (b'{"id": "i", "at": 1700000000, "a": 1}', Reason.BAD_TIME, "time: .*valid string, got 1700000000; as unix_sec"),
    (
        builders.record("i", at="1969-12-31T23:59:59Z", a=1),
        Reason.BAD_TIME,
        "between 1970-.* and 2100-.*, got 1969-12-31",
    ),
    (builders.record("i", at="2100-01-01T00:00:00.1Z", a=1), Reason.BAD_TIME, "between 1970-.* and 2100-"),
    (builders.record("i", at="0001-01-01T00:00:00+23:00", a=1), Reason.BAD_TIME, "got 0001-01-01"),
]


@pytest.mark.parametrize(("raw", "reason", "detail"), REFUSED)
def test_a_bad_record_has_its_reason_and_says_what_was_expected(raw, reason, detail):
    refused = decode(raw)

    assert refused == Rejected(reason, refused.detail, b"key", raw, refused.of_label)
    assert re.search(detail, refused.detail)
    assert len(refused.detail) <= 403


@pytest.mark.parametrize("given", ["1,5", "1,234.5", "1.234,5", "45,5%", "€ 1,50"])
def test_a_number_with_a_comma_is_told_the_decimal_point(given):
    assert decode(event(a=given)).detail.endswith(f"got {given!r}; a number has a decimal point, and no comma")


@pytest.mark.parametrize("given", ["4.5", "+4", ".5", "5.", "-0", "1e3", " 7 "])
def test_a_number_in_quotation_marks_is_told_so(given):
    assert decode(event(a=given)).detail.endswith(f"got {given!r}; a number stands without quotation marks")


@pytest.mark.parametrize("given", ["45%", "45 %", "$45", "€ 4.50", "12kg", "12.5 °C", "1 234", "1_000", "1 234 567.5"])
def test_a_number_with_more_than_digits_is_told_what_must_go(given):
    assert "; a number has no signs of percent, currency or unit" in decode(event(a=given)).detail


@pytest.mark.parametrize(
    "given", ["2024-05-01", "10:15", "pump 7", "1.2.3", "3/4", "", "7th floor", "true", None, [4.5]]
)
def test_what_is_no_number_gets_no_hint_for_numbers(given):
    assert "; a number" not in decode(event(a=given)).detail


@pytest.mark.parametrize("given", [0, 1, 1.0, "true", "yes"])
def test_a_boolean_of_another_type_is_told_how_it_is_written(given):
    assert decode(event(on=given)).detail.endswith(
        "; a boolean is true or false, without quotation marks, in CSV also 1 or 0"
    )


def test_a_number_as_label_is_told_as_one_that_is_a_feature():
    gauge = parse('name = "g"\ntask = "regression"\n[label]\nfield = "y"\n[features]\na = "number"\n')

    assert decode(b'{"a": 1, "y": "3,5"}', gauge).detail.endswith("; a number has a decimal point, and no comma")
    assert decode(b'{"a": 1, "y": "3.5"}', gauge).detail.endswith("; a number stands without quotation marks")
    assert decode(b'{"a": 1, "y": true}', gauge).detail.endswith("got true")


@pytest.mark.parametrize("given", ["01/05/2024", "5/1/24 10:00", "1.5.2024", "2024/05/01", "01-05-2024 10:15:00"])
def test_a_date_in_another_order_is_told_the_one_that_is_read(given):
    refused = decode(builders.record("i", at=given, a=1))

    assert refused.reason is Reason.BAD_TIME
    assert f"got {given!r}; a date is written year-month-day" in refused.detail


@pytest.mark.parametrize("given", ["Red", "RED", " red", "red "])
def test_a_category_in_other_letters_is_told_the_one_that_is_meant(given):
    assert decode(event(colour=given)).detail.endswith(f"got {given!r}; did you mean 'red'?")


def test_every_reason_that_intake_can_give_is_tried():
    later = {Reason.DUPLICATE_ID, Reason.DUPLICATE_LABEL, Reason.ORPHAN_LABEL}
    ordered = {Reason.SKIPPED}  # by an operator, of a record that is not decoded

    assert {reason for _, reason, _ in REFUSED} == set(Reason) - later - ordered - OF_COMMANDS


def test_the_three_kinds_of_record():
    raw = event(y="bad", deep={"in": {"n": 3}}, colour=7, on=False, **{"x.y": "k"})
    x = {"a": 1.0, "n": 3.0, "dotted": "k", "colour": "7", "on": False}

    assert decode(raw) == LabelledEvent("i", NEW_YEAR, b"key", x, True, raw)
    assert decode(event()) == EventReceived("i", NEW_YEAR, b"key", {"a": 1.0}, event())
    assert decode(builders.label("i", "good")) == LabelReceived(
        "i", NEW_YEAR, b"key", False, builders.label("i", "good")
    )


def test_numbers_are_floats_and_bounds_belong_to_the_range():
    assert [decode(event(deep={"in": {"n": n}})).x["n"] for n in (0, 10)] == [0.0, 10.0]
    assert type(decode(event()).x["a"]) is float
    assert decode(text("1e15")).x["a"] == 1e15


def test_a_null_is_no_value():
    assert decode(event(y=None)) == EventReceived("i", NEW_YEAR, b"key", {"a": 1.0}, event(y=None))
    assert decode(event(colour=None)).x == {"a": 1.0}
    assert isinstance(decode(b'{"id": "i", "y": "bad", "colour": null}'), LabelReceived)
    assert decode(b'{"id": null, "a": 1}').reason is Reason.BAD_ID
    assert decode(builders.record("i", at=None, a=1)).reason is Reason.BAD_TIME


def test_a_label_needs_no_time():
    assert decode(b'{"id": "i", "y": "bad"}').time is None


def test_of_duplicate_keys_the_last_counts():
    assert decode(text('"x", "a": 2')).x == {"a": 2.0}
    assert decode(text('2, "a": "x"')).reason is Reason.WRONG_TYPE


def test_features_stand_in_the_gauges_order_whatever_the_records():
    backwards = json.dumps(dict(reversed(json.loads(event(on=True, colour="red")).items()))).encode()

    assert list(decode(backwards).x) == ["a", "colour", "on"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (5, "5"),
        (-0, "0"),
        ("5", "5"),
        ("", ""),
        (2**63, str(2**63)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (10**255, "1" + "0" * 255),
        (1.0, "1.0"),
        ("1.0", "1.0"),
        (-3.0, "-3.0"),
    ],
)
def test_a_whole_number_is_a_categorys_name(given, name):
    assert decode(event(**{"x.y": given})).x["dotted"] == name


def test_a_whole_number_is_an_id():
    assert decode(builders.record(5, a=1)).id == "5"
    assert [decode(builders.record(2**63 + n, a=1)).id for n in range(3)] == [str(2**63 + n) for n in range(3)]


def test_the_keys_field_and_ignored_fields_may_stand_in_a_record():
    assert decode(event(plant="north", note=["?"], meta={"source": 1})).x == {"a": 1.0}


def test_a_record_may_have_as_many_bytes_as_allowed():
    small = builders.gauge('[record]\nmax_bytes = 200\n[features]\na = "number"')
    just = event() + b" " * (200 - len(event()))

    assert isinstance(decode(just, small), EventReceived)
    assert decode(just + b" ", small).reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("format_", "value", "expected"),
    [
        ("iso8601", "2024-01-01T02:00:00+02:00", NEW_YEAR),
        ("iso8601", "2024-01-01T00:00:00", NEW_YEAR),
        ("iso8601", "2024-01-01 00:00:00Z", NEW_YEAR),
        ("unix_seconds", 1704067200, NEW_YEAR),
        ("unix_seconds", 1704067200.5, NEW_YEAR.replace(microsecond=500_000)),
        ("unix_milliseconds", 1704067200000, NEW_YEAR),
        ("unix_microseconds", 1704067200000000, NEW_YEAR),
        ("unix_microseconds", 1.7040672e15, NEW_YEAR),
        ("unix_nanoseconds", 1704067200000000000, NEW_YEAR),
        ("unix_nanoseconds", 1704067200000000999, NEW_YEAR),
        ("unix_nanoseconds", 1.7040672e18, NEW_YEAR),
        ("iso8601", "2024-01-01", NEW_YEAR),
        ("iso8601", "20240101", NEW_YEAR),
        ("iso8601", "20240101T000000Z", NEW_YEAR),
        ("iso8601", "20240101T0200+0200", NEW_YEAR),
        ("iso8601", "20231231T190000.000-05:00", NEW_YEAR),
        ("iso8601", "20240101 00:00:00", NEW_YEAR),
    ],
)
def test_times_are_read_as_utc(format_, value, expected):
    gauge = builders.gauge(f'[record]\ntime_format = "{format_}"')

    assert decode(builders.record("i", at=value, a=1), gauge).time == expected


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(lambda t: t.replace(tzinfo=UTC)))
def test_whole_microseconds_are_exact_in_every_format(time):
    past = time - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds
    written = {
        "iso8601": [time.isoformat(), time.strftime("%Y%m%dT%H%M%S.%fZ")],
        "unix_seconds": [microseconds / 1e6],
        "unix_milliseconds": [microseconds / 1e3],
        "unix_microseconds": [microseconds, float(microseconds)],
        "unix_nanoseconds": [microseconds * 1_000, microseconds * 1_000 + 999, float(microseconds * 1_000)],
    }

    for format_, values in written.items():
        decoder = TIMED[format_]
        for value in values:
            assert decoder.decode(Arrived(builders.record("i", at=value, a=1))).time == time


TIMED = {
    format_: Decoder(builders.gauge(f'[record]\ntime_format = "{format_}"'))
    for format_ in ("iso8601", *(f"unix_{unit}seconds" for unit in ("", "milli", "micro", "nano")))
}
YEAR = 1714557600  # 2024-05-01T10:00:00Z


@pytest.mark.parametrize(
    ("format_", "value", "detail"),
    [
        ("iso8601", str(YEAR), r"ISO 8601.*got '1714557600'; as unix_seconds that is 2024-05-01T10:00:00Z"),
        ("iso8601", f"{YEAR}.5", r"as unix_seconds that is 2024-05-01T10:00:00.500000Z: see record.time_format"),
        ("iso8601", f"{YEAR}000", "as unix_milliseconds that is 2024-05-01T10:00:00Z"),
        ("iso8601", f"{YEAR}000000", "as unix_microseconds that is 2024-05-01T10:00:00Z"),
        ("iso8601", f"{YEAR}000000000", "as unix_nanoseconds that is 2024-05-01T10:00:00Z"),
        ("iso8601", "-5", "digits are a Unix time, for which record.time_format says the unit"),
        ("iso8601", "2024", "digits are a Unix time"),
        ("iso8601", "20241399", "ISO 8601.*digits are a Unix time"),
        ("iso8601", "202405", "digits are a Unix time"),
        ("iso8601", "20240501101500", "digits are a Unix time"),
        ("iso8601", "99999999999999999999", "digits are a Unix time"),
        ("iso8601", YEAR, "valid string, got 1714557600; as unix_seconds that is 2024-05-01T10:00:00Z"),
        ("iso8601", YEAR * 1000, "as unix_milliseconds that is 2024-05-01T10:00:00Z"),
        (
            "iso8601",
            "01.05.2024",
            "must be ISO 8601, as .*, got '01.05.2024'; a date is written year-month-day, with hyphens$",
        ),
        ("unix_seconds", YEAR * 1000, "the year 56302 as unix_seconds; as unix_milliseconds that is 2024-05-01T10:00:"),
        ("unix_seconds", YEAR * 10**9, r"got 1714557600000000000.*; as unix_nanoseconds that is 2024-05-01T10:00:00Z"),
        ("unix_milliseconds", YEAR * 10**6, "the year 56302 as unix_milliseconds; as unix_microseconds that is 2024"),
        ("unix_seconds", str(YEAR), "valid number, got '1714557600'; a Unix time is a number, without quotation marks"),
        ("unix_seconds", str(YEAR * 1000), "valid number, .*; as unix_milliseconds that is 2024-05-01T10:00:00Z"),
        ("unix_seconds", "2024-05-01", 'valid number, .*; for ISO 8601 text, record.time_format is "iso8601"'),
        ("unix_seconds", -5, "between 1970.*, got -5, which is the year 1970 as unix_seconds$"),
    ],
)
def test_a_time_of_another_format_is_refused_with_the_format_that_fits(format_, value, detail):
    refused = TIMED[format_].decode(Arrived(builders.record("i", at=value, a=1)))

    assert refused.reason is Reason.BAD_TIME
    assert re.search(detail, refused.detail)


@pytest.mark.parametrize(
    ("format_", "value", "unit"),
    [
        ("unix_milliseconds", YEAR, "unix_seconds"),
        ("unix_microseconds", YEAR, "unix_seconds"),
        ("unix_microseconds", YEAR * 1000, "unix_milliseconds"),
        ("unix_nanoseconds", YEAR, "unix_seconds"),
        ("unix_nanoseconds", YEAR * 10**6, "unix_microseconds"),
    ],
)
def test_a_finer_format_than_the_datas_is_warned_of_once(format_, value, unit):
    decoder = Decoder(builders.gauge(f'[record]\ntime_format = "{format_}"'))

    times = {decoder.decode(Arrived(builders.record("i", at=value + n, a=1))).time.year for n in range(3)}

    assert times == {1970}
    [warning] = decoder.warnings
    assert warning == f"event times are in 1970 as {format_}, and as {unit} they are in 2024: see record.time_format"


@pytest.mark.parametrize(
    ("format_", "value"), [("unix_milliseconds", YEAR * 1000), ("unix_milliseconds", 5_000), ("unix_seconds", 0)]
)
def test_a_time_that_no_other_format_fits_is_not_warned_of(format_, value):
    decoder = Decoder(builders.gauge(f'[record]\ntime_format = "{format_}"'))
    decoder.decode(Arrived(builders.record("i", at=value, a=1)))

    assert decoder.warnings == []


@pytest.mark.parametrize("literal", ["1e300", "-1", "1e999", "NaN", "4102444800.5", '"1704067200"', "true"])
def test_an_absurd_unix_time_is_refused(literal):
    gauge = builders.gauge('[record]\ntime_format = "unix_seconds"')

    assert decode(b'{"id": "i", "a": 1, "at": %s}' % literal.encode(), gauge).reason is Reason.BAD_TIME


@pytest.mark.parametrize(
    ("task", "label", "given", "code"),
    [
        ("binary", "positive = 1\nnegative = 0", 1, True),
        ("binary", "positive = true\nnegative = false", False, False),
        ("multiclass", 'classes = ["low", 7, true]', 7, 1),
        ("multiclass", 'classes = ["low", 7, true]', True, 2),
        ("regression", "minimum = -5", -5, -5.0),
    ],
)
def test_labels_are_coded(task, label, given, code):
    gauge = builders.gauge(f"[label]\n{label}", task=task)

    y = decode(event(y=given), gauge).y

    assert (y, type(y)) == (code, type(code))


@pytest.mark.parametrize("one", ["1", "1.0"])
@pytest.mark.parametrize("given", ["1", "1.0", "1e0", "10e-1"])
def test_a_whole_number_is_one_class_however_it_is_written(one, given):
    gauge = builders.gauge(f"[label]\npositive = {one}\nnegative = 0.0")
    raw = b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": 1, "y": %s}' % given.encode()

    assert decode(raw, gauge).y is True
    assert gauge.classes == (0, 1)
    assert type(gauge.classes[1]) is int


@pytest.mark.parametrize(
    ("classes", "given", "code"),
    [
        ('[true, 7, "1"]', "true", 0),
        ('[true, 7, "1"]', "7.0", 1),
        ('[true, 7, "1"]', '"1"', 2),
        ('[true, 7, "1"]', "1", None),
        ('[true, 7, "1"]', '"true"', None),
        ('[true, 7, "1"]', "false", None),
        ("[0, 1, 2]", "false", None),
        ("[0, 1, 2]", "true", None),
        ("[0, 1, 2]", '"1"', None),
        ("[0, 1, 2]", "1.5", None),
        ('["0", "1", "2"]', "1", None),
        ('["0", "1", "2"]', "1.0", None),
        ('["0", "1", "2"]', '"1"', 1),
        ('["1.0", "2.0"]', '"1"', None),
        ('["1.0", "2.0"]', '"1.0"', 0),
    ],
)
def test_a_label_is_a_class_if_it_is_the_same_json_value(classes, given, code):
    gauge = builders.gauge(f"[label]\nclasses = {classes}", task="multiclass")
    raw = b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": 1, "y": %s}' % given.encode()

    decoded = decode(raw, gauge)

    if code is None:
        assert decoded.reason in (Reason.WRONG_TYPE, Reason.UNKNOWN_LABEL)
    else:
        assert (decoded.y, type(decoded.y)) == (code, int)


@pytest.mark.parametrize(
    ("classes", "given", "hint"),
    [
        ("[0, 1]", '"1"', "the class is a number, this is text"),
        ("[0, 1]", '"1 "', "the class is a number, this is text"),
        ('["0", "1"]', "1", "the class is text, this is a number"),
        ('["0", "1"]', "1.0", "the class is text, this is a number"),
        ("[true, false]", '"True"', "the class is a boolean, this is text"),
        ('["true", "false"]', "true", "the class is text, this is a boolean"),
        ('["good", "bad"]', '" Good"', "did you mean 'good'"),
    ],
)
def test_a_label_that_looks_like_a_class_is_told_what_differs(classes, given, hint):
    gauge = builders.gauge(f"[label]\nclasses = {classes}", task="multiclass")
    raw = b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": 1, "y": %s}' % given.encode()

    assert hint in decode(raw, gauge).detail


@pytest.mark.parametrize("given", ["true", '"1"', "1.5", "2"])
def test_a_label_of_another_type_is_another_label(given):
    gauge = builders.gauge("[label]\npositive = 1\nnegative = 0")
    raw = b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": 1, "y": %s}' % given.encode()

    assert decode(raw, gauge).reason in (Reason.WRONG_TYPE, Reason.UNKNOWN_LABEL)


@pytest.mark.parametrize("literal", ["1e999", "NaN", "-6", "1e16"])
def test_a_number_as_label_has_a_range(literal):
    gauge = builders.gauge("[label]\nminimum = -5", task="regression")
    raw = b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": 1, "y": %s}' % literal.encode()

    assert decode(raw, gauge).reason is Reason.OUT_OF_RANGE


def test_where_labels_come_with_events_a_record_without_features_is_no_label():
    gauge = builders.gauge('[label]\narrival = "with_event"')

    assert decode(builders.label("i", "bad"), gauge).reason is Reason.MISSING_FIELD


def test_without_an_id_in_the_gauge_events_have_none():
    gauge = Gauge.model_validate(
        {
            "name": "pumps",
            "task": "regression",
            "label": {"field": "y"},
            "features": {"a": {"type": "number", "optional": True}},
        }
    )

    assert decode(b'{"y": 1}', gauge) == LabelledEvent(None, None, b"key", {}, 1.0, b'{"y": 1}')


keys = st.sampled_from(["a", "y", "id", "at", "deep", "in", "n"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner),
    max_leaves=8,
)


@settings(max_examples=200)
@given(value=json_values | st.binary(max_size=40))
def test_no_bytes_raise(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()

    decoded = decode(raw)

    assert decoded.raw == raw


@pytest.mark.parametrize(
    ("raw", "of_label"),
    [
        (builders.label("i", "unheard-of"), True),
        (builders.label("i", None), False),
        (builders.label("i", 7.5), True),
        (builders.label("", "bad"), True),
        (builders.label("i", "bad", at="1960-01-01T00:00:00Z"), True),
        (builders.record("i", y="bad", stray=1), True),
        (builders.record("i", y="unheard-of", colour=None, deep={"in": {}}), True),
        (builders.record("i", y="unheard-of", deep={"in": {"n": 1}}), False),
        (event(y="unheard-of"), False),
        (builders.record("i"), False),
        (b'{"y": "bad"', False),
        (b"[]", False),
        (b"", False),
        (None, False),
    ],
)
def test_a_refused_record_is_told_to_be_a_label_where_that_can_be_seen(raw, of_label):
    refused = decode(raw)

    assert isinstance(refused, Rejected)
    assert refused.of_label is of_label


def test_where_labels_come_with_their_events_no_record_is_a_label():
    together = builders.gauge('[label]\narrival = "with_event"')

    refused = decode(builders.label("i", "unheard-of"), together)

    assert (refused.reason, refused.of_label) == (Reason.UNKNOWN_LABEL, False)


# -- fields that the gauge does not know, and objects on the way ------------------------------------------------------


def unknown(gauge: Gauge, *raws: bytes) -> tuple[list[object], dict[str, int]]:
    decoder = Decoder(gauge)
    return [decoder.decode(Arrived(raw)) for raw in raws], decoder.unknown_fields


def test_unknown_fields_are_ignored_and_counted_by_name():
    raw = event(zz=1, yy={"a": [2]}, xx=None)

    decoded, counts = unknown(builders.gauge(), event(), raw, builders.record("i", y="bad", zz="label"), event())

    assert decoded[1] == EventReceived("i", NEW_YEAR, None, {"a": 1.0}, raw)
    assert isinstance(decoded[2], LabelReceived)
    assert decoded[0] == decoded[3]
    assert counts == {"zz": 2, "yy": 1, "xx": 1}


@pytest.mark.parametrize("name", ["\x1b[31mid", "a\rb", "\u202eid", "line\nend"])
def test_a_field_that_a_stranger_names_cannot_steer_a_terminal(name):
    rejecting = builders.gauge('[record]\nunknown_fields = "reject"')
    strange = decode(event(**{name: 1}), rejecting)
    misspelt = decode(json.dumps({"id\x1b": "i", "a": 1.0}).encode(), builders.gauge())

    assert (strange.reason, misspelt.reason) == (Reason.UNKNOWN_FIELD, Reason.BAD_ID)
    assert strange.detail.isprintable()
    assert misspelt.detail.endswith(r"'id\x1b' may be meant as 'id'")


def test_the_names_of_unknown_fields_are_bounded():
    many = {f"k{n}": n for n in range(250)}

    _, counts = unknown(builders.gauge(), event(**many), event(**many), event(**{"n" * 5_000: 1}))

    assert list(counts) == [*[f"k{n}" for n in range(100)], "(others)"]
    assert (counts["k0"], counts["(others)"]) == (2, 301)


FAR = """
[record]
id = "meta.id"
time = "meta.at"
key = "plant"
ignore = ["note.text"]
[label]
field = "meta.y"
time = "known.at"
[features]
a = { type = "number", field = "deep.a" }
b = { type = "number", field = "c", optional = true }
c = { type = "number", field = "deep.in.c", optional = true }
"""
META = {"id": "i", "at": "2024-01-01T00:00:00Z"}


def test_an_unknown_field_cannot_pass_for_a_value_of_its_name():
    names = ["a", "b", "id", "at", "y", "time", "label", "\0id", "\0time", "\0label", "\0\0deep"]
    plain, stranger = {"meta": META, "deep": {"a": 1}}, dict.fromkeys(names, 7)

    (one, other), counts = unknown(
        builders.gauge(FAR), json.dumps(plain).encode(), json.dumps({**stranger, **plain}).encode()
    )

    assert one[:4] == other[:4] == ("i", NEW_YEAR, None, {"a": 1.0})
    assert counts == dict.fromkeys(names, 1)


@pytest.mark.parametrize("mode", ["reject", "ignore"])
def test_every_field_that_the_gauge_file_names_is_known(mode):
    gauge = builders.gauge(FAR.replace("[record]", f'[record]\nunknown_fields = "{mode}"'))
    label = {"meta": {**META, "y": "bad"}, "known": {"at": "2024-01-02"}, "plant": "x", "note": {"text": []}}
    also = {"deep": {"a": 1, "in": {}}, "c": None, "known": None, "note": 3, "plant": {}}

    decoded, counts = unknown(gauge, json.dumps(label).encode(), json.dumps({"meta": META, **also}).encode())

    assert isinstance(decoded[0], LabelReceived)
    assert decoded[1].x == {"a": 1.0}
    assert counts == {}


@pytest.mark.parametrize("mode", ["reject", "ignore"])
@pytest.mark.parametrize("deep", [None, {}, {"in": None}, {"in": {}}, {"in": {"n": None}}, {"other": 1}])
def test_where_an_object_on_the_way_is_missing_the_value_is(deep, mode):
    gauge = builders.gauge(f"""[record]
unknown_fields = "{mode}"
[features]
a = "number"
n = {{ type = "number", field = "deep.in.n", optional = true }}
m = {{ type = "number", field = "deep.in.m", optional = true }}""")

    assert decode(event(deep=deep), gauge).x == {"a": 1.0}


def test_the_parts_of_a_record_may_be_missing_with_their_object():
    gauge = builders.gauge(FAR)

    for meta in (None, {}, {"at": "2024-01-01T00:00:00Z"}):
        refused = decode(json.dumps({"meta": meta, "deep": {"a": 1}}).encode(), gauge)
        assert (refused.reason, refused.detail) == (Reason.BAD_ID, "the record has no id (record.id)")
    assert decode(json.dumps({"meta": META, "deep": None}).encode(), gauge).reason is Reason.MISSING_FIELD
    assert decode(json.dumps({"meta": "i", "deep": {"a": 1}}).encode(), gauge).reason is Reason.WRONG_TYPE


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"presure": 1, "zz": 1}, "pressure, flow; of the unknown fields, 'presure' may be meant as 'pressure'$"),
        ({"Pressure": 1}, "'Pressure' may be meant as 'pressure'"),
        ({"pressure": 1, "inlt": {"flow": 1}}, "missing: flow; .* 'inlt' may be meant as 'inlet.flow'"),
        ({"pressure": 1, "inlet": {"flw": 1}}, "'inlet.flw' may be meant as 'inlet.flow'"),
        ({"pressure": 1, "inlet.flow": 1}, "'inlet.flow', at the top level, may be meant as 'inlet.flow'"),
        ({"pressure": 1, "flow": 1}, "'flow', at the top level, may be meant as 'inlet.flow'"),
        ({"pressure": 1, "site": 1}, "missing: flow; if it may be missing, optional = true takes such records$"),
    ],
)
def test_a_missing_feature_names_the_unknown_field_that_may_have_been_meant(fields, hint):
    gauge = builders.gauge("""[features]
pressure = "number"
flow = { type = "number", field = "inlet.flow" }
site = { type = "category", optional = true }""")

    refused = decode(builders.record("i", **fields), gauge)

    assert refused.reason is Reason.MISSING_FIELD
    assert re.search(hint, refused.detail)


def test_a_misspelt_id_or_time_is_named():
    assert decode(builders.record(Id="i", a=1), builders.gauge()).detail.endswith("'Id' may be meant as 'id'")
    untimed = b'{"id": "i", "att": "2024-01-01T00:00:00Z", "a": 1}'
    assert decode(untimed, builders.gauge()).detail.endswith("'att' may be meant as 'at'")


# -- against a decoder that looks at one value after the other ---------------------------------------------------------

SIMPLE = """
[record]
id = "meta.id"
missing = ["NA"]
[label]
field = "y"
[features]
a = { type = "number", field = "deep.a" }
b = { type = "category", optional = true }
c = { type = "boolean", field = "deep.in.c", optional = true }
y2 = { type = "number", field = "n", optional = true }
"""
SIMPLE_GAUGE = Gauge.model_validate(
    builders.gauge(SIMPLE).model_dump() | {"record": {"id": "meta.id", "missing": ["NA"]}}
)
SIMPLE_PATHS = {"a": "deep.a", "b": "b", "c": "deep.in.c", "y2": "n"}


def looked_up(content: object, path: str) -> tuple[bool, object]:
    """Whether there is nothing but objects on the way, and the value: null, absent and a marker alike."""
    for step in path.split("."):
        if content is None or content == "NA":
            return True, None
        if not isinstance(content, dict):
            return False, None
        content = content.get(step)
    return True, None if content == "NA" else content


def fits(name: str, value: object) -> bool:
    if name in ("a", "y2"):
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e15
    if name == "c":
        return isinstance(value, bool)
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    return (isinstance(value, str) and len(value) >= (name == "id")) or whole


def slowly_decoded(content: dict[str, object]) -> object:
    """``refused``, or the id, the features and the label."""
    looked = {name: looked_up(content, path) for name, path in {**SIMPLE_PATHS, "id": "meta.id", "y": "y"}.items()}
    if not all(way for way, _ in looked.values()):
        return "refused"
    values = {name: value for name, (_, value) in looked.items() if value is not None}
    event_id, label = values.pop("id", None), values.pop("y", None)
    deep = content.get("deep")
    if isinstance(deep, dict) and "a" in deep and deep["a"] is None:
        return "refused"  # a feature that is not optional may be a marker, not null
    if event_id is None or not fits("id", event_id) or label not in (None, "good", "bad"):
        return "refused"
    if not all(fits(name, value) for name, value in values.items()) or ("a" not in values and (values or not label)):
        return "refused"
    return str(event_id), {n: str(v) if n == "b" else v for n, v in values.items()}, label


small = st.sampled_from([None, "NA", "x", "", 1, 2.0, -3.5, True, 7])
objects = st.dictionaries(st.sampled_from(["a", "in", "c", "id", "zz"]), small | st.dictionaries(st.just("c"), small))
records = st.fixed_dictionaries(
    {},
    optional={
        "deep": small | objects,
        "meta": st.just({"id": "i"}) | small | objects,
        "y": st.sampled_from(["good", "bad", "ugly", None, "NA", 1]),
        **dict.fromkeys(("a", "b", "c", "n", "y2", "zz", "\x00id", "label"), small),
    },
)


@settings(max_examples=500)
@given(content=records)
def test_a_record_means_what_each_of_its_values_means(content):
    decoder = Decoder(SIMPLE_GAUGE)

    decoded = decoder.decode(Arrived(json.dumps(content).encode()))

    expected = slowly_decoded(content)
    if isinstance(decoded, Rejected):
        assert expected == "refused"
        return
    x = {} if isinstance(decoded, LabelReceived) else decoded.x
    y = None if isinstance(decoded, EventReceived) else {True: "bad", False: "good"}[decoded.y]
    assert (decoded.id, x, y) == expected
    known = {"deep", "meta", "y", "b", "n"}
    assert decoder.unknown_fields == dict.fromkeys([name for name in content if name not in known], 1)


# -- markers of missing values ----------------------------------------------------------------------------------------

MARKED = """
[record]
missing = ["NA", "?", "-999", "NaN", ""]
[features]
a = "number"
n = { type = "number", minimum = 0, optional = true }
k = { type = "category", optional = true }
on = { type = "boolean", optional = true }
"""


@pytest.mark.parametrize("marker", ['"NA"', '"?"', '"-999"', "-999", "-999.0", '"NaN"', "NaN", '""'])
def test_a_marker_is_a_missing_value(marker):
    raw = b'{"id": "i", "at": "2024-01-01T00:00:00Z", "a": 1, "n": M, "k": M, "on": M, "y": M}'
    raw = raw.replace(b"M", marker.encode())
    gauge = builders.gauge(MARKED)

    assert decode(raw, gauge) == EventReceived("i", NEW_YEAR, b"key", {"a": 1.0}, raw)


def test_what_only_looks_like_a_marker_is_a_value():
    x = decode(event(a=-998, n=999, k="na", on=True), builders.gauge(MARKED)).x

    assert x == {"a": -998.0, "n": 999.0, "k": "na", "on": True}
    one = builders.gauge('[record]\nmissing = ["1"]\n[features]\non = "boolean"\na = "number"')
    assert decode(event(a=2, on=True), one).x == {"a": 2.0, "on": True}


def test_a_missing_part_that_a_record_needs_is_refused_as_missing():
    gauge = builders.gauge(MARKED)

    assert decode(event(a="NA"), gauge).reason is Reason.MISSING_FIELD
    assert decode(builders.record("?", a=1), gauge).detail == "the record has no id (record.id)"
    assert decode(builders.record("i", at="NA", a=1), gauge).detail == "the record has no event time (record.time)"
    assert decode(b'{"id": "i", "a": "NA", "y": "bad"}', gauge) == LabelReceived(
        "i", None, b"key", True, b'{"id": "i", "a": "NA", "y": "bad"}'
    )


def test_a_value_that_is_wrong_beside_markers_is_refused_as_without_them():
    marked, plain = builders.gauge(MARKED), builders.gauge(MARKED.replace("missing", "ignore"))

    for fields in ({"a": "x"}, {"n": -1}, {"k": 5.5}, {"on": 1}, {"y": 7}):
        assert decode(event(**fields), marked)[:2] == decode(event(**fields), plain)[:2]


@pytest.mark.parametrize("value", ["NA", "N/A", "nan", "null", "None", "?", "-", "", " ", "\\N", float("nan")])
def test_a_refused_value_that_may_be_a_marker_says_where_to_name_it(value):
    hint = "name it in record.missing"

    assert hint in decode(event(a=value)).detail
    assert hint in decode(event(colour=value if isinstance(value, str) else "NA")).detail
    assert hint in decode(event(y=value if isinstance(value, str) else "NA")).detail
    assert hint not in decode(event(a="abc")).detail
