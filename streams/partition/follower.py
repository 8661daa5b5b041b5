"""Folds what comes, chunk by chunk and turn by turn, for as long as the partition is held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from streams.engine.chunk import Chunk
from streams.here.failures import BatchRefusedError, DefectError
from streams.partition.continuity import Continuity
from streams.partition.fold import Fold
from streams.partition.inbox import Inbox
from streams.partition.outbox import Outbox
from streams.partition.pace import Pace
from streams.partition.stretch import Stretch
from streams.partition.tenure import Tenure
from streams.partition.turns import Turn, Turns
from streams.snapshots.keeper import Keeper


class Follower:
    """From the inbox through the fold to the outbox.

    Parameters
    ----------
    tenure, continuity
        Whether to read on, and whether what comes is what is to come.
    inbox, outbox, keeper
        Where chunks come from and outputs go; what is shown the state between two stretches.
    pace, turns
        How patient it is, and who folds now.
    happened
        Set whenever there may be something to do.
    at
        Told where in the protocol this is.
    """

    def __init__(
        self,
        *,
        tenure: Tenure,
        continuity: Continuity,
        inbox: Inbox,
        outbox: Outbox,
        keeper: Keeper,
        pace: Pace,
        turns: Turns,
        happened: asyncio.Event,
        at: Callable[[str], None],
    ) -> None:
        self._tenure = tenure
        self._continuity = continuity
        self._inbox = inbox
        self._outbox = outbox
        self._keeper = keeper
        self._pace = pace
        self._turns = turns
        self._happened = happened
        self._at = at

    async def follow(self, fold: Fold) -> None:
        """Fold until the partition is no longer held: revoked, assigned anew or stopped."""
        while (chunk := await self._next_chunk(fold)) is not None:
            self._continuity.check_chunk(fold.next_offset, chunk)
            await self._take(chunk, fold)

    async def _next_chunk(self, fold: Fold) -> Chunk | None:
        """Wait for a chunk; None when the partition is no longer held. Notices at once what fails meanwhile."""
        while not self._inbox and self._tenure.reads_on:
            self._inbox.done()
            self._outbox.hurry()
            self._happened.clear()
            await self._outbox.carry_on()
            if self._outbox.is_idle:
                self._snapshot_if_due(fold, at_rest=True)
            await self._happened.wait()
        # The partition may be given away and back while this task waits for a slow broker: then it is not held.
        return self._inbox.take() if self._tenure.reads_on else None

    async def _take(self, chunk: Chunk, fold: Fold) -> None:
        last = chunk.records[-1].offset
        record_bytes = chunk.size / len(chunk.records)
        stretches = fold.fold(chunk.records)
        while fold.next_offset <= last and self._tenure.reads_on:
            if self._outbox.is_full:
                await self._outbox.room()
            try:
                async with self._turns.turn(self._inbox.patience_s(self._pace.turn_patience)) as turn:
                    await self._take_turn(turn, fold, stretches, last, record_bytes)
            except (DefectError, BatchRefusedError):
                await self._outbox.before_defect()
                raise

    async def _take_turn(
        self, turn: Turn, fold: Fold, stretches: Iterator[Stretch], last: int, record_bytes: float
    ) -> None:
        """Fold until the chunk, the turn or the room is at its end, or the partition has moved."""
        while self._tenure.reads_on and not self._outbox.is_full:
            stretch = next(stretches, None)
            if stretch is None:
                return
            if stretch.stamps and fold.next_offset - len(stretch.stamps) < self._outbox.published:
                self._at("during replay")
            self._outbox.put(stretch, record_bytes)
            if stretch.defect is not None:
                raise stretch.defect
            self._snapshot_if_due(fold, at_rest=False)
            await self._outbox.carry_on()
            if self._inbox or fold.next_offset <= last:
                for _ in range(self._pace.loop_turns):
                    await asyncio.sleep(0)
            if turn.is_over:
                return

    def _snapshot_if_due(self, fold: Fold, *, at_rest: bool) -> None:
        if self._keeper.due(fold.next_offset, at_rest=at_rest, leader=fold.core.leader):
            self._keeper.take(fold.core, fold.last)
