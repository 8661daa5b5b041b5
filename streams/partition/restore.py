"""From what was committed and kept to a core that may go on: step 3 of the protocol, after the fence.

Refusals instead of guesses. A damaged snapshot is passed over for the one before it; one that another gauge file or
other libraries made is a refusal, because an older one was made by them too, and to learn anew would contradict what is
published. Every refusal says what the operator can do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set
from dataclasses import replace
from typing import Any, NamedTuple

from models.core import Core
from streams.delivery.ledger import Ledger, Mark
from streams.engine.chunk import Bounds
from streams.here.failures import FencedError
from streams.here.logs import Log
from streams.orders.orders import Orders
from streams.partition.core_kind import CoreKind
from streams.partition.fit import Fit
from streams.partition.log import History
from streams.snapshots.failures import (
    TAMPERED,
    Refusal,
    SnapshotMissingError,
    SnapshotRefusedError,
    SnapshotStoreError,
)
from streams.snapshots.fingerprint import Fingerprint
from streams.snapshots.format import About, verify
from streams.snapshots.identity import Identity
from streams.snapshots.origin import Handover, Origin
from streams.snapshots.stores.store import SnapshotStore

_log = Log("restore")


class Restored(NamedTuple):
    """A core that may go on.

    Its state is the snapshot's that ``mark`` names, and effects below ``mark.published`` are published already. Reading
    begins at the record with the fingerprint ``last`` if there is one. ``bounds`` are the log's as they were when all
    this was decided, ``known`` are the partition's snapshots, ``size`` are the bytes of the one that was read.
    """

    core: Core
    mark: Mark
    bounds: Bounds
    last: Fingerprint | None
    known: list[Identity]
    skips: frozenset[int]
    size: int | None = None


class _Found(NamedTuple):
    core: Core
    about: About
    size: int


class Restorer:
    """Restores one partition.

    Parameters
    ----------
    topic, partition, partitions
        The input's name, the partition, and how many there are.
    store, key
        Where snapshots are, and the key that signs them.
    origin
        What runs now.
    log
        The partition's log.
    ledger
        Its commits; opened by the caller.
    kind
        What makes a core, and what loads one.
    at
        Told where in the protocol this is.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        partitions: int,
        *,
        store: SnapshotStore,
        key: bytes,
        origin: Origin,
        log: History,
        ledger: Ledger,
        kind: CoreKind,
        at: Callable[[str], None],
    ) -> None:
        self._place = f"{topic}/{partition}"
        self._partition = partition
        self._partitions = partitions
        self._fit = Fit(self._place, partitions, origin)
        self._store = store
        self._key = key
        self._origin = origin
        self._log = log
        self._ledger = ledger
        self._kind = kind
        self._at = at

    async def restore(self, mark: Mark | None) -> Restored:
        """The core to go on with; the commit is corrected where an older snapshot than the committed one is used.

        Parameters
        ----------
        mark
            What the ledger said when it was opened.

        Raises
        ------
        StateRefusedError, LogRefusedError
            If to go on would be a guess.
        """
        orders = await self._log.orders()
        bounds = await self._log.bounds()
        if mark is not None:
            self._fit.check_mark(mark, orders, bounds)
        await self._store.clean(self._partition)
        known = await self._store.list(self._partition)
        current = mark if mark is not None and mark.epoch == orders.epoch else None
        handover = self._handover(current, orders)
        handovers = {position for position in (orders.floor, handover) if position is not None}
        lowest = max(handovers, default=orders.begin)
        ours = [identity for identity in known if identity.epoch == orders.epoch and identity.position >= lowest]
        if self._ledger.transactional and mark is None and (known or await self._log.has_outputs()):
            if await self._ledger.read() is not None:
                raise FencedError(f"{self._place}: another worker has taken it over and begun since")
            self._fit.refuse_without_mark(known, bounds)
        if bounds.begin > orders.begin and await self._nothing_is_promised(current, orders, known):
            _log.warning(
                "begins where the log begins: the records before are gone, and nothing was learned from them",
                place=self._place, begins=bounds.begin, gone=bounds.begin - orders.begin,
            )  # fmt: skip
            # Kept before anything is published: a replay without a snapshot must begin there too, or be refused.
            await self._log.begin(orders.epoch, bounds.begin)
            orders = replace(orders, begin=bounds.begin)
            current = None
        if current is not None:
            ours = [identity for identity in ours if identity.position <= current.published]
        found = await self._newest(ours, orders, bounds, handovers)
        if found is None:
            self._fit.check_without_snapshot(orders, handover)
        core, about, size = found if found is not None else (self._kind.make(orders.epoch), None, None)
        position = orders.begin if about is None else about.position
        # What an epoch learns silently counts as published from its first commit on, whatever state it is folded from.
        published = max(position, orders.silent_below, 0 if current is None else current.published)
        self._fit.check_log(position, bounds, restored=about is not None)
        wanted = Mark(position, published, orders.epoch, self._origin.digest, self._partitions, handover or 0)
        if self._ledger.transactional and wanted != mark:
            self._at("before correction")
            await self._ledger.commit([], wanted)
            self._at("after correction")
        last = None if about is None else about.last
        if last is not None and last.offset < bounds.begin:
            _log.warning("the snapshot's last record is gone from the log, and not compared", place=self._place)
            last = None
        return Restored(core, wanted, bounds, last, known, orders.skips, size)

    def _handover(self, current: Mark | None, orders: Orders) -> int | None:
        """From where on what runs here has made the outputs, or would; ``None`` if it has made all of this epoch's."""
        if current is None or current.published <= max(orders.begin, orders.silent_below):
            return None
        if current.origin == self._origin.digest or current.origin in orders.accepted:
            return current.since or None
        _log.info("goes on with what another build or other libraries made", place=self._place, at=current.published)
        return current.published

    async def _nothing_is_promised(self, current: Mark | None, orders: Orders, known: list[Identity]) -> bool:
        """Whether the epoch has neither state nor outputs, so that it may as well begin later.

        Without transactions no mark tells the outputs of this epoch from those before: any will do as a promise.
        """
        if orders.floor is not None or any(identity.epoch == orders.epoch for identity in known):
            return False
        if self._ledger.transactional:
            return current is None or current.published <= max(orders.begin, orders.silent_below)
        return not await self._log.has_outputs()

    async def _newest(
        self, identities: list[Identity], orders: Orders, bounds: Bounds, handovers: Set[int]
    ) -> _Found | None:
        for identity in sorted(identities, reverse=True):
            try:
                blob = await self._store.get(identity)
                verified = await asyncio.to_thread(verify, blob, self._key)
                handover = Handover.HERE if identity.position in handovers else Handover.NONE
                self._fit.check_snapshot(verified.header, identity, orders, bounds, handover)
                # In a thread: a forest's state takes seconds, in which the group would think this worker dead.
                core = await asyncio.to_thread(self._kind.load, verified)
                return _Found(core, verified.header, len(blob))
            except (SnapshotRefusedError, SnapshotMissingError) as error:
                if isinstance(error, SnapshotRefusedError) and error.reason is Refusal.SHAPE:
                    raise  # an older one was made by the same build, or by one before it
                kept = await self._kept(identity, error)
                _log.error("snapshot passed over", snapshot=str(identity), reason=error, **kept)
        return None

    async def _kept(self, identity: Identity, error: Exception) -> dict[str, Any]:
        """Keep what somebody has tampered with, and say where."""
        if not isinstance(error, SnapshotRefusedError) or error.reason not in TAMPERED:
            return {}
        try:
            kept = await self._store.set_aside(identity)
        except SnapshotStoreError as problem:
            return {"not_kept": str(problem)}
        return {} if kept is None else {"kept_as": kept}
