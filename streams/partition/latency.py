"""A histogram of seconds with fixed bounds, cheap enough to count every record."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import Final

BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)


class Latency:
    """Counts of latencies per bucket, with their sum; one more bucket stands for all above the last bound."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def observe(self, stamps_ms: Iterable[int], now_ms: float) -> None:
        """Count each record's way from its timestamp to now. Clocks that disagree give 0, no timestamp (-1) nothing."""
        # Of many records that are published at once, many came in the same millisecond.
        for stamp, times in Counter(stamps_ms).items():
            if stamp >= 0:
                seconds = max(now_ms - stamp, 0.0) / 1_000
                self.counts[bisect_left(BOUNDS_S, seconds)] += times
                self.sum_s += times * seconds

    def cumulative(self) -> list[tuple[str, int]]:
        """(upper bound in seconds, number of latencies up to it), as Prometheus wants them, ``+Inf`` last."""
        total, buckets = 0, []
        for bound, count in zip([*map(str, BOUNDS_S), "+Inf"], self.counts, strict=True):
            total += count
            buckets.append((bound, total))
        return buckets
