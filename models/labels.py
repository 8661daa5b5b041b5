"""The life of labels that come later: pending, known, early, orphan, expired.

Where labels come with their events nothing waits: an event without one is answered, and that is all. Where they come
later an event that came without one waits for it, and a label whose event has not come waits for that; an id stands for
one event, and for one label, from its record until they have met or the wait is over.

One clock counts the records of the log, those apart that are refused at once: a bad record must not shorten a good
one's wait. An event waits for its label for ``horizon_events`` further records and then expires; a label that came
before its event waits ``early_horizon_events`` further records and is then an orphan. Both bounds also bound the
memory: no more can wait than records came in the meantime.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, NamedTuple, TypeVar

from schemas.events import LabelReceived

T = TypeVar("T")


class EarlyLabel(NamedTuple):
    """A label whose event has not come yet, with its own position."""

    position: int
    label: LabelReceived


class WaitingRoom(Generic[T]):
    """A bounded store by id, in order of arrival."""

    def __init__(self, horizon: int) -> None:
        if horizon < 1:
            raise ValueError(f"horizon must be at least 1 record, got {horizon}")
        self._horizon = horizon
        self._waiting: OrderedDict[str, tuple[int, T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._waiting

    def put(self, item_id: str, item: T, *, clock: int) -> None:
        """Let an item wait from now on.

        Raises
        ------
        KeyError
            If its id waits already.
        """
        if item_id in self._waiting:
            raise KeyError(item_id)
        self._waiting[item_id] = (clock, item)

    def take(self, item_id: str) -> T | None:
        """The item with this id, which then no longer waits; ``None`` if there is none."""
        entry = self._waiting.pop(item_id, None)
        return None if entry is None else entry[1]

    def expire(self, clock: int) -> list[T]:
        """Take out, oldest first, all that have waited for as many records as the horizon."""
        expired = []
        while self._waiting:
            item_id, (since, item) = next(iter(self._waiting.items()))
            if clock - since < self._horizon:
                break
            del self._waiting[item_id]
            expired.append(item)
        return expired
