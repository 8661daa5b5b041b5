"""Work that the fold waits for, kept to a share of the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import thread_time


class Allowance:
    """What takes long is done less often: after work of a second it rests for as long as makes that its share.

    Parameters
    ----------
    share
        Of the time, in (0, 1].
    spent
        Seconds of work that this thread has done.

    >>> work = iter([0.0, 0.1])
    >>> allowance = Allowance(0.025, spent=lambda: next(work))
    >>> with allowance.work(now_s=100.0):
    ...     pass
    >>> allowance.is_due(103.9), allowance.is_due(104.0)
    (False, True)
    """

    def __init__(self, share: float, *, spent: Callable[[], float] = thread_time) -> None:
        self._share = share
        self._spent = spent
        self._rests_until_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether it has rested long enough."""
        return now_s >= self._rests_until_s

    @contextmanager
    def work(self, now_s: float, *, sharers: int = 1) -> Iterator[None]:
        """Work that begins now; ``sharers`` have one share together, each with an allowance of its own."""
        before = self._spent()
        try:
            yield
        finally:
            self._rests_until_s = now_s + sharers * (self._spent() - before) / self._share
