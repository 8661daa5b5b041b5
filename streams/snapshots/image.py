"""The image of a learner, taken while it goes on learning.

Pickling 20 MB holds the interpreter for some 400 ms. A forked child has the state as it was at the fork, and its own
time: the parent stalls for the fork alone, a few milliseconds. The child does nothing but pickle and write to a pipe,
and ends without any clean-up; it needs no lock that another thread of the parent may have held.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NoReturn, TypeAlias

from models.learner import Learner
from streams.snapshots.failures import SnapshotStoreError, SnapshotUnpicklableError
from streams.snapshots.pickler import dump

Image: TypeAlias = Callable[[Learner], Awaitable[bytes]]
"""Takes the payload of a snapshot of the learner as it is when called; awaited, it is there."""

_OK: Final = b"\0"
_FAILED: Final = b"\1"
_PIECE: Final = 1 << 20
_DIED: Final = "the process that pickled the state died: is there enough memory?"


def in_place(learner: Learner) -> Awaitable[bytes]:
    """Pickle here and now. For small states, for tests, and where there is no fork."""
    payload: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    payload.set_result(dump(learner))
    return payload


def forked(learner: Learner) -> Awaitable[bytes]:
    """Pickle in a forked child; the learner may change as soon as this returns.

    Raises, when awaited
    --------------------
    SnapshotUnpicklableError
        If the state cannot be written.
    SnapshotStoreError
        If there is no room for the child, or it died.
    """
    try:
        reader, writer = os.pipe()
    except OSError as error:
        return _no_room(error)
    try:
        with warnings.catch_warnings():
            # From Python 3.12 on: a child of several threads may wait for ever for a lock. This one takes none.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    except OSError as error:
        os.close(reader)
        os.close(writer)
        return _no_room(error)
    if child == 0:
        _work(learner, writer)
    os.close(writer)
    return _collected(child, reader)


def best() -> Image:
    """``forked`` where it is safe, else ``in_place``: macOS and Windows have no fork that is."""
    return forked if sys.platform == "linux" else in_place


def _close_all_but(descriptor: int) -> None:
    """Close every other one, the standard ones excepted.

    A child whose parent is killed must not hold the parent's port, nor the pipe's other end: it would wait for ever
    for somebody to read it.
    """
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))


def _work(learner: Learner, writer: int) -> NoReturn:
    try:
        _close_all_but(writer)
        gc.disable()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        try:
            answer = _OK + dump(learner)
        except Exception as error:  # noqa: BLE001  told to the parent, which raises it
            answer = _FAILED + str(error).encode(errors="replace")
        view = memoryview(answer)
        while view:
            view = view[os.write(writer, view[:_PIECE]) :]
        os._exit(0)
    finally:
        os._exit(1)


def _no_room(error: OSError) -> asyncio.Future[bytes]:
    payload: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    payload.set_exception(SnapshotStoreError(f"no room for a process to pickle the state in: {error}"))
    payload.exception()  # seen: whoever waits raises it, and if nobody does it is not worth a word
    return payload


def _collected(child: int, reader: int) -> asyncio.Future[bytes]:
    # Read from now on, whether anybody waits or not: a task that would may be cancelled before its first step.
    loop = asyncio.get_running_loop()
    payload: asyncio.Future[bytes] = loop.create_future()

    def tell(reading: asyncio.Future[bytes]) -> None:
        if payload.done() or reading.cancelled():
            payload.cancel()
        elif (error := reading.exception()) is not None:
            payload.set_exception(error)
        elif (answer := reading.result())[:1] == _OK:
            payload.set_result(answer[1:])
        elif answer[:1] == _FAILED:
            payload.set_exception(SnapshotUnpicklableError(answer[1:].decode(errors="replace")))
        else:
            payload.set_exception(SnapshotStoreError(_DIED))

    def give_up(payload: asyncio.Future[bytes]) -> None:
        if payload.cancelled() and not reading.done():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # the thread that reads then comes to the end, and waits for it

    reading = loop.run_in_executor(None, _read, child, reader)
    reading.add_done_callback(tell)
    payload.add_done_callback(give_up)
    return payload


def _read(child: int, reader: int) -> bytes:
    pieces = []
    try:
        while piece := os.read(reader, _PIECE):
            pieces.append(piece)
    finally:
        os.close(reader)
        _pid, status = os.waitpid(child, 0)
    return b"".join(pieces) if status == 0 else b""
