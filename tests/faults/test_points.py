"""The observers, and that no named point of the protocol is forgotten."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from faults.points import Breaker, Collector
from faults.scenarios.points import POINTS

STREAMS = Path(__file__).parents[2] / "streams"


def test_every_point_in_the_code_has_its_rounds():
    named = {
        name
        for file in STREAMS.rglob("*.py")
        for name in re.findall(r'at\("([a-z ]+)"\)', file.read_text(encoding="utf-8"))
    }

    assert named == set(POINTS)
    assert len(POINTS) >= 14


def test_a_breaker_sends_its_signal_once_at_the_nth_time():
    sent: list[tuple[int, int]] = []
    tell = Breaker("after send", 2, "stop", send=lambda number: sent.append((len(told), number)))

    told: list[str] = []
    for point in ("after send", "before begin", "after send", "after send"):
        told.append(point)
        tell(point)

    assert sent == [(3, signal.SIGSTOP)]


def test_a_breaker_counts_from_one():
    with pytest.raises(ValueError, match="nth must be at least 1, got 0"):
        Breaker("after send", 0)


def test_a_collector_counts():
    tell = Collector()
    for point in ("a", "b", "a"):
        tell(point)

    assert tell.seen == {"a": 2, "b": 1}
