"""Workers as the harness sees them: started through a nursery, killed, stopped, continued, waited for."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
READY_EVERY_S: Final = 0.025

_TAKEN_OVER: Final = re.compile(r"partition taken over partition=(\d+) position=(\d+) published=(\d+) end=(\d+)")


class Worker:
    """One worker process, from its fork on."""

    def __init__(self, pid: int, port: int, log: Path, ended: asyncio.Future[int]) -> None:
        self.pid = pid
        self.log = log
        self.ended = ended
        """Its exit code, or minus the signal that ended it."""
        self.started_at = monotonic()
        self._port = port

    @property
    def is_running(self) -> bool:
        """Whether it has not ended; a stopped one has not."""
        return not self.ended.done()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing if it has ended."""
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def kill(self) -> int:
        """SIGKILL; what it ended with, which is something else if it was quicker."""
        self.send(signal.SIGKILL)
        return await self.ended

    async def ended_within(self, seconds: float) -> int | None:
        """What it ended with; None if it still runs then."""
        await asyncio.wait({self.ended}, timeout=seconds)
        return self.ended.result() if self.ended.done() else None

    async def is_live(self) -> bool:
        """Whether it says that it is ready."""
        try:
            async with asyncio.timeout(2.0):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
                    return b" 200 " in await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False

    async def metrics(self) -> str:
        """What it answers to ``/metrics``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            return (await reader.read()).decode()
        finally:
            writer.close()

    async def live_after(self, patience_s: float) -> float | None:
        """Wait until it is ready; seconds since its start, None if it ended or was not ready in time."""
        until = monotonic() + patience_s
        while self.is_running and monotonic() < until:
            if await self.is_live():
                return monotonic() - self.started_at
            await asyncio.sleep(READY_EVERY_S)
        return None

    def said(self) -> str:
        """Its log; nothing before its first line."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def taken_over(self) -> list[tuple[int, int, int, int]]:
        """Each takeover it logged: partition, S, E, end of the log."""
        found = (match.groups() for match in _TAKEN_OVER.finditer(self.said()))
        return [(int(a), int(b), int(c), int(d)) for a, b, c, d in found]

    def last_words(self) -> str:
        """Why it ended, as its log says."""
        lines = [line for line in self.said().splitlines() if " ERROR " in line or "Error" in line]
        return lines[-1][-400:] if lines else "it said nothing"


class Nursery:
    """A process that forks workers, see `faults.nursery`."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._numbers = itertools.count()
        self._started: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def start(self, hash_seed: int) -> None:
        """Begin; ``hash_seed`` is Python's, which the workers share."""
        limits = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": str(hash_seed)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "faults.nursery",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, **limits}, cwd=ROOT,
        )  # fmt: skip
        assert self._process.stdout is not None
        if not await self._process.stdout.readline():
            raise RuntimeError("the nursery did not start; see its standard error")
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    async def fork(self, arguments: Sequence[str], environ: Mapping[str, str], port: int, log: Path) -> Worker:
        """Start a worker."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        started = self._started[number] = loop.create_future()
        ended = self._ended[number] = loop.create_future()
        order = {"start": number, "arguments": list(arguments), "environ": dict(environ), "log": str(log)}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()
        return Worker(await started, port, log, ended)

    async def stop(self) -> None:
        """End, and kill what it has started."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self, reports: asyncio.StreamReader) -> None:
        async for line in reports:
            report: dict[str, Any] = json.loads(line)
            if "started" in report:
                self._started.pop(report["started"]).set_result(report["pid"])
            else:
                self._ended.pop(report["ended"]).set_result(report["status"])


class Nurseries:
    """Several, with different hash seeds: a worker and its successor do not order their sets alike."""

    def __init__(self, count: int = 2) -> None:
        self._all = [Nursery() for _ in range(count)]
        self._next = itertools.cycle(self._all)

    async def start(self, rng: random.Random) -> None:
        """Begin."""
        for nursery in self._all:
            await nursery.start(rng.randrange(1, 2**32 - 1))

    async def fork(self, arguments: Sequence[str], environ: Mapping[str, str], port: int, log: Path) -> Worker:
        """Start a worker in the next of them."""
        return await next(self._next).fork(arguments, environ, port, log)

    async def stop(self) -> None:
        """End all."""
        for nursery in self._all:
            await nursery.stop()
