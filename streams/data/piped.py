"""The rows of standard input, which is read once, as it comes: JSON lines, or CSV if it does not begin with an object.

`at_hand` gathers what has come into batches, so that who writes slowly is answered at once, and who writes fast in few
requests.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Final, NamedTuple, TypeVar

from streams.data.csvfile import csv_rows_of
from streams.data.datafile import BOM, Row, Rows, json_lines_of
from streams.data.unpacking import unpacked

T = TypeVar("T")

STANDARD_INPUT: Final = Path("standard input")
"""What errors call it."""


class Piped(Rows):
    """The rows of standard input, plain or packed. Raises as `Rows`, on the way."""

    def __init__(self, delimiter: str | None = None) -> None:
        self.line = 0
        self._numbered = _numbered(delimiter)


def _numbered(delimiter: str | None) -> Iterator[tuple[int, Row]]:
    # Not sys.stdin itself: a thread that waits for it holds a lock that the interpreter wants at its end.
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as file, unpacked(STANDARD_INPUT, file) as content:
        first = content.peek(256)  # type: ignore[attr-defined]
        if delimiter is None and first.removeprefix(BOM).lstrip()[:1] in (b"{", b"["):
            yield from json_lines_of(STANDARD_INPUT, content)
        else:
            yield from csv_rows_of(STANDARD_INPUT, content, delimiter)


class _End(NamedTuple):
    error: BaseException | None


def at_hand(things: Iterable[T], most: int) -> Iterator[list[T]]:
    """Batches of what there is by now, ``most`` at most and one at least; an error comes after all that came before it.

    A thread reads ahead, ``most`` things.
    """
    queue: Queue[T | _End] = Queue(most)
    Thread(target=_read, args=(things, queue), daemon=True).start()
    while True:
        batch, end = _gathered(queue, most)
        if batch:
            yield batch
        if end is not None:
            if end.error is not None:
                raise end.error
            return


def _gathered(queue: Queue[T | _End], most: int) -> tuple[list[T], _End | None]:
    batch: list[T] = []
    while len(batch) < most:
        try:
            one = queue.get(block=not batch)
        except Empty:
            break
        if isinstance(one, _End):
            return batch, one
        batch.append(one)
    return batch, None


def _read(things: Iterable[T], queue: Queue[T | _End]) -> None:
    error: BaseException | None = None
    try:
        for one in things:
            queue.put(one)
    except BaseException as raised:  # noqa: BLE001  # it is raised in the thread that waits
        error = raised
    queue.put(_End(error))
