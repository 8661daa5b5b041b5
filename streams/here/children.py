"""Work in processes of their own, several at a time: one that fails or dies costs its own result and no other's.

Each child is started afresh (spawn), so it holds nothing of ours but what it is handed. A stop from the keyboard ends
all of them before it is passed on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any, Final, Generic, NamedTuple, TypeVar

from streams.here.memory import available

J = TypeVar("J")
R = TypeVar("R")

_EACH: Final = 400_000_000
"""Bytes that a child is expected to need at most: River and its libraries take half of it."""


class Ended(NamedTuple, Generic[R]):
    """How a child's work ended: with its result, or with why there is none."""

    result: R | None
    problem: str | None = None


def how_many(wanted: int | None) -> int:
    """How many children at a time: as many as wanted, or as there are processors, and no more than memory has room."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    room = available()
    most = processors if wanted is None else wanted
    return max(1, most if room is None else min(most, room // _EACH))


def each(work: Callable[[J], R], jobs: Sequence[J], at_once: int) -> Iterator[tuple[int, Ended[R]]]:
    """Do every job, and yield its number and how it ended as soon as it has.

    ``work`` is a function of a module, ``jobs`` and results can be pickled.
    """
    context = multiprocessing.get_context("spawn")
    left = list(enumerate(jobs))[::-1]
    running: dict[Connection, tuple[int, SpawnProcess]] = {}
    stopped, stop = context.Pipe(duplex=False)
    before = _listen(stop)
    try:
        while left or running:
            while left and len(running) < at_once:
                number, job = left.pop()
                ours, theirs = context.Pipe(duplex=False)
                child = context.Process(target=_do, args=(theirs, work, job), daemon=True)
                child.start()
                theirs.close()
                running[ours] = number, child
            ready = wait([stopped, *running])
            for heard in ready if stopped not in ready else ():
                assert isinstance(heard, Connection)
                number, child = running.pop(heard)
                yield number, _heard(heard, child)
            if stopped.poll():
                raise KeyboardInterrupt
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
        for _, child in running.values():
            child.terminate()
        for _, child in running.values():
            child.join()
        stop.close()
        stopped.close()


def _listen(stop: Connection) -> Any:
    """Pass a stop from the keyboard on through ``stop`` instead of raising it wherever we are.

    Processes begin and end with callbacks of weak references, in which Python prints an exception and drops it. What
    was done about a stop before; ``None`` if nothing is changed.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        return None

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.send_bytes(b"stop")

    return signal.signal(signal.SIGINT, asked)


def _heard(ours: Connection, child: SpawnProcess) -> Ended[Any]:
    with ours:
        try:
            ended: Ended[Any] = ours.recv()
        except EOFError:
            child.join()
            why = "killed: for want of memory, perhaps" if child.exitcode == -signal.SIGKILL else "without a word"
            return Ended(None, f"its process ended with {child.exitcode}, {why}")
    child.join()
    return ended


def _do(theirs: Connection, work: Callable[[Any], Any], job: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it too, and ends us
    try:
        ended: Ended[Any] = Ended(work(job))
    except Exception as error:  # noqa: BLE001  # whatever a user's model raises
        ended = Ended(None, f"{type(error).__name__}: {error}".removesuffix(": "))
    with suppress(BrokenPipeError):
        theirs.send(ended)
