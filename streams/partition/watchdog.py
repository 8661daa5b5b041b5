"""Health by progress: consumers have been seen to stop without a word, so a living process proves nothing.

A partition stalls when records can be read, the broker says so when asked, and its position has not moved for a while;
nor until the next look, for a record may have come to a quiet partition at this very moment.
Then the process ends with its reason, and a supervisor starts another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from time import monotonic
from typing import Final

from streams.here.failures import DoubtError, MovedError, StalledError
from streams.here.logs import Log

LOOKS: Final = 12
"""How often a partition is looked at within its patience."""

_log = Log("watchdog")


class Watchdog:
    """Watches the partitions that are ours.

    Parameters
    ----------
    partitions
        Those that are ours now.
    position
        Up to where a partition is dealt with; the consumer's position counts, which passes transaction markers.
    end
        Asks the broker for a partition's last stable offset.
    patience_s
        How long a partition may stand still before records that can be read.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        *,
        partitions: Callable[[], Collection[int]],
        position: Callable[[int], int],
        end: Callable[[int], Awaitable[int]],
        patience_s: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._partitions = partitions
        self._position = position
        self._end = end
        self._patience_s = patience_s
        self._clock = clock
        self._moved: dict[int, tuple[int, float]] = {}
        self._suspect: set[int] = set()

    async def run(self) -> None:
        """Look again and again.

        Raises
        ------
        StalledError
            When a partition stalls.
        """
        while True:
            await self.look()
            await asyncio.sleep(self._patience_s / LOOKS)

    async def look(self) -> None:
        """Look once at every partition."""
        ours = set(self._partitions())
        self._moved = {partition: seen for partition, seen in self._moved.items() if partition in ours}
        for partition in sorted(ours):
            await self._look_at(partition)

    async def _look_at(self, partition: int) -> None:
        position, now = self._position(partition), self._clock()
        before, since = self._moved.setdefault(partition, (position, now))
        suspect = partition in self._suspect
        self._suspect.discard(partition)
        if position != before:
            self._moved[partition] = (position, now)
            return
        if now - since < self._patience_s:
            return
        with suppress(DoubtError, MovedError):  # no answer: what cannot be read is no reason
            end = await self._end(partition)
            if self._position(partition) == position and end > position:
                if not suspect:
                    self._suspect.add(partition)
                    return
                raise StalledError(
                    f"partition {partition} stands at {position} since {now - since:.0f} s, and the log can be read up "
                    f"to {end}: the consumer or the fold has stopped; a restart goes on from the last commit"
                )
            self._moved[partition] = (position, now)
