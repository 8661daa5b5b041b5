"""Start a partition over, as a new epoch: an order, and the commit of where the epoch begins."""

from __future__ import annotations

from contextlib import suppress

from streams.delivery.exactly_once import ExactlyOnce
from streams.delivery.ledger import Mark
from streams.here.failures import BrokerUnreachableError, DoubtError, FencedError, MarkRefusedError
from streams.kafka.group import group_of
from streams.orders.desk import Desk, OrderRefusedError, Standing
from streams.orders.orders import Reset
from streams.snapshots.failures import SnapshotMissingError, SnapshotRefusedError
from streams.snapshots.format import Verified, encode
from streams.snapshots.pickler import dump
from streams.snapshots.unpickler import load


async def reset(desk: Desk, partition: int, *, offset: int | None = None, version: str | None = None) -> Reset:
    """Start a partition over: at the beginning of its log, at an offset, or with a version that led once.

    Parameters
    ----------
    partition
        The input partition.
    offset
        The first record of the new epoch.
    version
        The state is that of the newest kept snapshot in which this version led; the epoch begins at its position.

    Raises
    ------
    OrderRefusedError
        If the offset is not in the log, or no such snapshot is kept.
    """
    standing = await desk.standing(partition)
    epoch = max(standing.orders.epoch, 0 if standing.mark is None else standing.mark.epoch) + 1
    begin, end = standing.bounds
    if version is not None:
        return await _reset_to_version(desk, standing, epoch, version)
    first = begin if offset is None else offset
    if not begin <= first <= end:
        raise OrderRefusedError(
            f"{desk.gauge.topics.input}/{partition} holds offsets {begin} to {end}, got {first}: choose one of them"
        )
    return await _start_over(desk, Reset(partition=partition, epoch=epoch, begin=first))


async def _reset_to_version(desk: Desk, standing: Standing, epoch: int, version: str) -> Reset:
    led = set()
    for identity in standing.snapshots:
        try:
            verified = await desk.verified(identity)
        except (SnapshotRefusedError, SnapshotMissingError):
            continue
        led.add(verified.header.champion or "none")
        if verified.header.champion == version:
            return await _begin_with(desk, verified, standing, epoch)
    raise OrderRefusedError(
        f"no kept snapshot of {desk.gauge.topics.input}/{standing.partition} was led by version {version}; those "
        f"that are kept were led by {', '.join(sorted(led)) or 'none'}; keep more (snapshots.keep), or reset to an "
        "offset"
    )


async def _begin_with(desk: Desk, verified: Verified, standing: Standing, epoch: int) -> Reset:
    header = verified.header
    place = f"{desk.gauge.topics.input}/{standing.partition}"
    desk.origin.check(header, standing.orders.accepted, place)
    if not standing.bounds.begin <= header.position <= standing.bounds.end:
        raise OrderRefusedError(
            f"{place} holds offsets {standing.bounds.begin} to {standing.bounds.end}, and that version's state is "
            f"at {header.position}: the records after it are gone; reset to an offset"
        )
    learner = load(verified, desk.gauge, digests={header.gauge_digest})
    learner.rename(standing.partition, epoch)
    about = header.about(epoch=epoch)
    await desk.store.put(about.identity, encode(about, dump(learner), desk.key))
    order = Reset(
        partition=standing.partition,
        epoch=epoch,
        begin=header.position,
        floor=header.position,
    )
    return await _start_over(desk, order)


async def _start_over(desk: Desk, order: Reset) -> Reset:
    """Write the order, then commit where its epoch begins; should that fail, the order stands and is given again.

    From then on a partition without a commit is one whose commit was lost, in every epoch.
    """
    await desk.write(order)
    if desk.gauge.delivery == "at-least-once":
        return order
    place = desk.place(order.partition)
    group = group_of(desk.gauge)
    ledger = ExactlyOnce.on_kafka(desk.settings, gauge=desk.gauge.name, group=group, place=place)
    try:
        with suppress(MarkRefusedError):  # another program's commit: over it goes
            await ledger.open()
        await ledger.commit([], Mark(order.begin, order.begin, order.epoch, desk.origin.digest, desk.partitions))
    except (DoubtError, FencedError) as error:
        raise BrokerUnreachableError(
            f"{place.topic}/{place.partition}: the order is written, but its epoch's begin may not be committed; "
            f"give the order again: {error}"
        ) from error
    finally:
        await ledger.close()
    return order
