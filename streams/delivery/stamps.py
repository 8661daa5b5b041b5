"""Timestamps of outputs: their input records', as long as the output topics take these.

An upstream topic may be laxer than ours (``message.timestamp.after.max.ms``, ``message.timestamp.before.max.ms``), and
a broker refuses a whole batch for one record. What it refuses is given the time of publishing, which every broker
takes. Contents, ids and order do not change, so a replay publishes the same records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from time import time

from streams.delivery.envelope import Output
from streams.here.logs import Log

_log = Log("delivery")


class Dating(Enum):
    """Which timestamps are published; each is tried when the broker has refused the one before."""

    AS_READ = "as read"
    NOT_AHEAD = "those that lie in the future are replaced"
    NOW = "all are replaced"


class Stamps:
    """The timestamps of one partition's outputs. What was refused once is not tried again.

    Parameters
    ----------
    partition
        For messages.
    wall
        Seconds since 1970.
    """

    def __init__(self, partition: int, wall: Callable[[], float] = time) -> None:
        self.dating = Dating.AS_READ
        self.replaced = 0
        """How many published outputs carry the time of publishing."""
        self._partition = partition
        self._wall = wall

    def dated(self, outputs: Sequence[Output]) -> Sequence[Output]:
        """The outputs as they are to be published; without a timestamp, the producer gives them the present one."""
        if self.dating is Dating.AS_READ:
            return outputs
        latest = self._wall() * 1_000 if self.dating is Dating.NOT_AHEAD else -1.0
        return [
            output if output.timestamp is None or output.timestamp <= latest else output._replace(timestamp=None)
            for output in outputs
        ]

    def published(self, outputs: Sequence[Output], dated: Sequence[Output]) -> None:
        """Count what was replaced, now that it is published."""
        if dated is not outputs:
            self.replaced += sum(was.timestamp != now.timestamp for was, now in zip(outputs, dated, strict=True))

    def relax(self) -> bool:
        """The broker has refused a timestamp: replace more of them from now on; False if all are replaced already."""
        order = list(Dating)
        if self.dating is order[-1]:
            return False
        self.dating = order[order.index(self.dating) + 1]
        _log.warning("timestamps refused by an output topic", partition=self._partition, now=self.dating.value)
        return True
