"""All shards of one worker: made when a partition is first assigned, kept as long as the process lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set
from typing import Final

from streams.engine.chunk import Chunk
from streams.here.failures import BrokerUnreachableError, DefectError, StateRefusedError
from streams.here.logs import Log
from streams.partition.shard import Shard

NOBODY_S: Final = 0.02
"""How long to wait for room where none of the partitions has a shard: one may be made any moment."""

_log = Log("shards")


class Shards:
    """The engine's intake: one shard, and one task that runs it, per partition.

    Parameters
    ----------
    make
        Makes the shard of a partition.
    fail
        Told the reason when a shard cannot go on.
    """

    def __init__(self, topic: str, make: Callable[[int], Shard], fail: Callable[[BaseException], None]) -> None:
        self._topic = topic
        self._make = make
        self._fail = fail
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.all: dict[int, Shard] = {}
        self.ours: frozenset[int] | None = None
        """The partitions that are ours; None before the first assignment."""

    def assigned(self, partitions: Set[int]) -> None:
        """See `streams.engine.intake.Intake`."""
        self.ours = frozenset(partitions)
        for partition in sorted(partitions):
            if partition not in self.all:
                try:
                    shard = self._make(partition)
                except Exception as error:  # noqa: BLE001  # the consumer would keep it; the worker ends with it
                    self.ours = frozenset(partitions & self.all.keys())  # nobody is to ask what was not made
                    self._fail(error)
                    return
                self.all[partition] = shard
                task = self._tasks[partition] = asyncio.create_task(shard.run(), name=f"shard-{partition}")
                task.add_done_callback(self._ended)
            self.all[partition].assigned()
            _log.info("partition assigned", partition=partition)

    def revoked(self, partitions: Set[int]) -> None:
        """See `streams.engine.intake.Intake`."""
        for partition in sorted(partitions & self.all.keys()):
            self.all[partition].revoked()
            _log.info("partition revoked", partition=partition, position=self.all[partition].next_offset)
        if self.ours is not None:
            self.ours -= partitions

    def deliver(self, chunk: Chunk) -> None:
        """Pass a chunk to its shard."""
        self.all[chunk.partition].deliver(chunk)

    def with_room(self, partitions: Set[int]) -> set[int]:
        """Those of the partitions for which more should be fetched."""
        return {partition for partition in partitions if partition in self.all and self.all[partition].has_room}

    async def room(self, partitions: Set[int], timeout_s: float) -> None:
        """Wait until one of the partitions has room, but not longer than ``timeout_s`` seconds."""
        waiting = [asyncio.ensure_future(self.all[partition].room()) for partition in partitions & self.all.keys()]
        if not waiting:
            await asyncio.sleep(min(timeout_s, NOBODY_S))
            return
        try:
            await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiting:
                waiter.cancel()

    async def stop(self, patience_s: float) -> None:
        """Finish the commits at work and wait until all is published; after ``patience_s`` seconds, give them up.

        Raises
        ------
        BrokerUnreachableError
            If some were given up: which partitions, and from which offset on, or what they were restored from.
        StateRefusedError
            If all of these waited only for their last snapshot to be written.
        WorkerError
            Why a shard ended, if one did by itself; the rest is stopped all the same.
        """
        for shard in self.all.values():
            shard.stop()
        if self._tasks:
            done, late = await asyncio.wait(self._tasks.values(), timeout=patience_s)
            slow = {p: shard.waits_for for p, shard in self.all.items() if shard.waits_for is not None}
            idle = {p: shard.restores_from for p, shard in self.all.items() if shard.restores_from is not None}
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
            self._tell(done, late, patience_s, slow, idle)

    async def abandon(self) -> None:
        """Stop folding and publishing at once, after a failure: what is not published will be folded again."""
        for task in self._tasks.values():
            task.remove_done_callback(self._ended)
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    def _tell(
        self,
        done: Set[asyncio.Task[None]],
        late: Set[asyncio.Task[None]],
        patience_s: float,
        slow: Mapping[int, str],
        idle: Mapping[int, str],
    ) -> None:
        for task in done:
            reason = None if task.cancelled() else task.exception()
            if isinstance(reason, Exception):
                raise reason
            # A panic in a model's Rust part is no Exception, and would pass all that ends a worker.
            if reason is not None:
                raise DefectError(f"{type(reason).__name__}: {reason}") from reason
        if late:
            given_up = [self.all[partition] for partition, task in sorted(self._tasks.items()) if task in late]
            if all(shard.partition in slow for shard in given_up):
                listed = ", ".join(f"{self._topic}/{shard.partition} at {shard.next_offset}" for shard in given_up)
                raise StateRefusedError(
                    f"everything is published, but the state of {listed} was not written down within {patience_s} s of "
                    f"being asked to stop: {slow[given_up[0].partition]} does not answer, or slowly; the next start "
                    "folds again from the snapshot before, silently"
                )
            if all(shard.partition in idle for shard in given_up):
                listed = ", ".join(f"{self._topic}/{shard.partition}" for shard in given_up)
                raise BrokerUnreachableError(
                    f"the state of {listed} was still being restored {patience_s} s after being asked to stop: "
                    f"{idle[given_up[0].partition]}, or the broker, does not answer, or slowly; nothing was folded, "
                    "and the next start restores it"
                )
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
