"""Work in processes of their own: who fails costs nobody else's result."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from streams.here import children
from streams.here.children import each, how_many


def work(job: str) -> str:
    what, _, rest = job.partition(" ")
    if what == "raise":
        raise ValueError(rest)
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "wait":
        Path(rest).write_text(str(os.getpid()))
        time.sleep(600)
    return job.upper()


def test_every_job_ends_with_its_result_or_with_why_there_is_none():
    ended = dict(each(work, ["one", "raise it is broken", "die", "two"], at_once=2))

    assert [ended[n].result for n in range(4)] == ["ONE", None, None, "TWO"]
    assert ended[1].problem == "ValueError: it is broken"
    assert "ended with -9, killed: for want of memory, perhaps" in str(ended[2].problem)


def test_whoever_stops_listening_leaves_no_process_behind(tmp_path: Path):
    mark = tmp_path / "pid"
    running = each(work, ["wait " + str(mark), "one"], at_once=2)
    assert next(running)[0] == 1
    while not mark.is_file() or not mark.read_text():
        time.sleep(0.01)

    running.close()

    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


@pytest.mark.parametrize(("room", "wanted", "found"), [(None, 3, 3), (10**12, 3, 3), (900_000_000, 8, 2), (1, 8, 1)])
def test_there_are_no_more_than_memory_has_room_for(monkeypatch, room, wanted, found):
    monkeypatch.setattr(children, "available", lambda: room)

    assert how_many(wanted) == found


def test_a_stop_is_raised_where_the_next_result_is_waited_for_and_nowhere_else():
    # Not, as by default, wherever Python is: in a callback of a weak reference it tells of an exception and drops it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ended = children.each(abs, [-1, -2, -3], 1)
        assert next(ended)[0] == 0
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            next(ended)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
