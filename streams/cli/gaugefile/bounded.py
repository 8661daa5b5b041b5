"""Work done in a child process that may take so much time and memory, and no more."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

MEMORY: Final = 4_000_000_000
"""Bytes of address space."""

PATIENCE: Final = 3
"""A child that sleeps rather than computes may take this many times its processor time."""


class OverrunError(Exception):
    """The work took more than it may, or its process died; ``began`` are the notes that it left on its way."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes
        super().__init__("the work took more than it may")


class _Note(NamedTuple):
    text: str


def bounded(work: Callable[[Callable[[str], None]], Any], *, seconds: float) -> Any:
    """What ``work`` returns, which must be picklable; it is given a function by which it leaves notes on its way.

    ``seconds`` are of processor time, so that a busy machine changes no answer.

    Raises
    ------
    OverrunError
        If it takes longer, wants more than `MEMORY`, or its process dies.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(work, sender, seconds), daemon=True)
    sys.stdout.flush()
    process.start()
    sender.close()
    notes: list[str] = []
    try:
        while receiver.poll(PATIENCE * seconds):
            answer = receiver.recv()
            if not isinstance(answer, _Note):
                return answer
            notes.append(answer.text)
        raise OverrunError(notes)
    except EOFError:
        raise OverrunError(notes) from None
    finally:
        process.kill()
        process.join()


def _child(work: Callable[[Callable[[str], None]], Any], sender: Connection, seconds: float) -> None:
    os.dup2(2, 1)  # River's models print remarks, and standard output is the command's answer
    limit = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sender.send(work(lambda text: sender.send(_Note(text))))
