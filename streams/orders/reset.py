"""Start a partition over, as a new epoch: first what it would mean, then an order and the commit of where it begins.

An operator is asked in between, and the world may move meanwhile. So a plan is carried out only if nothing has: workers
are looked for again, the producer's fence shuts out one that nobody sees, and what is committed after it must be what
the plan was made of.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from streams.delivery.at_least_once import idempotent_producer
from streams.delivery.envelope import Output
from streams.delivery.exactly_once import ExactlyOnce
from streams.delivery.ledger import Mark
from streams.delivery.producer import send, stop
from streams.here.failures import BrokerUnreachableError, DoubtError, FencedError, MarkRefusedError, NotAllowedError
from streams.kafka.client_errors import as_worker_error
from streams.kafka.group import group_of
from streams.orders.desk import Desk, OrderRefusedError, Standing
from streams.orders.endings import ReadAlerts, endings
from streams.orders.orders import Replay, Reset
from streams.orders.same_log import is_same_log
from streams.snapshots.adoption import adopted
from streams.snapshots.failures import SnapshotMissingError, SnapshotRefusedError
from streams.snapshots.format import Header, encode
from streams.snapshots.identity import Identity
from streams.snapshots.origin import Handover
from streams.snapshots.payload.pickler import dump


class Plan(NamedTuple):
    """What it would mean to start a partition over. ``state`` names the snapshot to begin with, if any."""

    order: Reset
    standing: Standing
    state: Identity | None = None

    @property
    def records(self) -> int:
        """How many records the log holds from where the epoch would begin."""
        return self.standing.bounds.end - self.order.begin

    @property
    def already_published(self) -> int:
        """How many of those have published outputs; with silence, the number learned without publishing anything."""
        return max(min(self.order.outputs_end, self.standing.bounds.end) - self.order.begin, 0)

    def with_replay(self, replay: Replay) -> Plan:
        """The same, but for what becomes of those records."""
        return self._replace(order=self.order.model_copy(update={"replay": replay}))


async def plan(
    desk: Desk,
    partition: int,
    *,
    offset: int | None = None,
    version: str | None = None,
    replay: Replay = Replay.PUBLISHED,
) -> Plan:
    """What it would mean to start over: at the beginning of the log, at an offset, or with a version that led once.

    Parameters
    ----------
    partition
        The input partition.
    offset
        The first record of the new epoch.
    version
        The state is that of the newest kept snapshot in which this version led, or of its archived copy; the epoch
        begins at its position.
    replay
        What becomes of records that have published outputs.

    Raises
    ------
    OrderRefusedError
        If the offset is not in the log, or no such snapshot is kept.
    """
    standing = await desk.standing(partition)
    epoch = max(standing.orders.epoch, 0 if standing.mark is None else standing.mark.epoch) + 1
    begin, end = standing.bounds
    state = None
    if version is not None:
        state, header = await _led_by(desk, standing, version)
        first = header.position
    else:
        first = begin if offset is None else offset
    if not begin <= first <= end:
        raise OrderRefusedError(
            f"{desk.named(partition)} holds offsets {begin} to {end}, got {first}: choose one of them"
            if version is None
            else f"{desk.named(partition)} holds offsets {begin} to {end}, and that version's state is "
            f"at {first}: the records after it are gone; reset to an offset"
        )
    order = Reset(
        partition=partition,
        epoch=epoch,
        begin=first,
        floor=None if state is None else first,
        outputs_end=await _outputs_end(desk, standing),
        replay=replay,
    )
    return Plan(order, standing, state)


async def carry_out(desk: Desk, planned: Plan, read_alerts: ReadAlerts) -> Reset:
    """Write the order, then commit where its epoch begins, and with it the ends of the episodes that were open.

    Should that fail, the order stands and is given again. From then on a partition without a commit is one whose commit
    was lost, in every epoch.

    Raises
    ------
    OrderRefusedError
        If the partition does not stand any more where it stood when this was planned.
    """
    order = planned.order
    await desk.refuse_while_running()
    standing = await desk.standing(order.partition)
    if standing._replace(bounds=planned.standing.bounds) != planned.standing:
        raise _moved(desk, planned)
    if desk.gauge.delivery == "at-least-once":
        ended = await _ended(desk, planned, read_alerts)
        await desk.write(order)
        if ended:
            await _send(desk, order.partition, ended)
        return order
    async with _fenced(desk, planned) as ledger:
        ended = await _ended(desk, planned, read_alerts)
        await desk.write(order)
        published = max(order.begin, order.silent_below)
        try:
            await ledger.commit(ended, Mark(order.begin, published, order.epoch, desk.origin.digest, desk.partitions))
        except (DoubtError, FencedError) as error:
            raise BrokerUnreachableError(
                f"{desk.named(order.partition)}: the order is written, but its epoch's begin may not be committed; "
                f"give the order again: {error}"
            ) from error
    return order


async def _outputs_end(desk: Desk, standing: Standing) -> int:
    """Below it, every record of this log has outputs, of whichever epoch; 0 if the log is another than theirs."""
    marked = 0 if standing.mark is None else standing.mark.published
    end = max(marked, standing.dealt_with, standing.orders.outputs_end)
    return end if end <= standing.bounds.end and await is_same_log(desk, standing) else 0


async def _led_by(desk: Desk, standing: Standing, version: str) -> tuple[Identity, Header]:
    """The newest snapshot in which this version led, else its archived copy; one that this gauge may begin with."""
    place = desk.named(standing.partition)
    copies = await desk.store.archived(standing.partition)
    led: dict[str, int] = {}
    refused = ""
    for identity in (*standing.snapshots, *(copy for copy in copies if copy.version == version)):
        try:
            verified = await desk.verified(identity)
        except (SnapshotRefusedError, SnapshotMissingError) as error:
            refused = f"; its archived copy cannot be used: {error}" if identity.version else refused
            continue
        leader = verified.header.champion
        if leader == version:
            desk.origin.check(verified.header, standing.orders.accepted, place, handover=Handover.HERE)
            return identity, verified.header
        led.setdefault(leader or "none", identity.position)
    at = {copy.version: copy.position for copy in reversed(copies) if copy.version != version} | led
    known = ", ".join(f"{name} at {position}" for name, position in sorted(at.items(), key=lambda one: one[1]))
    raise OrderRefusedError(
        f"no snapshot of {place} that is kept or archived was led by version {version}{refused}; there are: "
        f"{known or 'none'}; name one of these, or reset to an offset (snapshots.keep and snapshots.archive say how "
        "many are kept)"
    )


async def _ended(desk: Desk, planned: Plan, read_alerts: ReadAlerts) -> list[Output]:
    """Put the state to begin with; what closes the episodes that are open, and not in it."""
    kept = await _put_state(desk, planned)
    alerts = await read_alerts(desk.gauge, desk.settings, planned.order.partition)
    return endings(desk.gauge, planned.order, alerts, dealt_with=planned.standing.dealt_with, kept=kept)


async def _send(desk: Desk, partition: int, outputs: list[Output]) -> None:
    producer = idempotent_producer(dict(desk.settings))
    try:
        await producer.start()
        await send(producer, partition, outputs)
    finally:
        await stop(producer)


async def _put_state(desk: Desk, planned: Plan) -> frozenset[str]:
    """Put the state to begin with under the new epoch's name; the episodes that are open in it."""
    if planned.state is None:
        return frozenset()
    verified, epoch = await desk.verified(planned.state), planned.order.epoch
    learner = adopted(verified, desk.gauge)
    learner.rename(planned.order.partition, epoch)
    # The state follows this gauge file from here on, and must not be taken for one that is yet to be changed.
    about = verified.header.about(epoch=epoch, gauge_digest=desk.gauge.digest, gauge_file=desk.gauge.meaning)
    await desk.store.put(about.identity, encode(about, dump(learner), desk.key))
    return frozenset(one.episode for one in learner.episodes.status().open)


@asynccontextmanager
async def _fenced(desk: Desk, planned: Plan) -> AsyncIterator[ExactlyOnce]:
    """The partition's ledger, with every other owner shut out."""
    place = desk.place(planned.order.partition)
    ledger = ExactlyOnce.on_kafka(desk.settings, gauge=desk.gauge.name, group=group_of(desk.gauge), place=place)
    mark = None
    try:
        try:
            with suppress(MarkRefusedError):  # another program's commit: over it goes
                mark = await ledger.open()
        except (DoubtError, FencedError) as error:
            denied = as_worker_error(error)
            reason = denied if isinstance(denied, NotAllowedError) else BrokerUnreachableError(str(error))
            where = desk.named(planned.order.partition)
            raise type(reason)(f"{where}: nothing was ordered: {reason}") from error
        if mark != planned.standing.mark:
            raise _moved(desk, planned)
        yield ledger
    finally:
        await ledger.close()


def _moved(desk: Desk, planned: Plan) -> OrderRefusedError:
    return OrderRefusedError(
        f"{desk.named(planned.order.partition)} has moved since it was looked at: a worker ran; nothing was ordered "
        "for it, give the command again"
    )
