"""Whether what is committed, kept and ordered fits the log. What does not is refused, with the ways on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.delivery.ledger import Mark
from streams.engine.chunk import Bounds
from streams.here.failures import LogRefusedError, StateRefusedError
from streams.orders.orders import Orders
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.format import About
from streams.snapshots.identity import Identity
from streams.snapshots.origin import Handover, Origin

WAYS: Final = "or start over with rivergauge reset"


class Fit:
    """The rules for one partition; every check raises `StateRefusedError` or `LogRefusedError`.

    Parameters
    ----------
    place
        Topic and partition, for messages.
    partitions
        How many the topic has.
    origin
        What runs now.
    """

    def __init__(self, place: str, partitions: int, origin: Origin) -> None:
        self._place = place
        self._partitions = partitions
        self._origin = origin

    def check_mark(self, mark: Mark, orders: Orders, bounds: Bounds) -> None:
        """What is committed was made here, in an epoch that is known, of a log that still holds it."""
        self._check_partitions(mark.partitions)
        if mark.epoch > orders.epoch:
            raise StateRefusedError(
                f"{self._place}: committed in epoch {mark.epoch}, but the control topic knows {orders.epoch} only: its "
                f"records are gone; it must be compacted, never deleted by age; {WAYS}"
            )
        if mark.epoch == orders.epoch:
            # What an operator accepted at the very end of the outputs was accepted whoever took the state over last.
            accepted = orders.accepted and orders.floor == mark.snapshot == mark.published
            if mark.published > max(orders.begin, orders.silent_below) and not accepted:
                self._origin.check_mark(mark, orders.accepted, self._place)
            if mark.published > bounds.end:
                raise LogRefusedError(
                    f"{self._place}: outputs are published up to {mark.published}, but the log ends at {bounds.end}: "
                    f"the topic was truncated or made anew; give the gauge its log back, {WAYS}"
                )

    def check_snapshot(
        self, about: About, identity: Identity, orders: Orders, bounds: Bounds, handover: Handover
    ) -> None:
        """A snapshot is the one that it is kept as, was made here, and of a log that still holds it.

        Raises `SnapshotRefusedError` where the one before it may be used.
        """
        if about.identity != identity:
            raise SnapshotRefusedError(
                Refusal.FOREIGN,
                "snapshot in another's place",
                expected=str(identity),
                got=str(about.identity),
                do="somebody copied or renamed it: use the one before it, and find out who can write to the store",
            )
        self._check_partitions(about.partitions)
        self._origin.check(about, orders.accepted, self._place, handover=handover)
        if identity.position > bounds.end:
            raise LogRefusedError(
                f"{self._place}: snapshot at {identity.position} is newer than the log, which ends at "
                f"{bounds.end}: the topic was truncated or made anew; give the gauge its log back, {WAYS}"
            )

    def check_without_snapshot(self, orders: Orders, handover: int | None) -> None:
        """No snapshot can be used: the log alone gives the state, unless somebody else's fold stands behind it.

        ``handover`` is where outputs of another origin end, if there are any.
        """
        if orders.floor is not None:
            raise StateRefusedError(
                f"{self._place}: no snapshot at or above {orders.floor} can be used, and what an operator reset to or "
                f"accepted there cannot be folded again from the log alone; put a snapshot back, {WAYS}"
            )
        if handover is not None:
            raise StateRefusedError(
                f"{self._place}: outputs up to {handover} were made by another gauge file or other libraries, and no "
                f"snapshot at or above {handover} can be used: what runs here would fold the records before it in its "
                f"own way; put a snapshot back, {WAYS}"
            )

    def check_log(self, position: int, bounds: Bounds, *, restored: bool) -> None:
        """The log holds all from the position on; ``restored`` if that is a snapshot's."""
        if bounds.begin > position:
            what = f"the newest usable snapshot stands at {position}" if restored else "no snapshot can be used"
            raise LogRefusedError(
                f"{self._place} begins at offset {bounds.begin}, and {what}: {bounds.begin - position} records are "
                f"gone and would never be learned; give the topic more retention, {WAYS}"
            )
        if position > bounds.end:
            raise LogRefusedError(
                f"{self._place} ends at offset {bounds.end}, and this epoch begins at {position}: {WAYS}"
            )

    def refuse_without_mark(self, snapshots: Sequence[Identity], bounds: Bounds) -> None:
        """There are snapshots, or at least outputs, and nothing is committed."""
        found = "outputs exist"
        if snapshots:
            found = f"snapshots exist, the newest at {max(snapshots).position}"
        if snapshots and max(snapshots).position > bounds.end:
            raise LogRefusedError(
                f"{self._place} ends at offset {bounds.end}, no offset is committed, and {found}: the topic was "
                "deleted and made anew, and Kafka forgets the commits of what is deleted; give the gauge its log "
                f"back, {WAYS}"
            )
        raise StateRefusedError(
            f"{self._place}: no offset is committed although {found}: the group's offsets have expired "
            "(offsets.retention.minutes), were deleted (as Kafka does with those of a deleted topic), or these come "
            "from at-least-once delivery; what is published cannot be known: rivergauge reset starts over, from the "
            "beginning or from where you say"
        )

    def _check_partitions(self, then: int) -> None:
        if then != self._partitions:
            raise StateRefusedError(
                f"{self._place}: the topic had {then} partitions and has {self._partitions} now: keys moved "
                f"between partitions, and each learner would see a stranger's; make a new topic, {WAYS}"
            )
