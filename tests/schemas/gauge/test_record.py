"""`[record]`: paths, times, and what stands for a missing value."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas.gauge import parse
from schemas.moments import moment
from tests.schemas.gauge.texts import assert_one_fault, problems, text

FAULTS = [
    (text('[record]\nearliest = "yesterday"'), "record.earliest", "must be an ISO 8601 time .*, got 'yesterday'"),
    (text('[record]\nearliest = "1714557600000"'), "record.earliest", "must be an ISO 8601 time"),
    (text("[record]\nlatest = 12:00:00"), "record.latest", "must be an ISO 8601 time"),
    (text("[record]\nlatest = 2030"), "record.latest", "must be an ISO 8601 time .*, got 2030"),
    (text("[record]\nearliest = 2030-01-01\nlatest = 2029-12-31T23:59:59+05:00"), "record", "must be before latest"),
    (text('[record]\nlatest = "1969-12-31"'), "record", "earliest must be before latest"),
    (text("[record]\nmissing = [-999]"), "record.missing.0", "valid string, got -999"),
    (text('[record]\ntime_format = "unix_ms"'), "record.time_format", "; did you mean 'unix_milliseconds'"),
    (text('[record]\ntime_format = "epoch"'), "record.time_format", "; did you mean 'unix_seconds'"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


def test_a_path_has_at_least_one_step():
    for path in ("[]", '""', '"a."', '["a", 3]', "3", "true"):
        [(where, what)] = problems(text(f"[record]\nid = {path}"))
        assert where == "record.id"
        assert "must be a path such as 'a.b', or a list of keys" in what
    assert parse(text('[record]\nid = ["a.b", "c"]')).record.id == ["a.b", "c"]


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
