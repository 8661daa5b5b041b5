"""The worker: a listener, a pipeline, a way to stop, and an exit code that means something.

The listener comes first and answers from the first second, therefore the pipeline's imports (Faust, River: seconds on a
slow machine) happen beside it, in a thread. Stopping takes less than five seconds, or what hangs is given up.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol, TypeAlias

import uvloop

from schemas.gauge import Gauge
from streams.here import logs
from streams.here.exit_codes import ExitCode
from streams.http.guards.tokens import Tokens
from streams.http.health import Health, Service
from streams.http.metrics.catalogue import Reading
from streams.http.metrics.telemetry import Telemetry
from streams.worker.guard import Guard

COLLECT_AFTER: Final = 50_000
"""Containers made before Python looks for cycles among them, of which there are few: at the default of 700 the looking
cost a fifth of the fold (20 of 105 µs per event, logistic regression)."""

BEAT_S: Final = 0.1
"""How often the event loop tells the guard that it turns."""

LEAVE_S: Final = 0.5
"""How long the process may wait for its threads when all is done."""

_log = logs.Log("worker")


class Work(Protocol):
    """What a worker runs; see `streams.worker.pipeline.Pipeline`."""

    async def start(self) -> None:
        """Begin; returns when it runs."""

    async def finish(self) -> None:
        """End in order; raises if what was done cannot be said to be published."""

    async def abandon(self) -> None:
        """End at once."""

    def waiting_for(self) -> list[str]:
        """What keeps it from being ready."""

    def readings(self) -> Iterable[Reading]:
        """One reading per partition."""

    def measured(self) -> Iterable[Reading]:
        """The same for ``/metrics``."""

    @property
    def service(self) -> Service | None:
        """What it does for HTTP clients; None before it has begun."""


class Worker:
    """One process of a gauge.

    Parameters
    ----------
    gauge
        A checked gauge.
    load
        Imports what is needed and makes the work, given whom to tell a failure. Called in a thread.
    environ
        Where the tokens of HTTP clients are looked up.
    role
        What its log calls it.
    """

    def __init__(
        self,
        gauge: Gauge,
        load: Callable[[], Callable[[Callable[[BaseException], None]], Work]],
        environ: Mapping[str, str] = os.environ,
        role: str = "worker",
    ) -> None:
        self.gauge = gauge
        self._role = role
        self._load = load
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self.work: Work | None = None
        self.telemetry = Telemetry(gauge.name, self)
        self.health = Health(
            gauge.server.host,
            gauge.server.port,
            waiting_for=self.waiting_for,
            metrics=self.telemetry.text_in_turns,
            service=lambda: None if self.work is None else self.work.service,
            readings=lambda: () if self.work is None else self.work.readings(),
            gauge=gauge.name,
            tokens=lambda: Tokens.of(environ),
            requests_per_second=gauge.server.requests_per_second,
        )

    async def run(self) -> ExitCode:
        """Work until `stop`, or until something ends the worker; the reason is logged."""
        starting = asyncio.create_task(self._start(), name="start")
        stopped = asyncio.create_task(self._stop.wait(), name="stop")
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            reason = starting.exception()
            if reason is not None:
                self.fail(reason)
        await stopped
        if starting.cancel():
            await asyncio.gather(starting, return_exceptions=True)
        _log.info(f"{self._role} stopping", gauge=self.gauge.name)
        await self._close()
        return self._exit_code()

    def stop(self) -> None:
        """Ask the worker to finish."""
        self._stop.set()

    def fail(self, reason: BaseException) -> None:
        """End the worker; the first reason counts. Once it was asked to stop, only what `Work.finish` raises does."""
        if not self._stop.is_set():
            self._failure = reason
            self._stop.set()

    def waiting_for(self) -> list[str]:
        """What keeps the worker from being ready."""
        if self._stop.is_set():
            return ["nothing: it is stopping"]
        return ["its own start"] if self.work is None else self.work.waiting_for()

    def is_ready(self) -> bool:
        """Whether nothing is waited for."""
        return not self.waiting_for()

    def readings(self) -> Iterable[Reading]:
        """One reading per partition that is ours, for ``/metrics``."""
        return () if self.work is None else self.work.measured()

    async def _start(self) -> None:
        await self.health.start()
        _log.info(f"{self._role} started", gauge=self.gauge.name, digest=self.gauge.digest, port=self.health.port)
        make = await asyncio.to_thread(self._load)
        self.work = make(self.fail)
        await self.work.start()

    async def _close(self) -> None:
        if self.work is not None:
            if self._failure is None:
                try:
                    await self.work.finish()
                except Exception as reason:  # noqa: BLE001  # the outermost place; the exit code says what it was
                    self._failure = reason
            else:
                await self.work.abandon()
        await self.health.stop()

    def _exit_code(self) -> ExitCode:
        if self._failure is None:
            _log.info(f"{self._role} stopped", gauge=self.gauge.name)
            return ExitCode.OK
        # It brings aiokafka, for which the first second does not wait.
        from streams.kafka.client_errors import as_worker_error

        error = as_worker_error(self._failure)
        cause = self._failure if error.exit_code is ExitCode.DEFECT else None
        code = error.exit_code
        _log.error(f"{self._role} failed", cause=cause, gauge=self.gauge.name, exit_code=int(code), reason=error)
        return code


Load: TypeAlias = Callable[[], Callable[[Callable[[BaseException], None]], Work]]
"""Imports what is needed, and gives what makes the work, given whom to tell a failure."""


def run(
    gauge: Gauge,
    *,
    environ: Mapping[str, str] = os.environ,
    loading: Callable[..., Load] | None = None,
    role: str = "worker",
    **options: Any,
) -> ExitCode:
    """Run one worker in this process until SIGTERM or SIGINT; what it returns is the process's exit code.

    Parameters
    ----------
    gauge
        A checked gauge.
    environ
        Where passwords are looked up.
    loading
        What is to be worked, given gauge, ``environ``, ``at_work`` and the options; by default `pipeline`.
    role
        What the log calls it.
    options
        ``missing``, ``patience_s`` and ``make_core`` of `streams.worker.pipeline.Pipeline`; by default missing topics
        are created and the broker is tried for ever.
    """
    load = pipeline if loading is None else loading

    guard = Guard(stalled_after_s=gauge.server.stalled_after_seconds)
    leaving: list[threading.Timer] = []

    async def main() -> ExitCode:
        loaded = _settled(load(gauge, environ=environ, at_work=guard.at_work, **options))
        worker = Worker(gauge, loaded, environ, role)
        loop = asyncio.get_running_loop()

        def asked(_number: int, _frame: object) -> None:
            guard.asked()
            with suppress(RuntimeError):  # the loop has ended already
                loop.call_soon_threadsafe(worker.stop)

        def beat() -> None:
            guard.beat()
            loop.call_later(BEAT_S, beat)

        # Not through the loop, which could not be told while it does not turn.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, asked)
        beat()
        code = await worker.run()
        leaving.append(_leave(code))
        return code

    gc.set_threshold(COLLECT_AFTER)
    guard.start()
    try:
        # Most of what a worker does at 1,000 events per second is turning the event loop, and this one is written in C.
        code = uvloop.run(main())
    except BaseException:
        guard.asked()  # whatever happened: a process that does not end by itself is ended
        raise
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(int(code)))  # it is ending already, and says what it ended with
    for timer in leaving:
        timer.cancel()
    guard.stop()
    return code


def _settled(load: Load) -> Load:
    """The same, with all that it imports out of the sight of Python's look for cycles.

    That is some 200,000 objects that stay, and to look at them all took 120 ms, for which every answer waited.
    """

    def loaded() -> Callable[[Callable[[BaseException], None]], Work]:
        make = load()
        gc.collect()
        gc.freeze()
        return make

    return loaded


def _leave(code: ExitCode) -> threading.Timer:
    """End the process with ``code``, should it still wait for a thread (one in a disc that hangs) in a while."""
    timer = threading.Timer(LEAVE_S, os._exit, (int(code),))
    timer.daemon = True
    timer.start()
    return timer


def pipeline(gauge: Gauge, *, environ: Mapping[str, str], **options: Any) -> Load:
    """What a `Worker` loads: the real pipeline, imported when it is wanted."""

    def load() -> Callable[[Callable[[BaseException], None]], Work]:
        from streams.kafka.topics import Missing
        from streams.worker.pipeline import Pipeline

        settings = {"missing": Missing.CREATE, "patience_s": None, **options}
        return lambda fail: Pipeline(gauge, environ=environ, fail=fail, **settings)

    return load
