"""Gaps between two groups: false alarms on streams without one, and events until one is found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import median, stdev
from typing import Final, NamedTuple

from benchmarks.promises.row import Row, share_error
from models.evaluation.fairness.pairing import PairedGroups

ALPHA: Final = 0.05
BUDGET: Final = 1e-4
"""False alarms per event of the sums for a gap that begins late."""
SWITCHES: Final = 20


class Stream(NamedTuple):
    """Outcomes of two groups: their rates, the first one's share, and how often an outcome repeats its group's last."""

    rates: tuple[float, float]
    share: float = 0.5
    repeats: float = 0.0
    begins: int = 0
    """Events before the first group's rate leaves the second one's."""
    drifts: bool = False
    """Whether half-way both rates rise by a quarter while the first group's share falls to a fifth of what it was."""


NULL: Final = {
    "fair": Stream((0.3, 0.3)),
    "rare outcome": Stream((0.05, 0.05)),
    "minority of 5 %": Stream((0.3, 0.3), share=0.05),
    "bursts of 2": Stream((0.3, 0.3), repeats=0.5),
    "bursts of 10": Stream((0.3, 0.3), repeats=0.9),
    "rates and mix drift together": Stream((0.3, 0.3), share=0.75, drifts=True),
}
"""Streams without a gap; the hardest of them by the false alarms of a z test."""


def rows(quick: bool) -> Iterator[Row]:
    """False alarms at tolerance 0, where they are most frequent; then the median events to an alarm."""
    streams, events = (100, 1_500) if quick else (1_000, 3_000)
    for name, stream in NULL.items():
        found = [first_alarm(random.Random(f"{name} {n}"), stream, events) for n in range(streams)]
        share = sum(alarm is not None for alarm in found) / streams
        note = f"at most {ALPHA}; measured before over such cells: 0.001 to 0.026"
        yield Row(f"false alarms, {name}", share, None, share_error(share, streams), note)
    share = sum(z_test_alarms(random.Random(f"z {n}"), NULL["fair"], events) for n in range(streams)) / streams
    yield Row("false alarms of a z test at every look, fair", share, None, share_error(share, streams), "nominal 0.05")
    streams = 40 if quick else 300
    for points, before in ((0.05, 3_343), (0.10, 839), (0.20, 271)):
        stream = Stream((0.3, 0.3 - points))
        yield _delay(f"events to find {points * 100:.0f} points", stream, streams, before)
    for points, before in ((0.10, 884), (0.20, 292)):
        stream = Stream((0.3, 0.3 - points), begins=3_000)
        yield _delay(f"events to find {points * 100:.0f} points that begin late", stream, streams, before)
    for points in (0.10, 0.20):
        stream = Stream((0.3, 0.3 - points))
        yield _delay(f"events to find {points * 100:.0f} points, tolerance 0.05", stream, streams, None, tolerance=0.05)


def _delay(what: str, stream: Stream, streams: int, before: float | None, *, tolerance: float = 0.0) -> Row:
    late = stream.begins > 0
    delays = []
    for n in range(streams):
        found = first_alarm(random.Random(f"{what} {n}"), stream, 40_000, tolerance=tolerance, late=late)
        if found is not None and found > stream.begins:
            delays.append(found - stream.begins)
    middle = median(delays)
    note = "median; rates 0.3 and 0.3 less the gap"
    if late:
        note += (
            f"; begins after {stream.begins:,} events, {BUDGET:g} false alarms per event (of the other figure unknown)"
        )
    # The error of a median is about 1.25 times that of a mean.
    return Row(what, middle, before, 1.25 * stdev(delays) / len(delays) ** 0.5, note)


def first_alarm(
    rng: random.Random, stream: Stream, events: int, *, tolerance: float = 0.0, late: bool = False
) -> int | None:
    """Events until the alarm, looked at after every event; ``None`` if there is none."""
    paired = PairedGroups(tolerance=tolerance)
    last = [-1, -1]
    for n in range(events):
        share, rates = stream.share, stream.rates
        if n < stream.begins:
            rates = (rates[1], rates[1])
        if stream.drifts and n > events // 2:
            share, rates = share / 5, (rates[0] + 0.25, rates[1] + 0.25)
        code = int(rng.random() >= share)
        outcome = int(rng.random() < rates[code])
        if last[code] >= 0 and rng.random() < stream.repeats:
            outcome = last[code]
        last[code] = outcome
        for group in paired.update(str(code), outcome):
            gap = group.gap
            if gap is None:
                continue
            reached = gap.exceeds_late(1 / BUDGET) if late else gap.exceeds(1 / ALPHA + 1)
            if reached and paired.switches_of(group) >= SWITCHES:
                return n + 1
    return None


def z_test_alarms(rng: random.Random, stream: Stream, events: int) -> bool:
    """Whether a z test of two rates at the level of 5 %, made after every event, ever finds a gap."""
    n, ones = [0, 0], [0, 0]
    for _ in range(events):
        code = int(rng.random() >= stream.share)
        n[code] += 1
        ones[code] += rng.random() < stream.rates[code]
        if min(n) >= SWITCHES and 0 < sum(ones) < sum(n):
            p = sum(ones) / sum(n)
            z = (ones[0] / n[0] - ones[1] / n[1]) / (p * (1 - p) * (1 / n[0] + 1 / n[1])) ** 0.5
            if abs(z) > 1.96:
                return True
    return False
