"""Series of bounded length, however long they have been written: they get coarser, and stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, NamedTuple, TypeVar

Point = TypeVar("Point")

MOST_POINTS: Final = 512
"""Points of a curve: about one per pixel of half a screen."""
MOST_BUCKETS: Final = 256
FIRST_WIDTH_MS: Final = 1_000


class Curve(Generic[Point]):
    """Points in the order in which they came: at most ``most``, evenly thinned, always with the newest one.

    While there are fewer, every point is kept. When there are more every second one goes, and of those that come as
    well, so that the distance between two is the same everywhere.

    >>> curve = Curve[int](most=4)
    >>> for number in range(10):
    ...     curve.append(number)
    >>> list(curve)
    [0, 4, 8, 9]
    """

    def __init__(self, most: int = MOST_POINTS) -> None:
        if most < 2 or most % 2:
            raise ValueError(f"most must be even and at least 2, got {most}")
        self._most = most
        self._kept: list[Point] = []
        self._every = 1
        self.count = 0
        """How many points came."""
        self._newest: Point | None = None

    def append(self, point: Point) -> None:
        """Add the next point."""
        self._newest = point
        if self.count % self._every == 0:
            if len(self._kept) == self._most:
                self._kept = self._kept[::2]
                self._every *= 2
            if self.count % self._every == 0:
                self._kept.append(point)
        self.count += 1

    def __iter__(self) -> Iterator[Point]:
        yield from self._kept
        if self._newest is not None and (self.count - 1) % self._every:
            yield self._newest

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Bucket(NamedTuple):
    """A stretch of time and how many (``n``) there were in it: from ``begin`` on, ``width`` long, in milliseconds."""

    begin: int
    width: int
    n: int


class Rate:
    """How many there were per stretch of time, in at most ``most`` stretches of one width.

    The width begins at a second and doubles whenever the stretches from the first to the newest are too many. What
    comes late is counted where it belongs; what is older than the first stretch by more than there is room for, in the
    first.

    >>> rate = Rate(most=2)
    >>> for ms in (0, 500, 1_000, 3_000):
    ...     rate.add(ms)
    >>> list(rate)
    [Bucket(begin=0, width=2000, n=3), Bucket(begin=2000, width=2000, n=1)]
    """

    def __init__(self, most: int = MOST_BUCKETS) -> None:
        self._most = most
        self._width = FIRST_WIDTH_MS
        self._counts: dict[int, int] = {}

    def add(self, at: int, count: int = 1) -> None:
        """Count ``count`` at the time ``at``, in milliseconds since 1970."""
        number = at // self._width
        if self._counts and number not in self._counts:
            first, last = min(self._counts), max(self._counts)
            number = max(number, last - self._most + 1) if number < first else number
            while max(last, number) - min(first, number) >= self._most:
                first, last, number = first // 2, last // 2, number // 2
                self._widen()
        self._counts[number] = self._counts.get(number, 0) + count

    def __iter__(self) -> Iterator[Bucket]:
        if self._counts:
            for number in range(min(self._counts), max(self._counts) + 1):
                yield Bucket(number * self._width, self._width, self._counts.get(number, 0))

    def _widen(self) -> None:
        self._width *= 2
        counts: dict[int, int] = {}
        for number, count in self._counts.items():
            counts[number // 2] = counts.get(number // 2, 0) + count
        self._counts = counts
