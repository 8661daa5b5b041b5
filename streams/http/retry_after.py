"""The header by which a server says when to ask again (RFC 9110, 10.2.3)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """How long to wait, from seconds or from a date; ``None`` where there is no header, or neither is in it.

    A date that is over is no time to wait.

    >>> seconds_of("120", datetime(2026, 5, 1, tzinfo=UTC))
    120.0
    >>> seconds_of("Fri, 01 May 2026 00:01:30 GMT", datetime(2026, 5, 1, tzinfo=UTC))
    90.0
    """
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    with suppress(ValueError, OverflowError):
        then = parsedate_to_datetime(retry_after)
        return max((then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds(), 0.0)
    return None
