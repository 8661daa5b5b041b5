"""All shards of one worker: made when a partition is first assigned, kept as long as the process lives.

A shard outlives the loss of its partition: the log is immutable, so a fold of its beginning stays right, and if the
partition comes back it goes on from there. Until then it gets no chunks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set

from streams.app import Bounds
from streams.chunk import Chunk
from streams.failures import BrokerUnreachableError, DefectError, LogRefusedError
from streams.logs import Log
from streams.shard import Shard

_log = Log("shards")


class Shards:
    """The engine's intake: one shard, and one task that runs it, per partition.

    Parameters
    ----------
    make
        Makes the shard of a partition, with a learner that has seen nothing or was restored.
    fail
        Told the reason when a shard cannot go on.
    """

    def __init__(self, topic: str, make: Callable[[int], Shard], fail: Callable[[BaseException], None]) -> None:
        self._topic = topic
        self._make = make
        self._fail = fail
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.all: dict[int, Shard] = {}
        self.goals: dict[int, int] | None = None
        """End of the log at assignment, for each partition that is ours; None before the first assignment."""

    def positions(self, partitions: Set[int]) -> Mapping[int, int]:
        """The learners' positions. Waiting chunks are dropped: they will be read again from there."""
        for partition in sorted(partitions):
            if partition not in self.all:
                shard = self.all[partition] = self._make(partition)
                task = self._tasks[partition] = asyncio.create_task(shard.run(), name=f"shard-{partition}")
                task.add_done_callback(self._ended)
            self.all[partition].discard()
        return {partition: self.all[partition].next_offset for partition in partitions}

    def check(self, bounds: Mapping[int, Bounds]) -> None:
        """Refuse a log that begins above a learner's position or ends below it.

        Raises
        ------
        LogRefusedError
            With the partition, both offsets, and what can be done.
        """
        for partition, (begin, end) in bounds.items():
            position = self.all[partition].next_offset
            if begin > position:
                raise LogRefusedError(
                    f"{self._topic}/{partition} begins at offset {begin} but the learner stands at {position}: "
                    f"{begin - position} records are gone and would never be learned; give the topic unlimited "
                    "retention, or start over on a new topic"
                )
            if end < position:
                raise LogRefusedError(
                    f"{self._topic}/{partition} ends at offset {end} but the learner stands at {position}: the topic "
                    "was made anew; restart the worker to learn the new one from its beginning"
                )

    def assigned(self, bounds: Mapping[int, Bounds]) -> None:
        """Note how far each shard has to come before the worker is ready."""
        self.goals = {partition: end for partition, (_begin, end) in bounds.items()}
        for partition, (_begin, end) in sorted(bounds.items()):
            _log.info("partition assigned", partition=partition, position=self.all[partition].next_offset, end=end)

    def revoked(self, partitions: Set[int]) -> None:
        """Stop the shards of these partitions after the slice at work."""
        for partition in sorted(partitions & self.all.keys()):
            self.all[partition].discard()
            _log.info("partition revoked", partition=partition, position=self.all[partition].next_offset)
        if self.goals is not None:
            self.goals = {partition: end for partition, end in self.goals.items() if partition not in partitions}

    def deliver(self, chunk: Chunk) -> None:
        """Pass a chunk to its shard."""
        self.all[chunk.partition].deliver(chunk)

    def with_room(self, partitions: Set[int]) -> set[int]:
        """Those of the partitions for which more should be fetched."""
        return {partition for partition in partitions if partition not in self.all or self.all[partition].has_room}

    async def room(self, partitions: Set[int], timeout_s: float) -> None:
        """Wait until one of the partitions has room, but not longer than ``timeout_s`` seconds."""
        waiting = [asyncio.ensure_future(self.all[partition].room()) for partition in partitions & self.all.keys()]
        if waiting:
            _done, late = await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            for waiter in late:
                waiter.cancel()

    async def stop(self, patience_s: float) -> None:
        """Finish the slices at work and wait until they are published; after ``patience_s`` seconds, give them up.

        Raises
        ------
        BrokerUnreachableError
            If some were given up: which partitions, and from which offset on.
        WorkerError
            Why a shard ended, if one did by itself; the rest is stopped all the same.
        """
        for shard in self.all.values():
            shard.stop()
        if self._tasks:
            done, late = await asyncio.wait(self._tasks.values(), timeout=patience_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
            self._tell(done, late, patience_s)

    async def abandon(self) -> None:
        """Stop folding and publishing at once, after a failure: what is not published will be folded again."""
        for task in self._tasks.values():
            task.remove_done_callback(self._ended)
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    def _tell(self, done: Set[asyncio.Task[None]], late: Set[asyncio.Task[None]], patience_s: float) -> None:
        for task in done:
            reason = None if task.cancelled() else task.exception()
            if isinstance(reason, Exception):
                raise reason
            if (
                reason is not None
            ):  # a panic in a model's Rust part is no Exception, and would pass all that ends a worker
                raise DefectError(f"{type(reason).__name__}: {reason}") from reason
        if late:
            given_up = [self.all[partition] for partition, task in sorted(self._tasks.items()) if task in late]
            listed = ", ".join(f"{self._topic}/{shard.partition} from offset {shard.published}" for shard in given_up)
            raise BrokerUnreachableError(
                f"the outputs of {listed} were not acknowledged within {patience_s} s of being asked to stop; the next "
                "start folds these records again and publishes them"
            )

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            reason = task.exception()
            if reason is not None:
                self._fail(reason)
