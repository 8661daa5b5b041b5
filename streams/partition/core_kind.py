"""A kind of core: how one is made, restored, fed and heard. A partition's life is the same for all kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from models.core import Core
from schemas.records import Effect
from streams.delivery.envelope import Output
from streams.engine.chunk import Fetched
from streams.partition.news import Oddities
from streams.snapshots.format import Verified


class Way(NamedTuple):
    """From a record to what a core handles, and from its effects to outputs; of one fold, for it may keep counts."""

    decode: Callable[[Fetched], Any]
    """Never raises for what is wrong with a record."""
    seal: Callable[[Effect, int, int, int | None], Output]
    """See `streams.delivery.envelope.Envelope.seal`."""
    oddities: Callable[[], Oddities]
    """What is odd about the records so far, and about the core."""


class CoreKind(NamedTuple):
    """One kind of core, for one partition."""

    make: Callable[[int], Core]
    """A core that has seen nothing, for an epoch."""
    load: Callable[[Verified], Core]
    """The core whose state a snapshot is; raises `SnapshotRefusedError`. Called in a thread: it may take seconds."""
    way: Callable[[Any, int], Way]
    """The way round a core of this kind, in an epoch."""
