"""Workers kill themselves at the named points of the protocol."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from time import monotonic
from typing import Final

from faults.rounds import Round
from faults.scenarios.snapshots import damage, position
from faults.scenarios.steps import LIVE_S, REACHED_S, expect_killed, note_recovery, settle, wait_until
from faults.stage import FaultError, Stage, Stream

POINTS: Final = (
    "before fence", "after fence", "before correction", "after correction", "during replay",
    "before begin", "after begin", "after send", "after offsets", "after commit",
    "before image", "after image", "before snapshot write", "after snapshot write", "before prune",
)  # fmt: skip
"""Every named point of the protocol; a test compares this with what a worker tells an observer."""

COMMITTING: Final = ("before begin", "after begin", "after send", "after offsets", "after commit")
ONCE: Final = frozenset({"before fence", "after fence", "before correction", "after correction"})
"""Points that a start comes to once."""


async def points(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, named: Sequence[str] = POINTS) -> None:
    """A worker that kills itself at a named point, each point in turn, in an order of chance."""
    async with stage.stream("points", rng, rate=300, snapshot_events=150) as stream:
        stream.filler.start()
        first = await stream.start()
        if await first.live_after(LIVE_S) is None:
            raise FaultError(f"not live within {LIVE_S} s: {first.last_words()}")
        await wait_until(lambda: len(stream.snapshots()) >= 2, "two snapshots", REACHED_S)
        await first.kill()
        await stream.evict()
        order = [(one, named[one.number % len(named)]) for one in rounds]
        rng.shuffle(order)
        for one, point in order:
            nth = 1 if point in ONCE else rng.randint(1, 2)
            one.what = f"killed itself {point}, time {nth}"
            if "correction" in point:
                # The commit is corrected only if the snapshot that it names cannot be used.
                named_one = await _snapshot_named(stream)
                damage([file for file in stream.snapshots() if position(file) >= named_one], rng)
            await _killed_at(stream, one, point, nth)
        await settle(stream)


async def _snapshot_named(stream: Stream) -> int:
    """The position of the snapshot that the commit names; after a correction to 0 a worker has to make one first."""
    if (named := (await stream.marks())[0][0]) > 0:
        return named
    worker = await stream.start()
    deadline = monotonic() + REACHED_S
    while (named := (await stream.marks())[0][0]) == 0:
        if monotonic() > deadline:
            raise FaultError(f"no commit names a snapshot within {REACHED_S} s: {worker.last_words()}")
        await asyncio.sleep(0.1)
    await worker.kill()
    await stream.evict()
    return named


async def _killed_at(stream: Stream, one: Round, point: str, nth: int) -> None:
    worker = await stream.start(point, nth)
    status = await worker.ended_within(REACHED_S)
    if status is None:
        # There was less of it than nth: the first is reached always.
        await worker.kill()
        await stream.evict()
        worker = await stream.start(point, 1)
        status = await worker.ended_within(REACHED_S)
        one.what = f"killed itself {point}, time 1"
    if status is None:
        await worker.kill()
        one.failed(f"'{point}' was not reached within {REACHED_S} s")
    else:
        expect_killed(one, worker, status)
    note_recovery(one, worker, None)
    await stream.evict()
