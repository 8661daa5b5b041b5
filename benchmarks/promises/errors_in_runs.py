"""Contests on 0/1 errors: how often an equal version is promoted, and after how many labels a better one.

Errors of each version are a Markov chain of their own, of a given rate and lag-1 correlation. A contest is looked at
after every label. The gap is that of the two rates, in points.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import median
from typing import Final

from benchmarks.promises.contests import ALPHA, LOOKS, interval
from benchmarks.promises.row import Row, share_error
from models.retraining.contests.contest import Contest, Verdict

RATE: Final = 0.2
"""The better version's errors."""
GAPS: Final = (0.20, 0.10, 0.05, 0.02)


def rows(quick: bool) -> Iterator[Row]:
    """False promotions by correlation, then labels to promote by the gap."""
    contests = 40 if quick else 400
    for rho in (0.0, 0.5, 0.8, 0.9):
        false = sum(promoted(0.0, rho, seed) is not None for seed in range(contests)) / contests
        note = f"95 % interval {interval(false, contests)}; {LOOKS:,} looks each"
        yield Row(f"lag-1 {rho}: equal versions promoted", false, ALPHA, share_error(false, contests), note)
    for gap in GAPS:
        for rho in (0.0, 0.5):
            found = [promoted(gap, rho, seed) for seed in range(contests // 4)]
            note = f"{sum(at is not None for at in found)} of {len(found)} in {LOOKS:,}"
            labels = median(LOOKS if at is None else at for at in found)
            yield Row(f"{gap * 100:.0f} points, lag-1 {rho}: labels to promote", labels, None, note=note)


def promoted(gap: float, rho: float, seed: int) -> int | None:
    """After how many labels the version with fewer errors is promoted; ``None`` if it is not."""
    rng = random.Random(seed)
    contest = Contest(alpha=ALPHA, margin=None)
    rates = (RATE + gap, RATE)
    errs = [rng.random() < rate for rate in rates]
    for n in range(1, LOOKS + 1):
        errs = [err if rng.random() < rho else rng.random() < rate for err, rate in zip(errs, rates, strict=True)]
        if contest.update(float(errs[0] - errs[1])) is Verdict.PROMOTE:
            return n
    return None
