"""What names a snapshot: whose state it is, and how much of the log is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

VERSION: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?-[0-9]{1,20}")
"""What a version is called; see `models.names`."""


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
    version
        The promoted version that an archived snapshot is kept for; empty for one to restore from.

    Raises
    ------
    ValueError
        If a number is negative, or the version no version's name.
    """

    gauge: str
    topic: str
    partition: int
    epoch: int
    position: int
    version: str = ""

    def __post_init__(self) -> None:
        if min(self.partition, self.epoch, self.position) < 0:
            raise ValueError(f"partition, epoch and position must be at least 0, got {self}")
        if self.version and VERSION.fullmatch(self.version) is None:
            raise ValueError(f"a version is called like 2-7 or 2.1-7, got {self.version!r}")

    def __str__(self) -> str:
        archived = f" of version {self.version}" if self.version else ""
        return f"{self.gauge}/{self.topic}/{self.partition} epoch {self.epoch} position {self.position}{archived}"
