"""What a learner calls its versions and episodes: partition, epoch from 1 on, and a number."""

from __future__ import annotations


class Names:
    """Names that no other partition and no other epoch of the gauge gives: ``2-7``, and ``2.1-7`` in epoch 1.

    All wings of a learner share one, so that a new epoch is told once.
    """

    __slots__ = ("prefix",)

    def __init__(self, partition: int, epoch: int = 0) -> None:
        self.rename(partition, epoch)

    def rename(self, partition: int, epoch: int) -> None:
        """Names given from now on are of this partition and epoch."""
        self.prefix = f"{partition}.{epoch}" if epoch else str(partition)

    def of(self, what: int | str) -> str:
        """The name of a version or an episode by its number, with a word before it where there are several kinds."""
        return f"{self.prefix}-{what}"
