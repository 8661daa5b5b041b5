"""The store of tests and simulations: in memory, and gone with it."""

from __future__ import annotations

from streams.snapshots.failures import SnapshotMissingError
from streams.snapshots.identity import Identity
from streams.snapshots.stores.store import Blob


class MemoryStore:
    """Keeps to the port's contract; ``kept`` may be looked at and damaged."""

    def __init__(self) -> None:
        self.kept: dict[Identity, bytes] = {}
        self.archive: dict[Identity, bytes] = {}
        self.refused: list[bytes] = []
        self.where = "the memory"

    async def put(self, identity: Identity, blob: Blob) -> None:
        self._place(identity)[identity] = bytes(blob)

    async def list(self, partition: int) -> list[Identity]:
        return sorted((identity for identity in self.kept if identity.partition == partition), reverse=True)

    async def archived(self, partition: int) -> list[Identity]:
        return sorted((identity for identity in self.archive if identity.partition == partition), reverse=True)

    async def get(self, identity: Identity) -> bytes:
        if identity not in self._place(identity):
            raise SnapshotMissingError(f"there is no snapshot {identity}")
        return self._place(identity)[identity]

    async def set_aside(self, identity: Identity) -> str | None:
        if identity not in self._place(identity) or len(self.refused) >= 8:
            return None
        self.refused.append(self._place(identity).pop(identity))
        return f"refused[{len(self.refused) - 1}]"

    async def delete(self, identity: Identity) -> None:
        self._place(identity).pop(identity, None)

    async def clean(self, partition: int) -> None:
        pass

    async def close(self) -> None:
        pass

    def _place(self, identity: Identity) -> dict[Identity, bytes]:
        return self.archive if identity.version else self.kept
