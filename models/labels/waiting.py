"""The life of labels that come later: pending, known, early, orphan, expired.

Where labels come with their events nothing waits: an event without one is answered, and that is all. Where they come
later an event that came without one waits for it, and a label whose event has not come waits for that; an id stands for
one event, and for one label, from its record until they have met or the wait is over.

One clock counts the records of the log, those apart that are refused at once: a bad record must not shorten a good
one's wait. An event waits for its label for ``horizon_events`` further records and then expires; a label that came
before its event waits ``early_horizon_events`` further records and is then an orphan. Both bounds also bound the
memory: no more can wait than records came in the meantime. An event keeps its coded features only, but a label keeps
its record, for the dead letter that it may become: so all early labels together have `EARLY_BYTES`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from schemas.events import LabelReceived

T = TypeVar("T")

EARLY_BYTES: Final = 64 * 2**20
"""What the records of all early labels may measure together, keys included; beyond it the oldest are orphans at once.
It is part of the fold, the same for every worker."""


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

    def __iter__(self) -> Iterator[str]:
        return iter(self._waiting)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._waiting

    def broken(self, clock: int) -> Iterator[str]:
        """What cannot be, in words."""
        since = [began for began, _ in self._waiting.values()]
        if since != sorted(since):
            yield "who waits does not stand in order of arrival"
        if since and not clock - self._horizon < since[0] <= since[-1] <= clock:
            yield f"somebody waits since record {since[0]}, with a horizon of {self._horizon}, at record {clock}"

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

    @property
    def oldest(self) -> T | None:
        """Who waits longest."""
        return next(iter(self._waiting.values()))[1] if self._waiting else None

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


class EarlyLabels(WaitingRoom[EarlyLabel]):
    """Labels that wait for their events, bounded by their records' bytes as well."""

    def __init__(self, horizon: int) -> None:
        super().__init__(horizon)
        self.size = 0
        """Bytes of all records that wait."""

    def broken(self, clock: int) -> Iterator[str]:
        """See `WaitingRoom.broken`."""
        yield from super().broken(clock)
        size = sum(_size(item) for _, item in self._waiting.values())
        if self.size != size:
            yield f"early labels are said to have {self.size} bytes and have {size}"
        if size > EARLY_BYTES:
            yield f"early labels have {size} bytes, which is more than {EARLY_BYTES}"

    def put(self, item_id: str, item: EarlyLabel, *, clock: int) -> None:
        """See `WaitingRoom.put`; `crowded_out` is to follow."""
        super().put(item_id, item, clock=clock)
        self.size += _size(item)

    def take(self, item_id: str) -> EarlyLabel | None:
        """See `WaitingRoom.take`."""
        item = super().take(item_id)
        if item is not None:
            self.size -= _size(item)
        return item

    def expire(self, clock: int) -> list[EarlyLabel]:
        """See `WaitingRoom.expire`."""
        expired = super().expire(clock)
        if expired:
            self.size -= sum(map(_size, expired))
        return expired

    def crowded_out(self) -> list[EarlyLabel]:
        """Take out, oldest first, as many as it takes to have room for the others."""
        gone = []
        while self.size > EARLY_BYTES:
            _, (_, item) = self._waiting.popitem(last=False)
            self.size -= _size(item)
            gone.append(item)
        return gone


def _size(item: EarlyLabel) -> int:
    key, raw = item.label.key, item.label.raw
    return len(raw) + (0 if key is None else len(key))
