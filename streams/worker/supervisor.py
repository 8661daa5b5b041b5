"""Several workers of one gauge on one machine: started, watched, started again, stopped together.

Who takes which partition, and what happens when a worker joins or goes, is the consumer group's business; here are only
processes. Workers on other machines, with or without a supervisor, belong to the same group.

Rules: a worker that ends is started again after a pause, unless it ended in order or would end the same way for ever
(`FINAL`). One that keeps failing at once ends them all: whoever watches the supervisor must hear of it. A supervisor
that is told to stop tells its workers and waits; one that is killed takes its workers with it (`streams.here.orphan`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from streams.here import logs
from streams.here.exit_codes import ExitCode
from streams.here.process import RIVERGAUGE

PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)
"""Before a worker's second to fifth start, where each before was short; one more short life is one too many."""

SHORT_LIFE_S: Final = 30.0
"""A worker that lived so long has failed anew, not again."""

STOPS_WITHIN_S: Final = 7.0
"""A worker stops within five seconds or gives up what hangs; after this it is killed."""

REFUSED: Final = frozenset({ExitCode.BROKER_REFUSED, ExitCode.TOPICS, ExitCode.LOG, ExitCode.STATE})
"""A worker has looked, waited as long as waiting could help, and said what a person has to mend."""

FINAL: Final = frozenset({ExitCode.OK, ExitCode.USAGE, *REFUSED})
"""Exit codes after which a worker is not started again: it ended in order, or it would end so each time."""

KILLED_BEFORE_IT_BEGAN: Final = -signal.SIGTERM
"""What a process ends with that is told to stop before it has learned to listen, and before it has read anything."""

_log = logs.Log("supervisor")


class Process(Protocol):
    """What is asked of a worker's process; `asyncio.subprocess.Process` is one."""

    @property
    def pid(self) -> int:
        """Its id."""

    async def wait(self) -> int:
        """Its exit code; negative is the signal that killed it."""

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal."""


class Patience:
    """How long to wait before one worker's next start, and when there shall be none.

    >>> patience = Patience()
    >>> [patience.after(lived_s=1.0) for _ in range(5)]
    [0.5, 1.0, 2.0, 4.0, None]
    >>> patience.after(lived_s=30.0)
    0.5
    """

    def __init__(self) -> None:
        self._short = 0

    def after(self, *, lived_s: float) -> float | None:
        """The pause in seconds after a life of ``lived_s``; ``None`` after the fifth short one in a row."""
        self._short = 0 if lived_s >= SHORT_LIFE_S else self._short + 1
        pause = max(self._short - 1, 0)
        return PAUSES_S[pause] if pause < len(PAUSES_S) else None


class Supervisor:
    """So many workers, until `stop`.

    Parameters
    ----------
    workers
        How many.
    spawn
        Starts the process of worker k, 0 ≤ k < ``workers``.
    clock, sleep
        Seconds that only grow, and waiting for some.
    """

    def __init__(
        self,
        workers: int,
        spawn: Callable[[int], Awaitable[Process]],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._workers = workers
        self._spawn = spawn
        self._clock = clock
        self._sleep = sleep
        self._running: dict[int, Process] = {}
        self._ended_badly: list[int] = []
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Start the workers and keep them; the exit code for the supervisor's process.

        0 if all ended in order; otherwise the code of the first that ended them all, or did not stop in order.
        """
        keepers = {asyncio.create_task(self._keep(k), name=f"worker {k}") for k in range(self._workers)}
        try:
            await self._until_all_ended_or(self._stop.wait(), keepers)
            if self._stop.is_set():
                await self._end(keepers)
        finally:
            self._signal(signal.SIGKILL)
        for keeper in keepers:
            keeper.result()
        code = self._ended_badly[0] if self._ended_badly else int(ExitCode.OK)
        _log.info("supervisor stopped", exit_code=code)
        return code

    def stop(self) -> None:
        """Tell every worker to stop, start none any more, and end when they have."""
        if not self._stop.is_set():
            _log.info("supervisor stopping", running=len(self._running))
            self._stop.set()

    async def _end(self, keepers: set[asyncio.Task[None]]) -> None:
        self._signal(signal.SIGTERM)
        await self._until_all_ended_or(self._sleep(STOPS_WITHIN_S), keepers)
        for worker, process in self._running.items():
            why = f"it ran {STOPS_WITHIN_S:g} s after it was told to stop"
            _log.error("worker killed", worker=worker, pid=process.pid, why=why)
        self._signal(signal.SIGKILL)
        await asyncio.wait(keepers)

    async def _until_all_ended_or(self, limit: Awaitable[object], keepers: set[asyncio.Task[None]]) -> None:
        over = asyncio.ensure_future(limit)
        while (waiting := {keeper for keeper in keepers if not keeper.done()}) and not over.done():
            await asyncio.wait({*waiting, over}, return_when=asyncio.FIRST_COMPLETED)
            if any(keeper.done() and keeper.exception() is not None for keeper in waiting):
                self.stop()  # a defect of ours: `run` raises it when the workers have ended
        over.cancel()

    def _signal(self, number: int) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):  # it has ended, and its keeper is about to hear of it
                process.send_signal(number)

    async def _keep(self, worker: int) -> None:
        patience = Patience()
        while not self._stop.is_set():
            begin = self._clock()
            code = await self._one_life(worker)
            lived_s = self._clock() - begin
            if code == ExitCode.OK or (self._stop.is_set() and code == KILLED_BEFORE_IT_BEGAN):
                _log.info("worker ended in order", worker=worker, lived_s=f"{lived_s:.1f}")
                return
            pause_s = None if code in FINAL else patience.after(lived_s=lived_s)
            said: dict[str, Any] = {"worker": worker, "exit_code": as_exit_code(code), "lived_s": f"{lived_s:.1f}"}
            if self._stop.is_set() or pause_s is None:
                _log.error("worker failed for good", **said)
                self._ended_badly.append(as_exit_code(code))
                self.stop()
                return
            _log.warning("worker failed", **said, starts_again_in_s=pause_s)
            await self._pause(pause_s)

    async def _one_life(self, worker: int) -> int:
        try:
            process = await self._spawn(worker)
        except OSError as error:
            _log.error("worker not started", worker=worker, reason=error)
            return ExitCode.UNAVAILABLE
        self._running[worker] = process
        _log.info("worker process started", worker=worker, pid=process.pid)
        if self._stop.is_set():  # it was asked to stop while the process was made
            self._signal(signal.SIGTERM)
        try:
            return await process.wait()
        finally:
            del self._running[worker]

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until all shall stop."""
        over = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._stop.wait())]
        await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
        for one in over:
            one.cancel()


def run(arguments: list[str], *, workers: int, port: int, environ: Mapping[str, str] = os.environ) -> int:
    """Run ``rivergauge run`` with these arguments in that number of processes, until SIGTERM or SIGINT; the exit code.

    Parameters
    ----------
    arguments
        What follows ``rivergauge run``.
    workers
        How many processes.
    port
        Where the first one's ``/livez``, ``/readyz`` and ``/metrics`` are; worker k takes ``port + k``, and any free
        one if it is 0.
    environ
        The workers' environment, but for their ports.
    """

    async def spawn(worker: int) -> asyncio.subprocess.Process:
        own = {"RIVERGAUGE_SERVER_PORT": str(port + worker if port else 0)}
        # A process group of its own: Ctrl-C reaches the supervisor alone, and each worker exactly once through it.
        return await asyncio.create_subprocess_exec(
            *(*RIVERGAUGE, "run", "--parent", str(os.getpid()), *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            env={**environ, **own},
            process_group=0,
        )

    async def main() -> int:
        supervisor = Supervisor(workers, spawn)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        return await supervisor.run()

    return asyncio.run(main())


def as_exit_code(code: int) -> int:
    """As shells say it: 128 and the number of the signal that killed it.

    >>> as_exit_code(-9), as_exit_code(3)
    (137, 3)
    """
    return 128 - code if code < 0 else code
