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
    refused: int


class Memory:
    """One partition's; told its status about every second while a page is open."""

    def __init__(self) -> None:
        self.moments: Curve[Moment] = Curve()
        self.newest_ms: int | None = None
        """When the newest event came; ``None`` before the first, and while that is not known."""
        self.since_ms: int | None = None
        """When it was first looked at."""
        self._counts: deque[_Count] = deque()

    def take(self, status: Status, now_ms: int, newest_ms: int | None = None) -> None:
        """Remember how it stands; ``newest_ms`` is when the newest record came, by its own timestamp.

        At the first look that is all there is to know, and it may be long ago. From then on whatever comes between two
        looks came now, whatever its timestamp says: a file that is replayed keeps the times of its past.
        """
        newest = self._counts[-1] if self._counts else None
        if newest is None:
            self.since_ms = now_ms
            self.newest_ms = newest_ms if status.events else None
        elif newest.events != status.events:
            self.newest_ms = now_ms
        self._counts.append(_Count(now_ms, status.labels, status.events, sum(status.dead_letters.values())))
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

    @property
    def refused_share(self) -> float:
        """The share of the records of late that were refused; 0 while none have come."""
        if not self._counts:
            return 0.0
        first, last = self._counts[0], self._counts[-1]
        refused, events = last.refused - first.refused, last.events - first.events
        return refused / (events + refused) if refused > 0 and events >= 0 else 0.0

    def _per_s(self, name: str) -> float:
        if len(self._counts) < 2:
            return 0.0
        first, last = self._counts[0], self._counts[-1]
        gone: int = getattr(last, name) - getattr(first, name)
        return max(gone, 0) * 1_000 / (last.at - first.at) if last.at > first.at else 0.0
