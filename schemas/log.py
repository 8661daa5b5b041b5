"""What stands in a gauge's log, as the door meets it: a record of a topic, or what a data file's row becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]


class Record(Protocol):
    """One record of the log, with all that a Kafka client knows of it; a client's own object will do.

    A record may say by a header, or by the topic that it stands on, what kind of record it is.
    """

    @property
    def topic(self) -> str:
        """The topic that it was read from."""

    @property
    def partition(self) -> int:
        """The partition of that topic."""

    @property
    def key(self) -> bytes | None:
        """Its key; ``None`` if it has none."""

    @property
    def value(self) -> bytes | None:
        """Its value; ``None`` for a tombstone."""

    @property
    def headers(self) -> Headers:
        """Its headers in order; a name may come more than once."""
