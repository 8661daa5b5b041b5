"""A tile: one question that a person asks of a gauge, and its answer, or why there is none yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from schemas.gauge import Gauge
from schemas.status import Status
from streams.page.memory import Memory
from streams.view.view import View


class State(StrEnum):
    """How much a tile is worth now.

    ``READY`` shows what is so. ``EMPTY`` has nothing to show yet, and says why and when it fills. ``STALE`` shows what
    was so when last something came. ``RESTORING`` waits for the worker to have caught up. ``GONE`` needs a worker of
    this partition, and this process is none.
    """

    READY = "ready"
    EMPTY = "empty"
    STALE = "stale"
    RESTORING = "restoring"
    GONE = "gone"


class Table(NamedTuple):
    """Rows of cells under a header: what a plot shows, in figures."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Evidence(NamedTuple):
    """An entry that opens: a title, lines of names and what they are, and the command that acts on it.

    ``key`` is the entry's own, whatever becomes of its title.
    """

    key: str
    title: str
    facts: tuple[tuple[str, str], ...]
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One tile.

    ``words`` is a sentence: the answer, or why there is none. ``age_s`` is the age of the newest thing in it, in
    seconds, ``None`` where nothing is in it. ``plot`` is drawn by the page's script, by its ``kind``.
    """

    key: str
    title: str
    words: str
    state: State = State.READY
    age_s: float | None = None
    tables: tuple[Table, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    plot: Mapping[str, Any] | None = None
    tone: str = field(default="")
    """``good``, ``bad`` or ``warn``, where the answer is one of them."""


class Sources(NamedTuple):
    """What tiles of one partition are made of.

    ``status`` is that of the partition's learner, if it is in this process; ``waiting_for`` what keeps its worker from
    being ready. ``now_ms`` is the time in milliseconds since 1970.
    """

    gauge: Gauge
    view: View
    partition: int
    status: Status | None
    memory: Memory
    now_ms: int
    waiting_for: Sequence[str] = ()

    @property
    def newest_ms(self) -> int | None:
        """When the newest event came: by its prediction's record, or else when the worker was seen to have it."""
        flow = self.view.flows.get(self.partition)
        return self.memory.newest_ms if flow is None else flow.timestamp

    def age_s(self, timestamp_ms: int | None) -> float | None:
        """How long ago that was, in seconds; never below 0, for clocks differ."""
        return None if timestamp_ms is None else max(self.now_ms - timestamp_ms, 0) / 1_000


def without_worker(sources: Sources, key: str, title: str) -> Tile:
    """A tile that needs the learner's own status, where there is none."""
    if sources.waiting_for:
        what = "; ".join(sources.waiting_for)
        return Tile(key=key, title=title, state=State.RESTORING, words=f"The worker is not ready: it waits for {what}.")
    words = f"No worker of partition {sources.partition} is in this process; open the page of the one that has it."
    return Tile(key=key, title=title, state=State.GONE, words=words)
