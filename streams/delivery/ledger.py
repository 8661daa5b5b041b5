"""Where one input partition's outputs go, together with the word on how far they go: the port, and what is written.

``Mark`` is that word. With transactions it is committed as the group's offset and its metadata, in the very transaction
that carries the outputs, so that one is never seen without the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, Self

from streams.delivery.envelope import Output


class Mark(NamedTuple):
    """How far one partition has come. Both positions are next offsets (exclusive).

    Parameters
    ----------
    snapshot
        S, the position of the newest durable snapshot; 0, or where the epoch begins, without one. It is what a consumer
        group's tools show as the committed offset.
    published
        E, up to where outputs are published; never below ``snapshot``.
    epoch
        How often the gauge was started over.
    origin
        What made the outputs: gauge file and libraries (`streams.snapshots.origin`).
    partitions
        The input topic's number of partitions.
    since
        From here on ``origin`` has made the outputs: it took over from another one that was stopped in order. 0 if
        nobody else made any of this epoch. Never above ``snapshot``: what was made before cannot be made again.

    Raises
    ------
    ValueError
        If ``snapshot`` is above ``published``, or below ``since``.
    """

    snapshot: int
    published: int
    epoch: int
    origin: str
    partitions: int
    since: int = 0

    def checked(self) -> Self:
        """Itself, if S <= E: a commit beyond its own outputs would lose them."""
        if not 0 <= self.since <= self.snapshot <= self.published:
            raise ValueError(f"a mark needs 0 <= since <= snapshot <= published, got {self}")
        return self

    def metadata(self) -> str:
        """All but S, as JSON; S is the committed offset itself."""
        rest = {"published": self.published, "epoch": self.epoch, "origin": self.origin, "partitions": self.partitions}
        taken_over = {"since": self.since} if self.since else {}
        return json.dumps({"rivergauge": 1, **rest, **taken_over}, separators=(",", ":"))

    @classmethod
    def read(cls, offset: int, metadata: str) -> Self:
        """The mark that was committed.

        Raises
        ------
        ValueError
            If the metadata were not written by `metadata`: somebody else commits to this group.

        >>> Mark.read(40, Mark(40, 57, 0, "a1", 3).metadata())
        Mark(snapshot=40, published=57, epoch=0, origin='a1', partitions=3, since=0)
        """
        try:
            fields: dict[str, Any] = json.loads(metadata)
            if fields.pop("rivergauge") != 1:
                raise ValueError("of another format")
            mark = cls(snapshot=offset, **fields)
            if [type(value) for value in mark] != [int, int, int, str, int, int]:
                raise ValueError("of other types")
            return mark.checked()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"committed offset {offset} with metadata {metadata!r}: {error!r}") from error


class Ledger(Protocol):
    """The outputs of one input partition, and its mark. Used by one task at a time."""

    @property
    def transactional(self) -> bool:
        """Whether outputs and mark are one, and an older owner is shut out. If not, `open` returns ``None`` always."""

    async def open(self) -> Mark | None:
        """Shut out every earlier owner, then read what was committed last; ``None`` if nothing ever was.

        Raises
        ------
        DoubtError
            If the broker cannot be reached now: try again.
        WorkerError
            If it refuses.
        """

    async def read(self) -> Mark | None:
        """What is committed now. Nobody is shut out, so another owner may commit meanwhile; raises as `open` does."""

    async def commit(self, outputs: Sequence[Output], mark: Mark) -> None:
        """Publish outputs and mark, all or nothing; returns when both are durable.

        Raises
        ------
        FencedError, DoubtError
            Then the ledger must be opened again before anything else.
        WorkerError
            If the broker refuses the outputs.
        """

    async def close(self) -> None:
        """Let go; what is under way is not waited for."""
