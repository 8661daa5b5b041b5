"""Continue with the state that another gauge file or other libraries made."""

from __future__ import annotations

from schemas.change import Change, Cost, changes
from schemas.gauge import Gauge
from streams.orders.desk import Desk, OrderRefusedError
from streams.orders.orders import Accept
from streams.snapshots.failures import SnapshotRefusedError
from streams.snapshots.format import Header
from streams.snapshots.origin import digest_of
from streams.snapshots.unpickler import load


async def accept(desk: Desk, partition: int, old: Gauge) -> Accept | None:
    """Let what runs here go on with the state that ``old`` or other libraries made; None if nothing differs.

    Raises
    ------
    OrderRefusedError
        If the change touches a feature, a label or a running model, the state does not load, or the workers were
        not stopped in order, so that a replay under the old rules is still to be done.
    """
    standing = await desk.standing(partition)
    dear = [change for change in changes(old, desk.gauge) if change.cost is Cost.RESET]
    if dear:
        raise OrderRefusedError(
            f"the state does not fit these changes: {', '.join(_shown(change) for change in dear)}; undo them, "
            "or start over with rivergauge reset"
        )
    position = standing.dealt_with
    if standing.mark is not None and standing.mark.snapshot != position:
        raise OrderRefusedError(
            f"{desk.gauge.topics.input}/{partition}: outputs are published up to {position}, the newest state is "
            f"at {standing.mark.snapshot}: run a worker with what made it, stop it in order (SIGTERM), then accept"
        )
    identity = next((i for i in standing.snapshots if i.epoch == standing.orders.epoch), None)
    identities = [i for i in standing.snapshots if (i.epoch, i.position) == (standing.orders.epoch, position)]
    if not identities:
        raise OrderRefusedError(
            f"{desk.gauge.topics.input}/{partition}: there is no snapshot at {position} to go on with (newest: "
            f"{identity}); start over with rivergauge reset"
        )
    verified = await desk.verified(identities[0])
    header = verified.header
    theirs = _origin_of(header)
    if theirs == desk.origin.digest:
        return None
    if header.gauge_digest != old.digest:
        raise OrderRefusedError(
            f"the state was made by gauge file {header.gauge_digest}, got --against {old.digest}: give the gauge "
            "file that made it"
        )
    try:
        load(verified, desk.gauge, digests={header.gauge_digest})
    except SnapshotRefusedError as error:
        raise OrderRefusedError(
            f"the state does not load here any more: {error}; go back, or start over with rivergauge reset"
        ) from error
    order = Accept(
        partition=partition,
        epoch=standing.orders.epoch,
        of=theirs,
        to=desk.origin.digest,
        position=position,
    )
    return await desk.write(order)


def _origin_of(header: Header) -> str:
    return digest_of(header.gauge_digest, header.libraries, header.build, header.start)


def _shown(change: Change) -> str:
    return f"{change.where} ({change.then!r} then, {change.now!r} now)"
