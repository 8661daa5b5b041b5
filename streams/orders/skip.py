"""Make one record a dead letter, unread: for an event at which every worker ends."""

from __future__ import annotations

from streams.orders.desk import Desk, OrderRefusedError
from streams.orders.orders import Skip


async def skip(desk: Desk, partition: int, offset: int) -> Skip:
    """Make the record at ``offset`` a dead letter, unread.

    Raises
    ------
    OrderRefusedError
        If it is not in the log, or dealt with already.
    """
    standing = await desk.standing(partition)
    done = standing.dealt_with
    begin, end = standing.bounds
    first = max(begin, done)
    if not first <= offset < end:
        there = f"what can be skipped is {first} to {end - 1}" if first < end else "there is nothing to skip"
        raise OrderRefusedError(
            f"{desk.named(partition)}: {there}, got {offset}: below {done} everything is dealt with "
            "and published, and what is not there yet cannot have stopped a worker"
        )
    return await desk.write(Skip(partition=partition, epoch=standing.orders.epoch, offset=offset))
