"""Snapshots are damaged while no worker runs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

from faults.rounds import Round
from faults.scenarios.steps import LIVE_S, REACHED_S, expect_killed, note_recovery, settle, wait_until
from faults.stage import Stage


def position(file: Path) -> int:
    """The position that a snapshot's file name carries."""
    return int(file.stem.partition("-")[2])


def damage(files: Sequence[Path], rng: random.Random) -> None:
    """Flip a bit, cut off the end, empty it, or put other bytes there."""
    for file in files:
        blob = bytearray(file.read_bytes())
        how = rng.choice(("flip", "cut", "empty", "foreign")) if blob else "foreign"
        if how == "flip":
            blob[rng.randrange(len(blob))] ^= 1 << rng.randrange(8)
        elif how == "cut":
            del blob[rng.randrange(len(blob)) :]
        elif how == "empty":
            blob.clear()
        else:
            blob[:] = rng.randbytes(rng.randrange(1, 5_000))
        file.write_bytes(blob)


async def damaged(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, newest: int | None) -> None:
    """A worker killed at a random moment, and its newest snapshots damaged; ``None``: all of them."""
    async with stage.stream("damaged", rng, store="directory") as stream:
        stream.filler.start()
        worker = await stream.start()
        for one in rounds:
            if await worker.live_after(LIVE_S) is None:
                one.failed(f"not live within {LIVE_S} s: {worker.last_words()}")
            await wait_until(lambda: len(stream.snapshots()) >= (newest or 1) + 1, "enough snapshots", REACHED_S)
            moment = rng.uniform(0.0, 1.0)
            await asyncio.sleep(moment)
            expect_killed(one, worker, await worker.kill())
            files = stream.snapshots()[:newest]
            damage(files, rng)
            await stream.evict()
            one.what = f"killed after {moment:.3f} s live, {len(files)} snapshots damaged"
            worker = await stream.start()
            live = await worker.live_after(LIVE_S)
            note_recovery(one, worker, live)
            if live is None:
                one.failed(f"not live within {LIVE_S} s: {worker.last_words()}")
            passed_over = worker.said().count("snapshot passed over")
            if passed_over < len(files):
                one.failed(f"{len(files)} snapshots were damaged, {passed_over} passed over")
        await settle(stream)
