"""Workers are killed at random moments."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from time import monotonic

from faults import events
from faults.rounds import Round
from faults.scenarios.steps import LIVE_S, expect_killed, note_recovery, settle, wait_until
from faults.stage import FaultError, Stage


async def kills(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, course: str = events.FULL) -> None:
    """One worker, killed at random moments of its start and of its life."""
    store = rng.choice(("directory", "topic"))
    async with stage.stream("kills", rng, store=store, course=course) as stream:
        stream.filler.start()
        for one in rounds:
            worker = await stream.start()
            # Seconds since the fork would only hit the start of a worker on a busy machine.
            taken, moment = rng.random() < 0.75, rng.uniform(0.0, 2.0)
            if taken:
                await wait_until(lambda worker=worker: bool(worker.taken_over()), "a take-over", LIVE_S)  # type: ignore[misc]
            await asyncio.sleep(moment)
            live = await worker.is_live()
            expect_killed(one, worker, await worker.kill())
            note_recovery(one, worker, None)
            one.figures["live"] = int(live)
            since = "the take-over" if taken else "the start"
            one.what = f"killed {moment:.3f} s after {since}, {'live' if live else 'not live yet'}, {store} store"
            await stream.evict()
        await settle(stream, river=course is events.INCREMENTAL)


async def recovery(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """One worker killed while it is live; its successor waits for the dead one's session like any other."""
    async with stage.stream("recovery", rng, rate=300) as stream:
        stream.filler.start()
        worker = await stream.start()
        if await worker.live_after(LIVE_S) is None:
            raise FaultError(f"not live within {LIVE_S} s: {worker.last_words()}")
        for one in rounds:
            await asyncio.sleep(rng.uniform(0.5, 2.0))
            expect_killed(one, worker, await worker.kill())
            worker = await stream.start()
            live = await worker.live_after(LIVE_S)
            note_recovery(one, worker, live)
            one.what = "killed while live; restarted at once"
            if live is None:
                one.failed(f"not live within {LIVE_S} s: {worker.last_words()}")
        await settle(stream)


async def several(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """Three workers on six partitions; one of them is killed and started again, while the group still rebalances."""
    async with stage.stream("several", rng, partitions=6, rate=300, snapshot_events=100) as stream:
        stream.filler.start()
        alive = [await stream.start() for _ in range(3)]
        for one in rounds:
            await asyncio.sleep(rng.choice((rng.uniform(0.2, 3.0), rng.uniform(3.0, 14.0))))
            victim = rng.randrange(3)
            expect_killed(one, alive[victim], await alive[victim].kill())
            one.what = f"worker {victim} of 3 killed after {monotonic() - alive[victim].started_at:.1f} s"
            alive[victim] = await stream.start()
        await settle(stream, workers=3)
