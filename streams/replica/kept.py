"""A partition's snapshots as a replica reads them: with the checks of a worker's restore, and without a trace.

Nothing is written, set aside or made, no key either. What is damaged, forged or signed with another key is passed over
for the one before it; what another gauge file or other libraries made is refused, and so is all that is older.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from models.core import Core
from streams.engine.chunk import Bounds
from streams.here.failures import StateRefusedError
from streams.here.logs import Log
from streams.orders.orders import Orders
from streams.partition.core_kind import CoreKind
from streams.partition.fit import Fit
from streams.snapshots.failures import (
    Refusal,
    SnapshotKeyError,
    SnapshotMissingError,
    SnapshotRefusedError,
    SnapshotStoreError,
)
from streams.snapshots.format import About, verify
from streams.snapshots.identity import Identity
from streams.snapshots.origin import Handover
from streams.snapshots.stores.store import SnapshotStore

OF_THE_MOMENT: Final = (SnapshotMissingError, SnapshotStoreError, SnapshotKeyError)
"""What is no fault of a snapshot: it was pruned since it was listed, the store does not answer, the key is away."""

_log = Log("replica")


class Found(NamedTuple):
    """A snapshot's state, what it says of itself, and its bytes."""

    core: Core
    about: About
    size: int


class Kept:
    """The snapshots of one partition.

    Parameters
    ----------
    partition
        Whose.
    store, key
        Where they are; the key that signs them, asked for when there is one to check.
    fit
        Whether one fits what runs here.
    kind
        What loads one.
    """

    def __init__(
        self, partition: int, *, store: SnapshotStore, key: Callable[[], bytes], fit: Fit, kind: CoreKind
    ) -> None:
        self._partition = partition
        self._store = store
        self._key = key
        self._fit = fit
        self._kind = kind
        self._list: list[Identity] = []
        self._listed_to: int | None = None
        self._good: Identity | None = None
        self._refused: dict[Identity, StateRefusedError] = {}

    def forget(self) -> None:
        """Look at all of them anew."""
        self._good = None
        self._refused.clear()

    async def newest(
        self, orders: Orders, bounds: Callable[[], Awaitable[Bounds]], *, beyond: int, end: int | None = None
    ) -> Found | None:
        """The newest valid state, if it is one that was not looked at before and its position is above ``beyond``.

        ``end`` is where the snapshots' topic ends, if they are in one: as long as it is the same, they are the same.

        Raises
        ------
        StateRefusedError, LogRefusedError
            If what runs here, or the log, does not fit the newest that is genuine.
        SnapshotStoreError
            If the store cannot be read.
        """
        lowest = orders.begin if orders.floor is None else orders.floor
        if end is None or end != self._listed_to:
            self._list = await self._store.list(self._partition)
            self._listed_to = end
        kept = self._list
        self._refused = {identity: error for identity, error in self._refused.items() if identity in kept}
        ours = (one for one in kept if one.epoch == orders.epoch and one.position >= lowest)
        for identity in sorted(ours, reverse=True):
            if self._good is not None and identity <= self._good:
                return None
            try:
                # Asked after the list was: no snapshot in it is newer than the log was then.
                found = await self._read(identity, orders, await bounds(), beyond)
            except (SnapshotRefusedError, SnapshotMissingError) as error:
                if isinstance(error, SnapshotRefusedError) and error.reason is Refusal.SHAPE:
                    raise  # an older one was made by the same build, or by one before it
                continue
            self._good = identity
            return found
        return None

    async def _read(self, identity: Identity, orders: Orders, bounds: Bounds, beyond: int) -> Found | None:
        if identity in self._refused:
            raise self._refused[identity]
        try:
            blob = await self._store.get(identity)
            verified = await asyncio.to_thread(verify, blob, self._key())
            handover = Handover.HERE if identity.position == orders.floor else Handover.NONE
            self._fit.check_snapshot(verified.header, identity, orders, bounds, handover)
            if identity.position <= beyond:
                return None
            # In a thread: a forest's state takes seconds, in which nobody would be answered.
            return Found(await asyncio.to_thread(self._kind.load, verified), verified.header, len(blob))
        except OF_THE_MOMENT:
            raise
        except StateRefusedError as error:
            self._refused[identity] = error
            _log.error("snapshot refused", snapshot=str(identity), reason=error)
            raise
