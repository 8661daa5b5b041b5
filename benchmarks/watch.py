"""Speed, as the growth of a predictions topic shows it.

(records at the end - records at the first sight) / (time between the first sight and the last growth). So neither the
start of a process nor its first batch counts, for anybody. Which offsets are records, and which are markers of
transactions, is read when the topic has stopped growing, and with it that all predictions are there, each once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from benchmarks.places import Place
from benchmarks.processes import BenchmarkError

POLL_S: Final = 0.005
STALLED_AFTER_S: Final = 120.0
SETTLED_AFTER_S: Final = 0.5
"""A topic that has enough in it is read when it has not grown for so long."""


class NotGrownError(BenchmarkError):
    """A topic stands still."""


class Speed(NamedTuple):
    """Events per second over ``events`` events in ``seconds``."""

    events: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Events per second."""
        return self.events / self.seconds


class Sight(NamedTuple):
    """Where a topic's partitions ended at some moment, in seconds of ``perf_counter``."""

    at: float
    ends: list[int]


def watch(place: Place, topic: str, count: int, check: Callable[[], None], *, poll_s: float = POLL_S) -> Speed:
    """Look every ``poll_s`` seconds until ``topic`` has ``count`` readable records.

    Raises
    ------
    BenchmarkError
        If nothing is appended for two minutes, more records come than were asked for, or as ``check`` raises.
    """
    first = last = wait_for_growth(place, topic, None, check, poll_s=poll_s)
    found: list[list[int]] = []
    while sum(map(len, found)) < count:
        last = _settled(place, topic, last, count, check, poll_s)
        found = place.readable(topic)
        if sum(map(len, found)) < count and (now := time.perf_counter()) - last.at > STALLED_AFTER_S:
            raise NotGrownError(f"'{topic}' has {sum(map(len, found))} of {count} records, {now - last.at:.0f} s on")
    records = sum(map(len, found))
    if records > count:
        raise BenchmarkError(f"'{topic}' has {records} predictions for {count} events")
    early = sum(offset < end for offsets, end in zip(found, first.ends, strict=True) for offset in offsets)
    if early == count:
        raise BenchmarkError(f"all {count} records came in one batch: take more events")
    return Speed(count - early, last.at - first.at)


def wait_for_growth(
    place: Place,
    topic: str,
    last: Sight | None,
    check: Callable[[], None],
    *,
    poll_s: float = POLL_S,
    at_most_s: float = STALLED_AFTER_S,
) -> Sight:
    """The next sight of more than in the last one; of anything at all if there is none."""
    begun, before = time.perf_counter(), 0 if last is None else sum(last.ends)
    while True:
        ends, now = place.ends(topic), time.perf_counter()
        if sum(ends) > before:
            return Sight(now, ends)
        if now - begun > at_most_s:
            raise NotGrownError(f"'{topic}' ends at {ends} and does not grow for {at_most_s:g} s")
        check()
        time.sleep(poll_s)


def _settled(place: Place, topic: str, last: Sight, enough: int, check: Callable[[], None], poll_s: float) -> Sight:
    """The last growth, once there is enough and nothing more comes for a while."""
    while True:
        long = STALLED_AFTER_S if sum(last.ends) < enough else SETTLED_AFTER_S
        try:
            last = wait_for_growth(place, topic, last, check, poll_s=poll_s, at_most_s=long)
        except NotGrownError:
            if sum(last.ends) < enough:
                raise
            return last
