"""How far a worker has come with the partitions that are its own, for whoever asks it from without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.learner import Learner
from streams.delivery.stamps import Stamps
from streams.engine.engine import Engine
from streams.http.metrics.catalogue import Reading
from streams.kafka.troubles import Troubles
from streams.page.live import Stand
from streams.partition.shards import Shards


class Progress:
    """Reads the shards, and the engine as soon as there is one.

    Parameters
    ----------
    shards, stamps
        The partitions that there are or were, and how their outputs' timestamps fared.
    troubles
        What the worker tries to get over.
    """

    def __init__(self, shards: Shards, stamps: Mapping[int, Stamps], troubles: Troubles) -> None:
        self.engine: Engine | None = None
        self._shards = shards
        self._stamps = stamps
        self._troubles = troubles

    def waiting_for(self) -> list[str]:
        """What keeps it from being ready; nothing when every shard came to the end that its log had when assigned.

        Troubles come first, in words; there are no secrets in them.
        """
        troubles = self._troubles.reasons()
        if self._shards.ours is None:
            return [*troubles, "the broker" if self.engine is None else "the first assignment of partitions"]
        return troubles + [
            reason for partition in sorted(self._shards.ours) if (reason := self._missing_of(partition)) is not None
        ]

    def _missing_of(self, partition: int) -> str | None:
        shard, position = self._shards.all[partition], self.position(partition)
        if shard.goal is None:
            return f"partition {partition}: {'restoring its state' if shard.restoring else 'waiting'}"
        if position >= shard.goal:
            return None
        replayed = f", replaying silently to {shard.published}" if position < shard.published else ""
        return f"partition {partition}: at {position} of {shard.goal}{replayed}"

    def position(self, partition: int) -> int:
        """Up to where the log is dealt with: folded, or read and found to hold transaction markers only."""
        folded = self._shards.all[partition].next_offset
        if self.engine is None:
            return folded
        handed_out, consumed = self.engine.handed_out(partition), self.engine.consumed(partition)
        nothing_waits = handed_out is not None and handed_out <= folded
        return max(folded, consumed) if nothing_waits and consumed is not None else folded

    def learners(self) -> dict[int, Learner]:
        """The learners of the partitions that are ours, as far as they are restored."""
        shards = {partition: self._shards.all[partition] for partition in self._shards.ours or ()}
        return {
            partition: shard.core
            for partition, shard in shards.items()
            if isinstance(shard.core, Learner) and not shard.restoring
        }

    def lag(self, partition: int) -> int | None:
        """How many offsets there are from its position to the end of its log; None as long as that is not known."""
        end = None if self.engine is None else self.engine.end(partition)
        return None if end is None else max(end - self.position(partition), 0)

    def ours(self) -> list[int]:
        """The partitions that are ours."""
        return sorted(self._shards.ours or ())

    def stand(self, partition: int) -> Stand:
        """How one of ours stands; made when asked for, which takes the loop for milliseconds."""
        shard, reason = self._shards.all[partition], self._missing_of(partition)
        return Stand(
            status=shard.status(),
            newest_ms=shard.newest_ms,
            lag=self.lag(partition),
            waiting_for=(*self._troubles.reasons(), *(() if reason is None else (reason,))),
        )

    def readings(self) -> Iterable[Reading]:
        """One reading per partition that is ours."""
        for partition in sorted(self._shards.ours or ()):
            shard = self._shards.all[partition]
            position = self.position(partition)
            # With all outputs out, the transaction markers behind the last record count as dealt with here too.
            published = position if shard.published == shard.next_offset else shard.published
            oddities = shard.oddities()
            yield Reading(
                partition,
                shard.status(),
                position,
                published,
                shard.durable,
                max(shard.published - position, 0),
                self.lag(partition),
                shard.latency,
                self._stamps[partition].replaced,
                {} if oddities is None else oddities.unknown_fields,
                shard.size,
            )
