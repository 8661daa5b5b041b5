"""What can be ordered for one partition, and what a worker has to obey of all that was.

Orders are records of the control topic (`streams.orders.control`); a later one of the same key replaces the earlier.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


@dataclass(frozen=True)
class Orders:
    """What operators have ordered for one partition; read from the control topic before restoring.

    Parameters
    ----------
    epoch
        How often the gauge was started over.
    begin
        The offset at which this epoch begins: where it was ordered to, or where the log began at its first start.
    skips
        Offsets of records that become dead letters unread.
    accepted
        Origins (see `streams.snapshots.origin`) whose state may be gone on with.
    floor
        Where the state does not follow from this log and this origin alone: no snapshot below may be used, and without
        any this cannot go on. ``None`` if the state is a fold from ``begin``.
    outputs_end
        Below it, records of this log have published outputs of an epoch before this one; 0 if none is known.
    silent_below
        Below it, this epoch publishes nothing: it learns silently.
    """

    epoch: int = 0
    begin: int = 0
    skips: frozenset[int] = frozenset()
    accepted: frozenset[str] = frozenset()
    floor: int | None = None
    outputs_end: int = 0
    silent_below: int = 0


class Replay(StrEnum):
    """What an epoch makes of records whose outputs an epoch before it has published."""

    PUBLISHED = "published"
    """They are scored and published again, under ids of its own."""
    SILENT = "silent"
    """They are learned from, and nothing is published."""


class Order(BaseModel, ABC):
    """What is ordered for one partition, by whom it may concern. ``key`` names it within the partition."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    partition: int = Field(ge=0)
    epoch: int = Field(ge=0)
    reason: str = ""

    @property
    @abstractmethod
    def key(self) -> str:
        """The last part of the record's key."""


class Reset(Order):
    """Start over as ``epoch``: at ``begin`` with a learner that has seen nothing, or, if ``floor`` is given, with the
    state of a snapshot that was put there under this epoch.

    ``outputs_end`` is where the outputs of the epochs before end, and ``replay`` what becomes of the records below it.
    That bound stands here and nowhere else, so that every later replay is silent up to the same record.
    """

    order: Literal["reset"] = "reset"
    begin: int = Field(ge=0)
    floor: int | None = Field(default=None, ge=0)
    outputs_end: int = Field(default=0, ge=0)
    replay: Replay = Replay.PUBLISHED

    @property
    def silent_below(self) -> int:
        """See `Orders.silent_below`."""
        return self.outputs_end if self.replay is Replay.SILENT else 0

    @property
    def key(self) -> str:
        """See `Order.key`."""
        return "reset"


class Skip(Order):
    """Do not decode the record at ``offset``: it becomes a dead letter."""

    order: Literal["skip"] = "skip"
    offset: int = Field(ge=0)

    @property
    def key(self) -> str:
        """See `Order.key`."""
        return f"skip/{self.epoch}/{self.offset}"


class Accept(Order):
    """Origin ``to`` may go on with what origin ``of`` has made, from ``position`` on."""

    order: Literal["accept"] = "accept"
    of: str
    to: str
    position: int = Field(ge=0)

    @property
    def key(self) -> str:
        """See `Order.key`."""
        return f"accept/{self.epoch}/{self.of}"


ANY_ORDER: Final[TypeAdapter[Reset | Skip | Accept]] = TypeAdapter(Reset | Skip | Accept)


def orders_of(records: Iterable[Order], partition: int, origin: str) -> Orders:
    """What a worker of ``origin`` has to obey for one partition.

    >>> orders_of([Reset(partition=0, epoch=1, begin=40), Skip(partition=0, epoch=0, offset=3)], 0, "a")
    Orders(epoch=1, begin=40, skips=frozenset(), accepted=frozenset(), floor=None, outputs_end=0, silent_below=0)
    """
    mine = [record for record in records if record.partition == partition]
    last = last_reset(mine, partition)
    current = [record for record in mine if record.epoch == last.epoch]
    accepted: dict[str, int] = {}
    reached = {origin}
    while found := [r for r in current if isinstance(r, Accept) and r.to in reached and r.of not in accepted]:
        accepted.update((record.of, record.position) for record in found)
        reached.update(accepted)
    floors = [*accepted.values(), *([] if last.floor is None else [last.floor])]
    return Orders(
        epoch=last.epoch,
        begin=last.begin,
        skips=frozenset(record.offset for record in current if isinstance(record, Skip)),
        accepted=frozenset(accepted),
        floor=max(floors, default=None),
        outputs_end=last.outputs_end,
        silent_below=last.silent_below,
    )


def last_reset(records: Iterable[Order], partition: int) -> Reset:
    """The order by which a partition's epoch began; that of epoch 0 where none was given."""
    resets = [record for record in records if isinstance(record, Reset) and record.partition == partition]
    return max(resets, key=lambda reset: reset.epoch, default=Reset(partition=partition, epoch=0, begin=0))
