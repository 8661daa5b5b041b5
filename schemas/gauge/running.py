"""``[server]`` and ``[snapshots]``: how a worker is watched, and where it keeps its state."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.gauge.section import Section


class Server(Section):
    """The worker's own HTTP listener: ``/livez``, ``/readyz`` and ``/metrics``. Loopback unless said otherwise.

    A worker ends when one of its partitions has records to read and stood still for ``stalled_after_seconds``.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8642, ge=0, le=65_535)
    stalled_after_seconds: float = Field(default=120.0, ge=1)


class Snapshots(Section):
    """How often a partition's state is written down, where, and how many are kept.

    A snapshot is due after ``every_events`` records or ``every_seconds`` with at least one, whichever comes first;
    for time alone it waits a tenth longer, at most a second, for a moment in which the partition has no output on its
    way.
    """

    store: Literal["directory", "topic"] = "directory"
    directory: str | None = Field(default=None, min_length=1)
    every_events: int = Field(default=50_000, ge=1)
    every_seconds: float = Field(default=30.0, gt=0)
    keep: int = Field(default=3, ge=1, le=1_000)
