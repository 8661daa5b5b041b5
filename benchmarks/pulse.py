"""When the machine itself is slow: a process of its own does the same little work every few milliseconds, and times it.

On a virtual machine the CPU can slow down for moments, for which neither load nor steal is to blame: then a 99th
percentile says how long those moments are. CPU time is taken, so waiting for a CPU does not count as slow; and the
best of three, so cold caches do not.

    python -m benchmarks.pulse
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.processes import Child

EVERY_S: Final = 0.004
WORK: Final = 100

SLOW: Final = 2.0
"""A beat that took so many times the median's CPU time was a slow one: the CPU had lost half its speed."""

AFTERMATH_MS: Final = 150.0
"""What has piled up in a slow moment is worked off within this."""


@contextmanager
def pulse(scratch: Path) -> Iterator[Callable[[], list[float]]]:
    """Feel the machine's pulse; what is yielded gives the slow beats so far, in ms since 1970."""
    log = scratch / "pulse.log"
    with Child(["-m", "benchmarks.pulse"], log=log) as child:

        def slow() -> list[float]:
            child.check()
            beats = [tuple(map(float, line.split())) for line in log.read_text(encoding="utf-8").splitlines()[:-1]]
            usual = median(took for _, took in beats)
            return [when for when, took in beats if took > SLOW * usual]

        yield slow


def undisturbed(lives: Sequence[tuple[float, float]], slow: Sequence[float]) -> list[float]:
    """How long those lived, of (birth, end) in ms, in whose life and shortly before it no beat was slow."""
    kept = []
    for birth, end in lives:
        n = bisect_left(slow, birth - AFTERMATH_MS)
        if n == len(slow) or slow[n] > end:
            kept.append(end - birth)
    return kept


def main() -> None:
    while True:
        took = min(_work() for _ in range(3))
        print(f"{time.time() * 1_000:.3f} {took * 1e6:.1f}", flush=True)
        time.sleep(EVERY_S)


def _work() -> float:
    begin = time.thread_time()
    x = 1
    for _ in range(WORK):
        x = x * 1_664_525 + 1_013_904_223 & 0xFFFF_FFFF
    return time.thread_time() - begin


if __name__ == "__main__":
    main()
