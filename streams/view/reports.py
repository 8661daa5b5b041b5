"""The reports of held-out windows that were published, and the leading metric over time, as they tell it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

from schemas.evaluated import Figure
from schemas.records import WindowReport
from streams.view.episodes import order
from streams.view.published import Published
from streams.view.series import Curve

MOST: Final = 200
"""Reports kept of each partition."""


class Sample(NamedTuple):
    """The leading metric of one closed window: the champion's, and each baseline's and version's by name."""

    position: int
    time: datetime | None
    timestamp: int
    champion: str
    figures: dict[str, Figure]


class Report(NamedTuple):
    """A report as it was published."""

    published: Published
    report: WindowReport


class Reports:
    """The newest reports of every partition, and a thinned curve of all of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_partition: dict[int, deque[Report]] = {}
        self._curves: dict[int, Curve[Sample]] = {}

    def take(self, published: Published, report: WindowReport) -> None:
        """The next report of a partition."""
        partition = published.partition
        self._by_partition.setdefault(partition, deque(maxlen=self._most)).append(Report(published, report))
        leading = {name: next(iter(metrics.values())) for name, metrics in report.figures.items() if metrics}
        sample = Sample(report.position, report.time, published.timestamp, report.champion, leading)
        self._curves.setdefault(partition, Curve()).append(sample)

    def newest(self, partition: int) -> Report | None:
        """The newest report of a partition."""
        reports = self._by_partition.get(partition)
        return reports[-1] if reports else None

    def newest_first(self) -> list[Report]:
        """By Kafka's time."""
        every = chain.from_iterable(self._by_partition.values())
        return sorted(every, key=lambda one: order(one.published), reverse=True)

    def curve(self, partition: int) -> Iterator[Sample]:
        """The leading metric over time: of a long history every second, fourth, ... window, and the newest."""
        return iter(self._curves.get(partition, ()))
