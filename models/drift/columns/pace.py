"""How long blocks are: short ones find a change after fewer events, long ones cost less per event."""

from __future__ import annotations

from datetime import datetime
from typing import Final

SHORTEST: Final = 16
LONGEST: Final = 256
TIMES: Final = 4
"""How much longer the next length is."""
AFTER: Final = {16: 8_192, 64: 32_768}
"""Events after which blocks of a length give way to longer ones."""
SLOW: Final = 100.0
"""Events per second in event time, below which blocks stay at the shortest."""


class Pace:
    """The length of base blocks: as declared, or by the traffic so far.

    It begins with 16 events. Where there is no event time, or it shows 100 events a second or more, blocks become four
    times as long after 8,192 events and once more after 32,768.
    """

    def __init__(self, block_events: int | None) -> None:
        self._follows = block_events is None
        self.block_events = SHORTEST if block_events is None else block_events
        self._first: datetime | None = None
        self._last: datetime | None = None

    def event(self, time: datetime | None) -> None:
        """An event came."""
        if time is not None:
            if self._first is None:
                self._first = time
            self._last = time

    def lengthens(self, events: int) -> bool:
        """Whether blocks become longer after so many events; they are, if so."""
        if not self._follows or events < AFTER.get(self.block_events, events + 1) or self._is_slow(events):
            return False
        self.block_events *= TIMES
        return True

    def _is_slow(self, events: int) -> bool:
        if self._first is None or self._last is None:
            return False
        return events < SLOW * (self._last - self._first).total_seconds()
