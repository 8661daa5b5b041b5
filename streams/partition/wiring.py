"""One partition's parts, put together: what the real service and the simulation share."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from time import monotonic

from models.door.decoder import Decoder
from models.learner import Learner
from streams.delivery.envelope import Envelope
from streams.delivery.ledger import Ledger
from streams.partition.fold import Fold
from streams.partition.log import PartitionLog
from streams.partition.news import Oddities
from streams.partition.pace import Pace
from streams.partition.report import Report
from streams.partition.restore import Restored, Restorer
from streams.partition.shard import Shard
from streams.partition.turns import Turns
from streams.snapshots.keeper import Keeper, Maker
from streams.snapshots.origin import Origin


def make_shard(
    partition: int,
    *,
    origin: Origin,
    maker: Maker,
    ledger: Ledger,
    log: PartitionLog,
    make_core: Callable[[int], Learner],
    max_message_bytes: int,
    at: Callable[[str], None],
    turns: Turns | None = None,
    place: MutableSequence[int] | None = None,
    report: Report | None = None,
    clock: Callable[[], float] = monotonic,
) -> Shard:
    """A shard that has seen nothing yet.

    Parameters
    ----------
    partition
        The input partition.
    origin, maker
        What runs here, and what snapshots are made with.
    ledger, log
        Where outputs go, and where records come from.
    make_core
        Makes a learner that has seen nothing, for an epoch.
    max_message_bytes
        What the dead letters' topic takes.
    at
        Told where in the protocol this is.
    turns
        Shared with the worker's other partitions, if there are any.
    place
        Told which record is being folded (`streams.partition.fold.Fold`).
    report
        Told of troubles.
    clock
        Monotonic seconds.
    """
    gauge, partitions = origin.gauge, maker.partitions
    restorer = Restorer(
        gauge.topics.input,
        partition,
        partitions,
        store=maker.store,
        key=maker.key,
        origin=origin,
        log=log,
        ledger=ledger,
        make=make_core,
        at=at,
    )

    def oddities(fold: Fold) -> Oddities:
        return Oddities(fold.decoder.unknown_fields, fold.core.panel.failing, fold.decoder.warnings)

    def open_fold(restored: Restored) -> Fold:
        return Fold(
            partition,
            core=restored.learner,
            decoder=Decoder(gauge),
            envelope=Envelope(gauge, partition, max_message_bytes, epoch=restored.mark.epoch),
            begin=restored.mark.snapshot,
            silent_below=restored.mark.published,
            skips=restored.skips,
            place=place,
            clock=clock,
        )

    return Shard(
        partition,
        ledger=ledger,
        restore=restorer.restore,
        feed=log,
        open_fold=open_fold,
        make_keeper=lambda news: Keeper(maker, partition, news=news, at=at, clock=clock),
        pace=Pace(commit_interval_s=gauge.commit_interval_ms / 1_000),
        turns=turns,
        oddities=oddities,
        clock=clock,
        at=at,
        report=report,
    )
