"""A parent that has imported everything and forks workers: a start costs milliseconds instead of seconds.

It never runs a loop or a thread, so that a fork is a clean copy. Orders come as JSON lines on standard input, reports
go as JSON lines to standard output:

    {"start": 3, "arguments": [...], "environ": {...}, "log": "..."}  ->  {"started": 3, "pid": 711}
                                                                       ->  {"ended": 3, "status": -9}

``status`` is the exit code, or minus the signal. When its input ends it kills what is left, and ends.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import traceback
from typing import Any


def main() -> None:
    """Serve until the input ends."""
    import streams.worker.pipeline  # noqa: F401  # what a worker would import, once for all
    from faults.worker import main as work

    gc.freeze()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    running: dict[int, int] = {}
    pending = b""
    _say({"ready": os.getpid()})
    while True:
        readable, _, _ = select.select([0, woken], [], [])
        if woken in readable:
            os.read(woken, 4_096)
        _reap(running)
        if 0 in readable:
            data = os.read(0, 65_536)
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                order = json.loads(line)
                pid = _fork(order, work, (woken, wake))
                running[pid] = order["start"]
                _say({"started": order["start"], "pid": pid})
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _fork(order: dict[str, Any], work: Any, ours: tuple[int, int]) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in enumerate((nothing, log, log)):
            os.dup2(descriptor, number)
        for descriptor in (*ours, log, nothing):
            os.close(descriptor)
        os.environ.update(order["environ"])
        code = work(order["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 70
    except BaseException:  # noqa: BLE001  # the outermost place of a forked process: nothing may return from here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _reap(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        _say({"ended": running.pop(pid), "status": os.waitstatus_to_exitcode(status)})


def _say(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
