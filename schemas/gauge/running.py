"""``[server]``, ``[serve]`` and ``[snapshots]``: how processes are reached and watched, and where state is kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.gauge.cost import NONE
from schemas.gauge.section import Section

_MOVE = "move the snapshots there first, or the state is learned again from the log, or refused"


class Server(Section):
    """The worker's own HTTP server. Loopback unless said otherwise; elsewhere it wants tokens for all but its probes.

    A worker ends when one of its partitions has records to read and stood still for ``stalled_after_seconds``. One
    client, a token or an address, may ask ``requests_per_second``; probes are not counted.
    """

    host: Annotated[str, NONE] = "127.0.0.1"
    port: Annotated[int, NONE] = Field(default=8642, ge=0, le=65_535)
    stalled_after_seconds: Annotated[float, NONE] = Field(default=120.0, ge=1)
    requests_per_second: Annotated[float, NONE] = Field(default=2_000.0, ge=0.01)


class Serve(Section):
    """A scoring replica: where it listens, on the host of ``[server]``, and how far its states may be behind.

    It folds the log on from the newest snapshot, or only follows the snapshots, which costs less and lags more. It
    refuses to answer for a partition whose state is more than ``max_lag`` offsets behind the log's end, or has not
    reached what was the end for ``max_age_seconds``.
    """

    port: Annotated[int, NONE] = Field(default=8080, ge=0, le=65_535)
    follow: Annotated[Literal["log", "snapshots"], NONE] = "log"
    max_lag: Annotated[int, NONE] = Field(default=10_000, ge=0)
    max_age_seconds: Annotated[float, NONE] = Field(default=60.0, ge=5)


class Snapshots(Section):
    """How often a partition's state is written down, where, and how many are kept.

    A snapshot is due after ``every_events`` records or ``every_seconds`` with at least one, whichever comes first;
    for time alone it waits a tenth longer, at most a second, for a moment in which the partition has no output on its
    way.

    The versions that were promoted last, ``archive`` of them, are kept beside, each as it was at the first snapshot
    that it led.
    """

    store: Annotated[Literal["directory", "topic"], NONE.but(_MOVE)] = "directory"
    directory: Annotated[str | None, NONE.but(_MOVE)] = Field(default=None, min_length=1)
    every_events: Annotated[int, NONE] = Field(default=50_000, ge=1)
    every_seconds: Annotated[float, NONE] = Field(default=30.0, gt=0)
    keep: Annotated[int, NONE] = Field(default=3, ge=1, le=1_000)
    archive: Annotated[int, NONE] = Field(default=10, ge=0, le=1_000)
