"""A ledger in memory: what Kafka's transactions do for one partition, and what can go wrong with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from streams.delivery.envelope import Output
from streams.delivery.ledger import Mark
from streams.here.failures import FencedError


class Late(NamedTuple):
    """The commit is done, and then this is raised."""

    error: Exception


class Partition:
    """What is committed: shared by all the ledgers that ever owned the partition."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.mark: Mark | None = None
        self.marks: list[Mark] = []
        self.owner: object = None

    def commit(self, outputs: Sequence[Output], mark: Mark) -> None:
        self.outputs += outputs
        self.mark = mark
        self.marks.append(mark)


class MemoryLedger:
    """Keeps to the port's contract.

    Parameters
    ----------
    partition
        What is committed.
    permits
        Every commit takes one, if given.
    faults
        What the next commits do: succeed (None), raise without effect, or raise after it (`Late`).
    refusals
        What the next calls of `open` raise, if not None.
    """

    def __init__(
        self,
        partition: Partition,
        *,
        permits: asyncio.Semaphore | None = None,
        faults: Sequence[Exception | Late | None] = (),
        refusals: Sequence[Exception | None] = (),
        transactional: bool = True,
    ) -> None:
        self.partition = partition
        self.permits = permits
        self.faults = list(faults)
        self.refusals = list(refusals)
        self.transactional = transactional
        self.opened = 0
        self.begun: list[tuple[Sequence[Output], Mark]] = []
        self.closed = True

    async def open(self) -> Mark | None:
        self.opened += 1
        await asyncio.sleep(0)
        if self.refusals and (refusal := self.refusals.pop(0)) is not None:
            raise refusal
        self.closed = False
        if not self.transactional:
            return None
        self.partition.owner = self
        return self.partition.mark

    async def read(self) -> Mark | None:
        await asyncio.sleep(0)
        return self.partition.mark if self.transactional else None

    async def commit(self, outputs: Sequence[Output], mark: Mark) -> None:
        assert not self.closed, "a ledger is opened before anything is committed, and again after a failure"
        self.begun.append((list(outputs), mark.checked()))
        try:
            if self.permits is not None:
                await self.permits.acquire()
            else:
                await asyncio.sleep(0)
            if self.transactional and self.partition.owner is not self:
                raise FencedError("another has this partition")
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, Exception):
                raise fault
            self.partition.commit(outputs, mark)
            if isinstance(fault, Late):
                raise fault.error
        except BaseException:
            self.closed = True
            raise

    async def close(self) -> None:
        self.closed = True
