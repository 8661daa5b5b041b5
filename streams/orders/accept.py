"""Continue with the state that another gauge file or other libraries made, from where it stands.

What made it stands in the snapshot; so does what its gauge file said, and nobody has to give the old one.
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.change import Change, Cost, changes
from schemas.gauge import Gauge
from streams.orders.desk import Desk, OrderRefusedError, Standing
from streams.orders.orders import Accept
from streams.snapshots.adoption import adopted
from streams.snapshots.failures import SnapshotRefusedError
from streams.snapshots.format import Verified
from streams.snapshots.made_with import gauge_of
from streams.snapshots.origin import digest_of


class Acceptance(NamedTuple):
    """What is accepted for one partition: changes of the gauge file, and other differences in words."""

    order: Accept
    changes: list[Change]
    differences: list[str]


async def plan(desk: Desk, partition: int, *, against: Gauge | None = None) -> Acceptance | None:
    """What would be accepted for a partition; None if what runs here has made its state. Nothing is written.

    ``against`` is the gauge file that made the state, as the operator thinks.

    Raises
    ------
    OrderRefusedError
        If the state was made with another file than ``against``, the change costs a reset, the state does not load, or
        the workers were not stopped in order, so that a replay under the old rules is still to be done.
    StateRefusedError
        If this release does not take the gauge file that made the state.
    """
    standing = await desk.standing(partition)
    if _is_untouched(standing):
        return None
    verified = await _state_of(desk, standing)
    header = verified.header
    theirs = digest_of(header.gauge_digest, header.libraries, header.build, header.start)
    if against is not None and header.gauge_digest != against.digest:
        raise OrderRefusedError(
            f"{desk.named(partition)}: the state was made by gauge file {header.gauge_digest}, got --against "
            f"{against.digest}: leave it out, the state knows the file that made it"
        )
    if theirs == desk.origin.digest:
        taken_over = _taken_over(desk, standing)
        if taken_over is None:
            return None
        theirs = taken_over
    found = [change for change in changes(gauge_of(header), desk.gauge) if change.cost is not Cost.NONE]
    dear = [change for change in found if change.cost is Cost.RESET]
    if dear:
        raise OrderRefusedError(
            f"{desk.named(partition)}: the state does not fit these changes: "
            f"{', '.join(f'{c.where} ({c.then!r} then, {c.now!r} now): {c.means}' for c in dear)}"
        )
    try:
        adopted(verified, desk.gauge)
    except SnapshotRefusedError as error:
        raise OrderRefusedError(
            f"{desk.named(partition)}: the state does not load here any more: {error}; go back, or start over with "
            "rivergauge reset"
        ) from error
    order = Accept(
        partition=partition,
        epoch=standing.orders.epoch,
        of=theirs,
        to=desk.origin.digest,
        position=header.position,
    )
    return Acceptance(order, found, desk.origin.differences(header))


def _is_untouched(standing: Standing) -> bool:
    """Whether the epoch has neither folded nor kept anything yet: what runs here begins it."""
    kept = any(identity.epoch == standing.orders.epoch for identity in standing.snapshots)
    return not kept and standing.orders.floor is None and standing.dealt_with == standing.orders.begin


def _taken_over(desk: Desk, standing: Standing) -> str | None:
    """Who took our state over under another gauge file and folded nothing since; the mark is theirs."""
    mark = standing.mark
    if mark is None or mark.epoch != standing.orders.epoch or mark.origin.startswith(f"{desk.gauge.digest}."):
        return None
    return mark.origin


async def _state_of(desk: Desk, standing: Standing) -> Verified:
    """The state to continue with: at the very record up to which everything is published."""
    position, place = standing.dealt_with, desk.named(standing.partition)
    if standing.mark is not None and standing.mark.snapshot != position:
        raise OrderRefusedError(
            f"{place}: outputs are published up to {position}, the newest state is at {standing.mark.snapshot}: the "
            "workers were not stopped in order, and what is between is still to be folded by what made the state: run "
            "a worker with that gauge file and those libraries, stop it in order (SIGTERM), then accept"
        )
    ours = [identity for identity in standing.snapshots if identity.epoch == standing.orders.epoch]
    at_position = next((identity for identity in ours if identity.position == position), None)
    if at_position is None:
        newest = f"the newest is at {ours[0].position}" if ours else "there is none of this epoch"
        raise OrderRefusedError(
            f"{place}: no snapshot at {position} to continue with, {newest}: run a worker with what made the state and "
            "stop it in order (SIGTERM), or start over with rivergauge reset"
        )
    return await desk.verified(at_position)
