"""Where snapshots are kept: the port that every store keeps to, and which of them may go.

One contract suite (tests/streams/snapshots/test_stores.py) holds every store to the words below.
"""

from __future__ import annotations

from collections.abc import Iterable
from mmap import mmap
from typing import Protocol, TypeAlias

from streams.snapshots.identity import Identity

Blob: TypeAlias = bytes | mmap
"""A snapshot's bytes, in memory of our own or shared with the process that made them."""


class SnapshotStore(Protocol):
    """Keeps the snapshots of one gauge's input topic. It looks at names, and never further into the bytes than their
    header, for the length.

    Every method raises `SnapshotStoreError` when the store cannot be read or written. One partition has one writer at
    a time; one that does not know yet that it was replaced may write too, and does no harm but to its own snapshot.
    """

    async def put(self, identity: Identity, blob: Blob) -> None:
        """Keep a snapshot. When this returns, it is complete and durable. Until then, and if it fails or is cancelled,
        there is all of it or nothing. One of the same identity is replaced, in one step."""

    async def archived(self, partition: int) -> list[Identity]:
        """The complete snapshots that are kept for a partition's promoted versions, newest first. `list` has none of
        them."""

    async def list(self, partition: int) -> list[Identity]:
        """The complete snapshots of a partition, newest first (by epoch, then by position)."""

    async def get(self, identity: Identity) -> bytes:
        """The bytes as they were put, unless somebody changed them: verify them.

        Raises
        ------
        SnapshotMissingError
            If there is none, or parts of it are gone.
        SnapshotRefusedError
            If what stands there is nothing that this store has written, or cannot be read.
        """

    async def set_aside(self, identity: Identity) -> str | None:
        """Keep a refused snapshot as evidence, out of `list` and safe from `delete` and `clean`; where it is then.

        ``None`` if as many are kept as there may be: then nothing has changed."""

    async def delete(self, identity: Identity) -> None:
        """Forget a snapshot; one that is not there is no error."""

    async def clean(self, partition: int) -> None:
        """Remove what unfinished puts have left of a partition. For its owner, after the fence, while no put runs."""

    async def close(self) -> None:
        """Let go of connections. The store can be used again."""

    @property
    def where(self) -> str:
        """What a person would look at when it does not answer."""


def to_delete(identities: Iterable[Identity], *, epoch: int, committed: int | None, keep: int = 3) -> list[Identity]:
    """Which of a partition's snapshots are no longer needed, oldest first.

    Kept are the one at the committed position, whatever ``keep``; the newest others below it, ``keep`` in all, for the
    day it is damaged; and all that are newer, of which one will be committed next.

    Call it only after a successful commit of one's own: until then a worker cannot know that it is not the one that was
    replaced, and the other may need what looks old from here.

    Parameters
    ----------
    identities
        Those of one partition, in any order.
    epoch, committed
        The epoch, and the position S, of that commit. With ``None``, nothing may go.
    keep
        How many to keep at and below the committed position, at least 1.

    >>> ids = [Identity(gauge="g", topic="t", partition=0, epoch=0, position=p) for p in (10, 20, 30, 40, 50)]
    >>> [i.position for i in to_delete(ids, epoch=0, committed=40, keep=2)]
    [10, 20]
    """
    if keep < 1:
        raise ValueError(f"keep must be at least 1 snapshot, got {keep}")
    if committed is None:
        return []
    older = sorted(i for i in identities if (i.epoch, i.position) <= (epoch, committed))
    spared = {i for i in older if (i.epoch, i.position) == (epoch, committed)}
    return [i for i in older[: max(len(older) - keep, 0)] if i not in spared]
