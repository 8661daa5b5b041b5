"""The snapshot of a learner, taken while it goes on learning.

To pickle 20 MB and to sign them holds the interpreter for some 400 ms. A forked child has the state as it was at the
fork, and its own time: the parent stalls for the fork alone, some milliseconds. The child does nothing but pickle, seal
and write into memory that both share, and ends without any clean-up; it needs no lock that another thread of the parent
may have held. The parent only maps what it has written.
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
from errno import EMFILE, ENFILE
from mmap import ACCESS_READ, mmap
from tempfile import TemporaryFile
from typing import Any, Final, NoReturn, TypeAlias

from models.learner import Learner
from streams.snapshots.failures import SnapshotStoreError, SnapshotUnpicklableError
from streams.snapshots.format import Payload
from streams.snapshots.payload.pickler import dump
from streams.snapshots.stores.store import Blob

Seal: TypeAlias = Callable[[Payload], bytes]
"""Makes a snapshot of a payload: describes and signs it (`streams.snapshots.format.encode`)."""

Image: TypeAlias = Callable[[Any, Seal], Awaitable[Blob]]
"""Takes the snapshot of a core, of the kind that it is for, as it is when called; awaited, it is there."""

_OK: Final = 97
_FAILED: Final = 98
"""Exit codes of a child that left a snapshot, or why there can be none; none that a process ends with by itself."""

_PIECE: Final = 1 << 20
_DIED: Final = "the process that pickled the state died: is there enough memory?"


def in_place(learner: Learner, seal: Seal) -> Awaitable[Blob]:
    """Pickle and seal here and now. For small states, for tests, and where there is no fork."""
    snapshot: asyncio.Future[Blob] = asyncio.get_running_loop().create_future()
    snapshot.set_result(seal(dump(learner)))
    return snapshot


def forked(learner: Learner, seal: Seal) -> Awaitable[Blob]:
    """Pickle and seal in a forked child; the learner may change as soon as this returns.

    Raises, when awaited
    --------------------
    SnapshotUnpicklableError
        If the state cannot be written.
    SnapshotStoreError
        If there is no room for the child, or it died.
    """
    try:
        shared = _shared_file()
    except OSError as error:
        return _no_room(error)
    try:
        with warnings.catch_warnings():
            # From Python 3.12 on: a child of several threads may wait for ever for a lock. This one takes none.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    except OSError as error:
        os.close(shared)
        return _no_room(error)
    if child == 0:
        _work(learner, seal, shared)
    return _collected(child, shared)


def best() -> Image:
    """``forked`` where it is safe, else ``in_place``: macOS and Windows have no fork that is."""
    return forked if sys.platform == "linux" else in_place


def _shared_file() -> int:
    """A file in memory, without a name; one on disk where the system refuses that, or this Python was built without."""
    try:
        return os.memfd_create("rivergauge-snapshot")
    except AttributeError:
        pass
    except OSError as error:
        if error.errno in (EMFILE, ENFILE):  # none is left for a file on disk either, which would blame the directory
            raise
    with TemporaryFile() as file:
        return os.dup(file.fileno())


def _close_all_but(descriptor: int) -> None:
    """Close every other one, the standard ones excepted: a child whose parent is killed must not hold its port."""
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))


def _work(learner: Learner, seal: Seal, shared: int) -> NoReturn:
    try:
        _close_all_but(shared)
        gc.disable()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        try:
            code, left = _OK, seal(dump(learner))
        except MemoryError:
            os._exit(1)
        except Exception as error:  # noqa: BLE001  told to the parent, which raises it
            code, left = _FAILED, (str(error) or repr(error)).encode(errors="replace")
        view = memoryview(left)
        while view:
            view = view[os.write(shared, view[:_PIECE]) :]
        os._exit(code)
    finally:
        os._exit(1)


def _no_room(error: OSError) -> asyncio.Future[Blob]:
    snapshot: asyncio.Future[Blob] = asyncio.get_running_loop().create_future()
    snapshot.set_exception(SnapshotStoreError(f"no room for a process to pickle the state in: {error}"))
    snapshot.exception()  # seen: whoever waits raises it, and if nobody does it is not worth a word
    return snapshot


def _collected(child: int, shared: int) -> asyncio.Future[Blob]:
    # Waited for from now on, whether anybody wants it or not: a task that would may be cancelled before its first step.
    loop = asyncio.get_running_loop()
    snapshot: asyncio.Future[Blob] = loop.create_future()

    def tell(ending: asyncio.Future[Blob]) -> None:
        error = None if ending.cancelled() else ending.exception()  # seen, also by who gave it up and killed the child
        if snapshot.done() or ending.cancelled():
            snapshot.cancel()
        elif error is not None:
            snapshot.set_exception(error)
            snapshot.exception()  # seen, as in `_no_room`
        else:
            snapshot.set_result(ending.result())

    def give_up(snapshot: asyncio.Future[Blob]) -> None:
        if snapshot.cancelled() and not ending.done():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # the thread that waits for it has then done so

    ending = loop.run_in_executor(None, _wait, child, shared)
    ending.add_done_callback(tell)
    snapshot.add_done_callback(give_up)
    return snapshot


def _wait(child: int, shared: int) -> Blob:
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code not in (_OK, _FAILED):
            raise SnapshotStoreError(_DIED)
        try:
            left = mmap(shared, 0, access=ACCESS_READ)
        except OSError as error:
            raise SnapshotStoreError(f"no room to read what was pickled: {error}") from error
        if code == _FAILED:
            raise SnapshotUnpicklableError(left[:].decode(errors="replace"))
        return left
    finally:
        os.close(shared)
