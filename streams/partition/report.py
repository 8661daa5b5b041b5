"""Who is told of the troubles that a shard tries to get over, and under which names."""

from __future__ import annotations

from typing import Protocol


class Report(Protocol):
    """See `streams.kafka.troubles`."""

    def tell(self, source: str, error: BaseException) -> None:
        """``source`` meets this."""

    def well(self, *sources: str) -> None:
        """These have no trouble any more."""


class Nobody:
    """A report to nobody."""

    def tell(self, source: str, error: BaseException) -> None:
        """Nobody is told."""

    def well(self, *sources: str) -> None:
        """Nobody is told."""


def takeover_of(partition: int) -> str:
    """Under which name it is told that a partition cannot be taken over."""
    return f"taking over partition {partition}"


def outputs_of(partition: int) -> str:
    """Under which name the troubles of a partition's outputs are told."""
    return f"outputs of partition {partition}"
