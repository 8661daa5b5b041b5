"""Workers leave the group, join it, and come back when it has gone on without them."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic

from faults.nurseries import Worker
from faults.rounds import Round
from faults.scenarios.points import COMMITTING
from faults.scenarios.steps import LIVE_S, settle, wait_until
from faults.stage import FaultError, Stage, Stream


async def sigterm(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """SIGTERM under load: exit code 0 within five seconds, S = E, and the successor has nothing to replay."""
    async with stage.stream("sigterm", rng, rate=500, snapshot_events=1_000) as stream:
        stream.filler.start()
        left: dict[int, tuple[int, int]] = {}
        for one in rounds:
            worker = await stream.start()
            await wait_until(lambda worker=worker: bool(worker.taken_over()), "a take-over", LIVE_S)  # type: ignore[misc]
            taken = worker.taken_over()
            if left and taken and any(taken[0][1:3] != left[p] for p in left):
                one.failed(f"the successor took over at {taken[0]}, expected S and E {left}")
            await asyncio.sleep(rng.uniform(0.0, 1.5))
            begun = monotonic()
            worker.send(signal.SIGTERM)
            code = await worker.ended_within(8.0)
            took = monotonic() - begun
            one.what, one.figures["stop_s"] = f"SIGTERM {took:.2f} s before its end", round(took, 3)
            if code != 0 or took > 5.0:
                await worker.kill()
                one.failed(f"exit code 0 within 5 s expected, got {code} after {took:.2f} s: {worker.last_words()}")
                await stream.evict()
            left = await stream.marks()
            if any(s != e for s, e in left.values()):
                one.failed(f"S = E expected, got {left}")
        await settle(stream)


async def zombies(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """A worker stopped beyond its session and continued, at a random moment or in the middle of a commit.

    The other takes over; the zombie goes on as a member or ends with its reason.
    """
    async with stage.stream("zombies", rng, partitions=2, rate=100, snapshot_events=200) as stream:
        stream.filler.start()
        stays = await stream.start()
        for one in rounds:
            point = rng.choice((None, *COMMITTING))
            zombie = await stream.start(point, rng.randint(1, 20), "stop")
            if point is None:
                await zombie.live_after(LIVE_S)
                await asyncio.sleep(rng.uniform(0.0, 2.0))
                zombie.send(signal.SIGSTOP)
            await wait_until(partial(_is_stopped, zombie), f"a stop {point or 'from outside'}", LIVE_S)
            stopped = monotonic()
            await asyncio.sleep(rng.uniform(10.5, 17.0))
            if await _others_go_on(stream):
                one.what = f"stopped {point or 'at a random moment'} for {monotonic() - stopped:.1f} s"
            else:
                one.failed("the other worker must have taken both partitions over, and has not")
            zombie.send(signal.SIGCONT)
            code = await zombie.ended_within(rng.uniform(1.0, 4.0))
            if code is None:
                one.what += "; went on as a member"
            else:
                one.what += f"; ended with {code}: {zombie.last_words()}"
                if code < 0 or code == 70:
                    one.failed("it must go on or end with a reason that is no defect")
            if not stays.is_running:
                one.failed(f"the other worker ended with {stays.ended.result()}: {stays.last_words()}")
                stays = await stream.start()
            if zombie.is_running:
                # The next round's zombie is another; sometimes the one that goes is the one that stayed.
                if rng.random() < 0.5:
                    stays, zombie = zombie, stays
                zombie.send(signal.SIGTERM)
                code = await zombie.ended_within(8.0)
                if code != 0:
                    one.failed(f"SIGTERM afterwards: 0 expected, got {code}: {zombie.last_words()}")
        await settle(stream)


async def _others_go_on(stream: Stream) -> bool:
    """Wait until every partition is published beyond what it is now: who goes on is not the one that is stopped."""
    before, until = await stream.marks(), monotonic() + LIVE_S
    while monotonic() < until:
        await asyncio.sleep(0.2)
        after = await stream.marks()
        if all(after[partition][1] > mark[1] for partition, mark in before.items()):
            return True
    return False


def _is_stopped(worker: Worker) -> bool:
    if not worker.is_running:
        raise FaultError(f"ended with {worker.ended.result()} before it was stopped: {worker.last_words()}")
    return Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


async def storm(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, seconds: float = 300.0) -> None:
    """Four workers, eight partitions: workers join and leave, in order or not, for minutes."""
    [one] = rounds
    async with stage.stream("storm", rng, partitions=8, rate=300, snapshot_events=100) as stream:
        stream.filler.start()
        for _ in range(4):
            await stream.start()
        until, changes = monotonic() + seconds, 0
        while monotonic() < until:
            await asyncio.sleep(rng.uniform(1.0, 6.0))
            running = stream.running()
            if len(running) > 4 or (len(running) > 1 and rng.random() < 0.6):
                leaver = rng.choice(running)
                number = rng.choice((signal.SIGTERM, signal.SIGKILL))
                leaver.send(number)
                status = await leaver.ended_within(8.0)
                if status not in (0, -signal.SIGKILL):
                    one.failed(f"{number.name}: ended with {status}: {leaver.last_words()}")
            else:
                await stream.start()
            changes += 1
        one.what = f"{changes} workers joined or left in {seconds:.0f} s"
        one.figures["changes"] = changes
        await settle(stream, workers=4)
