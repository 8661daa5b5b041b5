"""The drift episodes that were published, each with how it began and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schemas.alerts import Moved
from schemas.records import AlertStatus, DriftAlert
from streams.view.published import Published

MOST: Final = 1_000
"""Episodes kept of a gauge; the oldest that are closed go first."""


@dataclass(slots=True)
class Episode:
    """One episode.

    ``first`` is the first record that was read of it, which is its opening unless that lies before what is read;
    ``last`` the newest. ``records`` counts them.
    """

    partition: int
    first: DriftAlert
    last: DriftAlert
    published: Published
    """The newest record as it was published."""
    first_offset: int
    """Where the first record is in its partition of the topic."""
    records: int = 1

    @property
    def name(self) -> str:
        """Its name, which no other episode of the gauge has."""
        return self.last.episode

    @property
    def moved(self) -> tuple[Moved, ...]:
        """What moved, by the newest of its first and last record that tells."""
        return self.last.moved or self.first.moved or ()

    @property
    def is_open(self) -> bool:
        """Whether it goes on, as far as is known."""
        return self.last.status is not AlertStatus.CLOSED


class Episodes:
    """All episodes of a gauge that were read and are kept."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_name: dict[str, Episode] = {}

    def take(self, published: Published, alert: DriftAlert) -> None:
        """The next record of an episode."""
        known = self._by_name.get(alert.episode)
        if known is None:
            self._make_room()
            self._by_name[alert.episode] = Episode(published.partition, alert, alert, published, published.offset)
            return
        known.last, known.published = alert, published
        known.records += 1

    def newest_first(self) -> list[Episode]:
        """By the time of their newest record."""
        return sorted(self._by_name.values(), key=lambda one: order(one.published), reverse=True)

    def get(self, name: str) -> Episode | None:
        """An episode by its name."""
        return self._by_name.get(name)

    def open(self) -> list[Episode]:
        """Those that go on, the newest first."""
        return [one for one in self.newest_first() if one.is_open]

    def _make_room(self) -> None:
        if len(self._by_name) >= self._most:
            closed = (name for name, one in self._by_name.items() if not one.is_open)
            del self._by_name[next(closed, next(iter(self._by_name)))]


def order(published: Published) -> tuple[int, int, int, int]:
    """In which order records of several partitions are told: by Kafka's time, then by where they stand."""
    return published.timestamp, published.partition, published.place.epoch, published.place.position
