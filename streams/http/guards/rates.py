"""How often one client may ask: so many requests a second on average, and a second's worth of them at once.

A client is who its token names, else its address. Of each that has asked of late there is one number; who comes when
there are too many clients takes the place of the one that has asked for the longest ago.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from schemas.gauge import Server

PER_SECOND: Final = Server().requests_per_second
"""Where no gauge file says otherwise."""
CLIENTS: Final = 1_000
"""Of which it is known at once how much they have asked."""


class Rates:
    """Counts the requests of each client.

    Parameters
    ----------
    per_second
        What a client may ask for long; at once as many, and one at least.
    clock
        In seconds.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self.per_second = per_second
        self._each_s = 1 / per_second
        self._burst_s = max(1.0, self._each_s)
        self._clock = clock
        # Until when each client would have to wait, had it to ask evenly.
        self._paid_until: dict[str, float] = {}

    def wait_s(self, client: str) -> float:
        """0 where the client may ask, and has asked by that; else how long it has to wait, and nothing is counted."""
        now = self._clock()
        paid_until = max(self._paid_until.pop(client, now), now)
        over_s = paid_until + self._each_s - now - self._burst_s
        # A whole burst may be asked at once, though the sum of its parts is a little more or less.
        if is_allowed := over_s <= self._each_s * 1e-6:
            paid_until += self._each_s
        if len(self._paid_until) >= CLIENTS:
            del self._paid_until[next(iter(self._paid_until))]
        self._paid_until[client] = paid_until
        return 0.0 if is_allowed else over_s
