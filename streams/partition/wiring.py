"""One partition's parts, put together: what the real service and the simulation share."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from time import monotonic

from streams.delivery.ledger import Ledger
from streams.partition.core_kind import CoreKind
from streams.partition.fold import Fold
from streams.partition.log import PartitionLog
from streams.partition.pace import Pace
from streams.partition.report import Report
from streams.partition.restore import Restored, Restorer
from streams.partition.shard import Shard
from streams.partition.turns import Turns
from streams.snapshots.keeper import Keeper, Maker


def make_shard(
    partition: int,
    *,
    maker: Maker,
    ledger: Ledger,
    log: PartitionLog,
    kind: CoreKind,
    at: Callable[[str], None],
    turns: Turns | None = None,
    at_work: MutableSequence[int] | None = None,
    report: Report | None = None,
    clock: Callable[[], float] = monotonic,
) -> Shard:
    """A shard that has seen nothing yet.

    Parameters
    ----------
    partition
        The input partition.
    maker
        What snapshots are made with, and what runs here.
    ledger, log
        Where outputs go, and where records come from.
    kind
        What folds it.
    at
        Told where in the protocol this is.
    turns
        Shared with the worker's other partitions, if there are any.
    at_work
        Told which record is being folded (`streams.partition.fold.Fold`).
    report
        Told of troubles.
    clock
        Monotonic seconds.
    """
    gauge = maker.origin.gauge
    restorer = Restorer(
        gauge.topics.input,
        partition,
        maker.partitions,
        store=maker.store,
        key=maker.key,
        origin=maker.origin,
        log=log,
        ledger=ledger,
        kind=kind,
        at=at,
    )

    def open_fold(restored: Restored) -> Fold:
        mark = restored.mark
        return Fold(
            partition,
            core=restored.core,
            way=kind.way(restored.core, mark.epoch),
            begin=mark.snapshot,
            silent_below=mark.published,
            skips=restored.skips,
            at_work=at_work,
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
        clock=clock,
        at=at,
        report=report,
    )
