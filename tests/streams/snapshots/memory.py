"""The store of tests and simulations: in memory, and gone with it."""

from __future__ import annotations

from streams.snapshots.failures import SnapshotMissingError
from streams.snapshots.identity import Identity
from streams.snapshots.store import Blob


class MemoryStore:
    """Keeps to the port's contract; ``kept`` may be looked at and damaged."""

    def __init__(self) -> None:
        self.kept: dict[Identity, bytes] = {}
        self.refused: list[bytes] = []
        self.where = "the memory"

    async def put(self, identity: Identity, blob: Blob) -> None:
        self.kept[identity] = bytes(blob)

    async def list(self, partition: int) -> list[Identity]:
        return sorted((identity for identity in self.kept if identity.partition == partition), reverse=True)

    async def get(self, identity: Identity) -> bytes:
        if identity not in self.kept:
            raise SnapshotMissingError(f"there is no snapshot {identity}")
        return self.kept[identity]

    async def set_aside(self, identity: Identity) -> str | None:
        if identity not in self.kept or len(self.refused) >= 8:
            return None
        self.refused.append(self.kept.pop(identity))
        return f"refused[{len(self.refused) - 1}]"

    async def delete(self, identity: Identity) -> None:
        self.kept.pop(identity, None)

    async def clean(self, partition: int) -> None:
        pass

    async def close(self) -> None:
        pass
