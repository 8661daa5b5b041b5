"""When a server wants to be asked again. Oracle: RFC 9110, 10.2.3 and 5.6.7, with its three forms of the same date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.http.retry_after import seconds_of

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 30.0),
        ("Sun Nov  6 08:49:37 1994", 30.0),
        ("Sun, 06 Nov 1994 09:49:37 +0100", 30.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_it_is_read_as_seconds_or_as_a_date(header, seconds):
    assert seconds_of(header, NOW) == seconds


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]+ Nov [0-9]{4,12} [0-9]+:[0-9]+:[0-9]+ [+-]?[0-9A-Z]{1,6}"))
@example("Sun, 06 Nov 99999999999999999999 08:49:37 GMT")
def test_whatever_stands_there_is_a_time_to_wait_or_nothing(header):
    seconds = seconds_of(header, NOW)

    assert seconds is None or seconds >= 0
