"""Observers of the protocol's named points: they count, and one of them ends or stops its own process."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Final

ACTS: Final = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Breaker:
    """Sends this process a signal when it comes to ``point`` for the ``nth`` time.

    Parameters
    ----------
    point
        The point's name, as the protocol tells it.
    nth
        From 1.
    act
        ``kill`` (SIGKILL) or ``stop`` (SIGSTOP; whoever sends SIGCONT lets it go on from there).
    send
        Sends the signal; by default to this process.
    """

    def __init__(
        self, point: str, nth: int = 1, act: str = "kill", *, send: Callable[[int], None] | None = None
    ) -> None:
        if nth < 1:
            raise ValueError(f"nth must be at least 1, got {nth}")
        self._point = point
        self._left = nth
        self._signal = ACTS[act]
        self._send = send if send is not None else lambda number: os.kill(os.getpid(), number)

    def __call__(self, point: str) -> None:
        """Be told of a point."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                self._send(self._signal)


class Collector:
    """Counts the points that are reached."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, point: str) -> None:
        """Be told of a point."""
        self.seen[point] += 1
