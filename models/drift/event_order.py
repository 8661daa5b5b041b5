"""The order in which errors are watched: that of their events, where labels come later and by the batch.

Who exports a night's labels sorted by class delivers first the errors of one class and then those of the other. That is
no drift, and no threshold can tell it from one: it must not be watched in that order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from models.answer import Answer
from schemas.events import Label

HELD_LABELS: Final = 4_096
"""The most that wait. Of a longer batch every second event is watched, every fourth, and so on."""

PATIENCE_EVENTS: Final = 64
"""Events within which a label that others are missing for waits for them, while no batch is coming in."""

BATCH_SHARE: Final = 2 / 3
"""The share of labels among the newest records, faded to `PATIENCE_EVENTS`, above which a batch is coming in."""

_GOLDEN: Final = 0x9E3779B97F4A7C15
_WORD: Final = 64


class Late(NamedTuple):
    """The error of an event whose label came later; ``bin`` is how sure the answer was, where that is known.

    ``answered`` is the label and the answer, where the leading metric is worked out from them.
    """

    position: int
    error: float
    bin: int | None
    answered: tuple[Label, Answer] | None = None


class EventOrder:
    """Holds late errors until those of all earlier events are in, and gives them in the order of their events.

    Nothing is held where the oldest events get their labels first. Otherwise a label may be missing for good, or come
    much later: then those behind it wait for `PATIENCE_EVENTS` events, or to the end of the batch. A batch longer than
    what may wait is thinned by the events' positions, never by their labels.
    """

    __slots__ = ("_arrivals", "_asked", "_held", "_pace", "_thinned")

    def __init__(self) -> None:
        self._asked = 0
        self._pace = 0.0
        self.clear()

    def clear(self) -> None:
        """Forget what is held: another version's errors are watched from here on."""
        self._held: list[Late] = []
        self._arrivals: deque[int] = deque()
        self._thinned = 0

    def asked(self) -> None:
        """An event was answered."""
        self._asked += 1
        self._pace -= self._pace / PATIENCE_EVENTS

    def take(self, late: Late) -> None:
        """Hold an error until it is its turn."""
        self._pace += (1.0 - self._pace) / PATIENCE_EVENTS
        if not self._is_kept(late.position):
            return
        heappush(self._held, late)
        self._arrivals.append(self._asked)
        while len(self._held) > HELD_LABELS:
            self._thinned += 1
            self._held = [one for one in self._held if self._is_kept(one.position)]
            heapify(self._held)
            while len(self._arrivals) > len(self._held):
                self._arrivals.popleft()

    def ready(self, waits_since: int | None) -> Iterator[Late]:
        """Those whose turn it is; ``waits_since`` is the position of the oldest event that has no label."""
        held = self._held
        while held and (waits_since is None or held[0].position < waits_since or self._is_impatient):
            self._arrivals.popleft()
            yield heappop(held)
        if not held:
            self._thinned = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def _is_impatient(self) -> bool:
        return self._pace <= BATCH_SHARE and self._asked - self._arrivals[0] >= PATIENCE_EVENTS

    def _is_kept(self, position: int) -> bool:
        # The upper bits of multiples of the golden ratio: no period of the stream falls in with them.
        return not (position * _GOLDEN % 2**_WORD) >> (_WORD - self._thinned)
