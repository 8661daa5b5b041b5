"""A tile: one question that a person asks of a gauge, and its answer, or why there is none yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeAlias

from schemas.gauge import Gauge
from schemas.status import Status
from streams.page.memory import Memory
from streams.page.pictures import Picture, Range
from streams.page.words import until
from streams.view.view import View


class State(StrEnum):
    """How much a tile is worth now.

    ``READY`` shows what is so. ``EMPTY`` has nothing to show yet, and says why and when it fills; ``OFF`` never will,
    for the gauge file does not ask for it. ``STALE`` shows what was so when last something came. ``RESTORING`` waits
    for the worker to have caught up, and shows what is so up to there, if anything is. ``GONE`` needs a worker of this
    partition, and this process is none.
    """

    READY = "ready"
    EMPTY = "empty"
    OFF = "off"
    STALE = "stale"
    RESTORING = "restoring"
    GONE = "gone"


Cell: TypeAlias = str | Range
"""What stands in a cell: text, or a picture of what the cells beside it say."""


class Table(NamedTuple):
    """Rows of cells under a header: what a plot shows, in figures."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Evidence(NamedTuple):
    """An entry that opens: a title, lines of names and what they are, and the command that acts on it.

    ``key`` is the entry's own, whatever becomes of its title. ``at_ms`` is when it happened, in milliseconds since
    1970.
    """

    key: str
    title: str
    facts: tuple[tuple[str, str], ...]
    commands: tuple[str, ...] = ()
    at_ms: int | None = None
    pictures: tuple[Picture, ...] = ()
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One tile.

    ``words`` is a sentence: the answer, or why there is none. ``age_s`` is the age of the newest thing in it, in
    seconds, ``None`` where nothing is in it. ``plot`` is drawn by the page's script, by its ``kind``.
    """

    key: str
    title: str
    words: str
    head: str = ""
    """The answer in a few words, where there is one; ``words`` goes on from there."""
    advice: str = ""
    """What is wrong, and what to do about it, where something must be done."""
    state: State = State.READY
    age_s: float | None = None
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    plot: Mapping[str, Any] | None = None
    tone: str = ""
    """``good``, ``bad`` or ``warn``, where the answer is one of them."""
    command: str | None = None
    """The command to begin with, where something must be done."""


_SOON_S: Final = 2.0
"""What is done within so long is not told: it is not what is waited for."""
QUIET_AFTER_S: Final = 60.0
"""No event came for so long: what is shown is stale."""


class Sources(NamedTuple):
    """What tiles of one partition are made of.

    ``status`` is that of the partition's learner, if it is in this process, ``lag`` how many records of the input it
    has yet to read, and ``waiting_for`` what keeps it from being caught up. ``now_ms`` is the time in milliseconds
    since 1970.
    """

    gauge: Gauge
    view: View
    partition: int
    status: Status | None
    memory: Memory
    now_ms: int
    waiting_for: Sequence[str] = ()
    lag: int | None = None

    @property
    def newest_ms(self) -> int | None:
        """When the newest event came: by its prediction's record, or else when the worker was seen to have it."""
        flow = self.view.flows.get(self.partition)
        return self.memory.newest_ms if flow is None else flow.timestamp

    @property
    def age(self) -> float | None:
        """How long ago the newest event came, in seconds: the age of all that the learner's status tells."""
        return self.age_s(self.newest_ms)

    @property
    def quiet_s(self) -> float:
        """For how long no event has come, in seconds, as far as anybody here has looked."""
        newest = self.newest_ms
        return self.age_s(self.memory.since_ms if newest is None else newest) or 0.0

    @property
    def state(self) -> State:
        """What a tile is worth that shows how the learner stands."""
        if self.waiting_for:
            return State.RESTORING
        return State.STALE if self.quiet_s > QUIET_AFTER_S else State.READY

    @property
    def waits(self) -> str:
        """What keeps the worker from being caught up, and for how long yet, where that can be told."""
        told = "; ".join(self.waiting_for)
        pace = self.memory.events_per_s
        if not self.lag or self.status is None or not pace or self.lag <= _SOON_S * pace:
            return told
        return f"{told}; {until(self.lag, 'record', pace)}"

    def age_s(self, timestamp_ms: int | None) -> float | None:
        """How long ago that was, in seconds; never below 0, for clocks differ."""
        return None if timestamp_ms is None else max(self.now_ms - timestamp_ms, 0) / 1_000


def without_worker(sources: Sources, key: str, title: str) -> Tile:
    """A tile that needs the learner's own status, where there is none."""
    if sources.waiting_for:
        words = f"The worker is not ready yet ({sources.waits})."
        return Tile(key=key, title=title, state=State.RESTORING, words=words)
    words = f"Partition {sources.partition} is not in this process: open the page of the worker that has it."
    return Tile(key=key, title=title, state=State.GONE, words=words)
