"""What several faults have in common."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from faults.nurseries import Worker
from faults.rounds import Round
from faults.stage import FaultError, Stream

LIVE_S: Final = 40.0
"""How long a worker may take to be live."""
REACHED_S: Final = 15.0
"""How long it may take, once live, to come to a point or to write a snapshot."""


def note_recovery(one: Round, worker: Worker, live_s: float | None) -> None:
    """Keep how long a start took, and how many records it had to learn again."""
    if live_s is not None:
        one.figures["live_s"] = round(live_s, 3)
    if taken := worker.taken_over():
        one.figures["replay"] = sum(published - position for _, position, published, _ in taken[:1])


async def settle(stream: Stream, *, river: bool = False, aborted: Path | None = None, workers: int = 1) -> None:
    """Bring a stream to its end with unbroken workers, stop them, and have everything verified."""
    while len(stream.running()) < workers:
        await stream.start()
    await stream.filler.stop()
    await stream.caught_up()
    metric = None
    if river:
        found = re.search(r'^rivergauge_metric\{.*name="Accuracy".*\} (\S+)', await stream.running()[0].metrics(), re.M)
        if found is None:
            raise FaultError("/metrics must show the accuracy, and does not")
        metric = float(found[1])
    await stream.finish()
    await stream.verify(river=river, metric=metric, aborted=aborted)


def expect_killed(one: Round, worker: Worker, status: int | None) -> None:
    """A worker that ended before it was killed ended by itself, which it must not."""
    if status != -signal.SIGKILL:
        one.failed(f"ended by itself with {status}: {worker.last_words()}")


async def live_worker(stream: Stream) -> Worker:
    """Start the stream and its first worker; the worker, when it is live."""
    stream.filler.start()
    worker = await stream.start()
    if await worker.live_after(LIVE_S) is None:
        raise FaultError(f"not live within {LIVE_S} s: {worker.last_words()}")
    return worker


async def wait_until(condition: Callable[[], bool], what: str, patience_s: float) -> None:
    """Wait for a condition, ``what`` in words; a FaultError if it does not come."""
    until = monotonic() + patience_s
    while not condition():
        if monotonic() > until:
            raise FaultError(f"{what} expected within {patience_s} s")
        await asyncio.sleep(0.05)
