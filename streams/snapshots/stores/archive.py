"""The archive: a snapshot for each version that was promoted of late, so that a reset can go back to it.

Rules. The first durable snapshot that a version leads is put a second time, under the version's name; one that has its
copy gets none. So the archive follows from the log: whoever dies between a promotion and its copy leaves a version
without one, and the next snapshot that it leads makes it good. Copies are no part of the fold and of no commit, and no
restore reads them; a store that fails costs a copy, never a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from streams.here.logs import Log
from streams.snapshots.failures import Refusal, SnapshotRefusedError, SnapshotStoreError
from streams.snapshots.format import About, Verified, verify
from streams.snapshots.identity import Identity
from streams.snapshots.stores.store import Blob, SnapshotStore

_log = Log("archive")


class Archive:
    """The copies of one partition; at most ``keep`` of them, those of the newest snapshots.

    What stands in the store is looked up once, before the first copy.
    """

    def __init__(self, store: SnapshotStore, partition: int, keep: int) -> None:
        self._store = store
        self._partition = partition
        self._keep = keep
        self._known: set[Identity] | None = None

    def forget(self) -> None:
        """Look it up again: another worker may have written meanwhile."""
        self._known = None

    async def keep(self, about: About, blob: Blob) -> None:
        """Copy a snapshot that is durable, if its leader has no copy yet, and let go of the oldest ones."""
        version = about.champion
        if version is None or not self._keep:
            return
        try:
            known = self._known
            if known is None:
                known = self._known = set(await self._store.archived(self._partition))
            if all(identity.version != version for identity in known):
                identity = replace(about.identity, version=version)
                await self._store.put(identity, blob)
                known.add(identity)
                _log.info("version archived", partition=self._partition, version=version, position=about.position)
            for identity in beyond(known, self._keep):
                await self._store.delete(identity)
                known.discard(identity)
        except SnapshotStoreError as error:
            _log.warning("version not archived", partition=self._partition, version=version, reason=error)


def beyond(identities: Iterable[Identity], keep: int) -> list[Identity]:
    """Which copies are too many, oldest first.

    >>> ids = [Identity(gauge="g", topic="t", partition=0, epoch=0, position=p, version=f"0-{p}") for p in (1, 2, 3)]
    >>> [i.version for i in beyond(ids, 2)]
    ['0-1']
    """
    return sorted(identities, reverse=True)[keep:][::-1]


async def archived(store: SnapshotStore, identity: Identity, key: bytes) -> Verified:
    """A copy, checked as snapshots are, and that it is the one that its name says.

    Raises
    ------
    SnapshotMissingError, SnapshotRefusedError
        If it is gone, damaged, signed with another key, or another version's.
    """
    verified = verify(await store.get(identity), key)
    about = verified.header
    found = replace(about.identity, version=about.champion or "")
    if found != identity:
        raise SnapshotRefusedError(
            Refusal.FOREIGN,
            "archived version",
            expected=str(identity),
            got=str(found),
            do="take it out of the store, and find out who can write to it",
        )
    return verified
