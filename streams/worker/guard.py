"""Who watches the process from without: a child that ends it when it hangs, whatever holds it.

A model that never comes back keeps the event loop, and every thread if it keeps the interpreter's lock: nobody inside
could notice. So a small child is forked before anything else begins. It reads what the worker writes into memory that
both share: a number that grows while the event loop turns, the record that is being folded, whether it was asked to
stop. When the number stands still for too long, or the worker is still there some time after it was asked to stop, the
child logs why and ends it with code 8. A process that is stopped (by a debugger, say) does not hang.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import warnings
from contextlib import suppress
from mmap import mmap
from pathlib import Path
from typing import Final, NoReturn

from streams.here import logs
from streams.here.exit_codes import ExitCode
from streams.here.orphan import end_with

LOOK_S: Final = 0.1
"""How often the child looks."""

LONGEST_S: Final = 1.0
"""What lies between two looks counts for no more."""

STOP_PATIENCE_S: Final = 6.5
"""A worker stops within five seconds, or gives up what hangs; after this it is ended."""

_BEATS, _PARTITION, _OFFSET, _ASKED, _WORDS = range(5)
_ENDS: Final = signal.SIGFPE
"""The signal whose number is `ExitCode.STALLED`: the C library's ``_exit`` handles it, and exits with that number.

No Python is needed for it, so it works whatever the process is at. Nothing else raises it in a worker: Python checks
its divisors, and NumPy masks what floating-point units trap.
"""

_log = logs.Log("guard")


class Looks:
    """For how long a process has stood still, and was asked to stop, as far as it was looked at.

    A stop is promised in seconds, so a clock times it: on a machine so busy that looks are late, as many looks would
    take much longer. A process that stands still is as starved as who looks at it: there looks are counted. What lies
    between two looks counts for `LONGEST_S` at most: a clock that jumps, as over a suspended machine's night, ends
    nothing.

    >>> looks = Looks(0.0)
    >>> for second in range(1, 4):
    ...     looks.take(7, second, asked=True)
    >>> looks.asked_s, looks.still_s
    (3.0, 0.2)
    """

    def __init__(self, now: float) -> None:
        self.asked_s = 0.0
        self._still = 0
        self._beats = -1
        self._last = now

    @property
    def still_s(self) -> float:
        """How long its event loop has not turned."""
        return self._still * LOOK_S

    def pass_over(self, now: float) -> None:
        """Nothing was to be seen."""
        self._last = now

    def take(self, beats: int, now: float, *, asked: bool) -> None:
        """How often its event loop has turned, and whether it was asked to stop."""
        if asked:
            self.asked_s += min(now - self._last, LONGEST_S)
        self._still = self._still + 1 if beats == self._beats else 0
        self._beats, self._last = beats, now


class Guard:
    """The child, and the worker's side of what both share.

    Parameters
    ----------
    stalled_after_s
        How long the event loop may stand still.
    stop_patience_s
        How long the process may be there after it was asked to stop.
    """

    def __init__(self, *, stalled_after_s: float, stop_patience_s: float = STOP_PATIENCE_S) -> None:
        self._stalled_after_s = stalled_after_s
        self._stop_patience_s = stop_patience_s
        self._words = memoryview(mmap(-1, _WORDS * 8)).cast("q")
        self._child: int | None = None
        self.at_work = self._words[_PARTITION:_ASKED]
        """Where the fold writes the partition, plus one and 0 for none, and the offset of the record it is at."""

    def start(self) -> None:
        """Fork the child. Before there are threads, and before the process listens anywhere."""
        _exit_at(_ENDS)
        parent = os.getpid()
        with warnings.catch_warnings():
            # From Python 3.12 on, if there are threads all the same: the child takes no lock that one of them has.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            self._watch(parent)
        self._child = child

    def beat(self) -> None:
        """The event loop turns."""
        self._words[_BEATS] += 1

    def asked(self) -> None:
        """The process was asked to stop."""
        self._words[_ASKED] = 1

    def stop(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)

    def _watch(self, parent: int) -> NoReturn:
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(
                    number, signal.SIG_IGN
                )  # what a terminal sends to all of a group is the worker's to answer
            end_with(parent, signal.SIGKILL)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            os.set_blocking(sys.stderr.fileno(), True)
            self._look(parent)
        finally:
            os._exit(1)

    def _look(self, parent: int) -> None:
        looks = Looks(time.monotonic())
        while os.getppid() == parent:
            time.sleep(LOOK_S)
            now = time.monotonic()
            if _is_stopped(parent):
                looks.pass_over(now)
                continue
            looks.take(self._words[_BEATS], now, asked=bool(self._words[_ASKED]))
            if looks.asked_s > self._stop_patience_s:
                why = f"it was asked to stop, and has not in {self._stop_patience_s:g} s"
                _end(parent, why, self._culprit(looks.still_s))
            elif looks.still_s > self._stalled_after_s:
                _end(parent, f"nothing has moved in it for {self._stalled_after_s:g} s", self._culprit(looks.still_s))

    def _culprit(self, still_s: float) -> str:
        partition, offset = self._words[_PARTITION] - 1, self._words[_OFFSET]
        if partition < 0 or still_s < min(1.0, self._stalled_after_s):
            return "what holds it is not a record: a disc, perhaps, or a library"
        return (
            f"it is at the record of partition {partition}, offset {offset}, and the model does not come back; a "
            f"restart will come to that record again: rivergauge skip {partition} {offset} makes it a dead letter, or "
            "take the candidate that hangs out of the gauge file"
        )


def _end(process: int, why: str, culprit: str) -> None:
    _log.error("worker ended", pid=process, exit_code=int(ExitCode.STALLED), why=f"{why}; {culprit}")
    with suppress(ProcessLookupError):
        os.kill(process, _ENDS)
        time.sleep(1.0)  # one that has not begun its last instruction by then is in the kernel, or changed the handler
        os.kill(process, signal.SIGKILL)


def _exit_at(number: int) -> None:
    libc = ctypes.CDLL(None)
    libc.signal.restype = ctypes.c_void_p
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    libc.signal(number, ctypes.cast(libc._exit, ctypes.c_void_p))


def _is_stopped(process: int) -> bool:
    """Whether it is stopped or traced; where there is no /proc, nobody knows."""
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0] in b"Tt"
    except (OSError, IndexError):
        return False
