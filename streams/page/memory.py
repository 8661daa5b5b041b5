"""What a page's process remembers of one partition since it began: the metric as it moved, and how fast things come.

What must outlive the process is read from the log; this is the finer grain of the last hours.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Final, NamedTuple

from schemas.status import Status
from streams.view.series import Curve

OVER_MS: Final = 60_000
"""How far back a pace looks, at least while there is as much."""


class Moment(NamedTuple):
    """The leading metric of the sliding window, and the best baseline's, when it was ``at`` (milliseconds)."""

    at: int
    events: int
    position: int
    metric: float | None
    baseline: float | None


class _Count(NamedTuple):
    at: int
    labels: int
    events: int


class Memory:
    """One partition's; told its status about every second."""

    def __init__(self) -> None:
        self.moments: Curve[Moment] = Curve()
        self.newest_ms: int | None = None
        """When an event was last seen to have come; ``None`` before the first."""
        self._counts: deque[_Count] = deque()

    def take(self, status: Status, now_ms: int) -> None:
        """Remember how it stands."""
        newest = self._counts[-1] if self._counts else None
        if status.events and (newest is None or newest.events != status.events):
            self.newest_ms = now_ms
        self._counts.append(_Count(now_ms, status.labels, status.events))
        while len(self._counts) > 2 and self._counts[1].at <= now_ms - OVER_MS:
            self._counts.popleft()
        if newest is None or (newest.labels, newest.events) != (status.labels, status.events):
            performance = status.performance
            self.moments.append(
                Moment(
                    now_ms, status.events, status.position, performance.window.value, performance.baseline_window.value
                )
            )

    @property
    def flow(self) -> list[tuple[float, float]]:
        """When, in seconds since 1970, and how many events came in a second since the point before."""
        return [
            (later.at / 1_000, max(later.events - earlier.events, 0) * 1_000 / (later.at - earlier.at))
            for earlier, later in pairwise(self.moments)
            if later.at > earlier.at
        ]

    @property
    def labels_per_s(self) -> float:
        """Labels that come in a second, of late; 0 while that is not known."""
        return self._per_s("labels")

    @property
    def events_per_s(self) -> float:
        """Events that come in a second, of late; 0 while that is not known."""
        return self._per_s("events")

    def _per_s(self, name: str) -> float:
        if len(self._counts) < 2:
            return 0.0
        first, last = self._counts[0], self._counts[-1]
        gone: int = getattr(last, name) - getattr(first, name)
        return max(gone, 0) * 1_000 / (last.at - first.at) if last.at > first.at else 0.0
