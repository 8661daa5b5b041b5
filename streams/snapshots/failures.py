"""What can go wrong with snapshots, one exception tree.

::

    SnapshotError
    ├── SnapshotRefusedError       these bytes will not be used; `reason` says why, the one before may do
    ├── SnapshotUnpicklableError   this state cannot be written so that it could be read again
    ├── SnapshotMissingError       the store has no such snapshot
    ├── SnapshotStoreError         the store cannot be read or written
    └── SnapshotKeyError           there is no key to sign with, or it must not be used
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from streams.here.failures import StateRefusedError


class SnapshotError(StateRefusedError):
    """Something is wrong with a snapshot, its store or its key."""


class Refusal(StrEnum):
    """Why a snapshot was refused: a word that programs may test. In the order in which it is looked for."""

    FILE = "file"
    FOREIGN = "foreign"
    FORMAT = "format"
    LENGTH = "length"
    CHECKSUM = "checksum"
    KEY = "key"
    SIGNATURE = "signature"
    GAUGE = "gauge"
    SHAPE = "shape"
    NAME = "name"
    FORGED = "forged"
    STATE = "state"


TAMPERED: Final = frozenset({Refusal.SIGNATURE, Refusal.NAME, Refusal.FORGED, Refusal.STATE})
"""What damage cannot explain: such a snapshot is kept as evidence."""


class SnapshotRefusedError(SnapshotError):
    """A snapshot that will not be used. What was expected, what was found and what to do are in the message."""

    def __init__(self, reason: Refusal, what: str, *, expected: str, got: str, do: str) -> None:
        self.reason = reason
        super().__init__(f"{what}: expected {expected}, got {got}; {do}")


class SnapshotUnpicklableError(SnapshotError):
    """A learner holds something that a snapshot may not name, so that no one could restore it."""


class SnapshotMissingError(SnapshotError):
    """The store has no snapshot of this identity, or not all of it."""


class SnapshotStoreError(SnapshotError):
    """The store could not be read or written."""


class SnapshotKeyError(SnapshotError):
    """The key for signatures is missing, malformed, or readable by others."""
