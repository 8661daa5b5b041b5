"""How far long work has got: a bar in a terminal, a plain line every few seconds elsewhere. On standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.terminal.output import err

LINE_EVERY_S: Final = 5.0


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function to call with the number of events so far."""
    if not err.is_terminal:
        yield _Lines(what, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


class _Lines:
    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._next = perf_counter() + LINE_EVERY_S

    def __call__(self, done: int) -> None:
        if perf_counter() < self._next or done >= self._total:
            return
        self._next = perf_counter() + LINE_EVERY_S
        err.print(f"{self._what}: {done:,} of {self._total:,} events, {done / self._total:.0%}")
