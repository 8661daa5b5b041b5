"""The broker goes, and comes back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from time import monotonic

from faults.nurseries import Worker
from faults.rounds import Round
from faults.scenarios.steps import live_worker, settle
from faults.stage import FaultError, Stage, Stream


async def broker_killed(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """The broker killed and started again; the same worker goes on by itself."""
    broker = stage.broker
    assert broker is not None, "this needs a broker of its own"
    async with stage.stream("broker-killed", rng, rate=200) as stream:
        worker = await live_worker(stream)
        for one in rounds:
            await asyncio.sleep(rng.uniform(0.5, 4.0))
            away = rng.choice((0.0, rng.uniform(0.0, 15.0)))
            await asyncio.to_thread(broker.kill)
            await asyncio.sleep(away)
            begun = monotonic()
            await asyncio.to_thread(broker.start)
            one.what = f"killed, started again after {away:.1f} s"
            worker = await _recovered(stream, worker, one, begun)
        await settle(stream)


async def broker_paused(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, seconds: float) -> None:
    """The broker stopped for seconds; the same worker goes on by itself."""
    broker = stage.broker
    assert broker is not None, "this needs a broker of its own"
    async with stage.stream("broker-paused", rng, rate=200) as stream:
        worker = await live_worker(stream)
        for one in rounds:
            await asyncio.sleep(rng.uniform(0.5, 4.0))
            broker.pause()
            await asyncio.sleep(seconds)
            broker.resume()
            one.what = f"paused for {seconds:.0f} s"
            worker = await _recovered(stream, worker, one, monotonic())
        await settle(stream)


async def _recovered(stream: Stream, worker: Worker, one: Round, begun: float) -> Worker:
    """Wait until what is sent is published again; another worker is started if the old one ended."""
    try:
        ends = dict(stream.filler.ends)
        until = begun + 90.0
        while True:
            if not worker.is_running:
                one.failed(f"the worker ended with {worker.ended.result()}: {worker.last_words()}")
                worker = await stream.start()
            try:
                marks = await stream.marks()
            except Exception:  # noqa: BLE001  # the harness's own client meets the same fault
                marks = {}
            if all(marks.get(n, (0, 0))[1] > end for n, end in ends.items()):
                one.figures["recovered_s"] = round(monotonic() - begun, 3)
                return worker
            if monotonic() > until:
                raise FaultError(f"not recovered within 90 s: log ends {ends}, S and E {marks}")
            await asyncio.sleep(0.2)
    except FaultError as error:
        one.failed(str(error))
        return worker
