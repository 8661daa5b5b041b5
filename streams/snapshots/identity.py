"""What names a snapshot: whose state it is, and how much of the log is in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Identity:
    """One snapshot's name. Of one partition, a later identity is greater: first the epoch counts, then the position.

    Parameters
    ----------
    gauge, topic, partition
        The gauge's name, its input topic, the input partition.
    epoch
        How often the gauge was started over, from 0.
    position
        The next offset: everything below it is in the state.

    Raises
    ------
    ValueError
        If a number is negative.
    """

    gauge: str
    topic: str
    partition: int
    epoch: int
    position: int

    def __post_init__(self) -> None:
        if min(self.partition, self.epoch, self.position) < 0:
            raise ValueError(f"partition, epoch and position must be at least 0, got {self}")

    def __str__(self) -> str:
        return f"{self.gauge}/{self.topic}/{self.partition} epoch {self.epoch} position {self.position}"
