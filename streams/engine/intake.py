"""Whom the engine serves."""

from __future__ import annotations

from collections.abc import Set
from typing import Protocol

from streams.engine.chunk import Chunk


class Intake(Protocol):
    """Takes what is read. All is called on the event loop; what is raised ends the worker."""

    def assigned(self, partitions: Set[int]) -> None:
        """These partitions, and no others, are ours. Nothing comes from one before its `Engine.seek`."""

    def revoked(self, partitions: Set[int]) -> None:
        """These partitions are no longer ours."""

    def deliver(self, chunk: Chunk) -> None:
        """Take a chunk."""

    def with_room(self, partitions: Set[int]) -> set[int]:
        """Those of the partitions for which more should be fetched."""

    async def room(self, partitions: Set[int], timeout_s: float) -> None:
        """Wait until one of the partitions has room, at most so long."""
