"""The page of a running process: the view that follows the outputs, and the partitions that are folded here."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from time import thread_time, time
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from schemas.gauge import Gauge
from schemas.status import Status
from streams.here.allowance import Allowance
from streams.page import plain
from streams.page.board import tiles
from streams.page.memory import Memory
from streams.page.tile import Sources, Tile
from streams.view.view import View

TICK_S: Final = 1.0
LOOK_S: Final = 5.0
"""How often the metric is looked at while no page is open."""
MOST: Final = 0.025
"""The share of the process' time that pages may take, whatever is on them and however many partitions are looked at:
what takes long is done less often. The fold waits meanwhile."""
_ASKED_MS: Final = 10_000
"""A partition that was asked for within so long is looked at."""
_REST: Final = 0.005
"""The same while none is open."""


class Stand(NamedTuple):
    """How a partition that this process folds stands.

    ``status`` is ``None`` while its state is being restored. ``newest_ms`` is the timestamp of its newest record, as
    far as it is known; ``lag`` the records of the input that are yet to be read; ``waiting_for`` what keeps it from
    being caught up.
    """

    status: Status | None
    newest_ms: int | None = None
    lag: int | None = None
    waiting_for: Sequence[str] = ()


class Folded(NamedTuple):
    """What a process folds: which partitions, what it waits for before it has any, and how one of them stands."""

    partitions: Callable[[], Collection[int]]
    waiting_for: Callable[[], Sequence[str]]
    stand: Callable[[int], Stand]


NOTHING: Final = Folded(tuple, tuple, lambda _: Stand(None))
"""What a process folds that is no worker."""


class Shown(NamedTuple):
    """A partition's tiles as they are sent, by key: each is JSON, and another whenever anything in it is."""

    made_ms: int
    tiles: Mapping[str, bytes]
    alerts: Mapping[int, int]
    """How many are open, of each partition that has any."""

    def but(self, known: Mapping[str, bytes], now_ms: int) -> bytes:
        """The time, the open alerts, and the tiles that are not known as they are, as one JSON object."""
        others = b",".join(tile for key, tile in self.tiles.items() if known.get(key) != tile)
        return b'{"now":%d,"alerts":%s,"tiles":[%s]}' % (now_ms, to_json(self.alerts), others)


class LivePage:
    """Makes the page of each partition, as often as it is asked for.

    Parameters
    ----------
    gauge
        Whose page.
    read
        Gives the view of what is published, up to date; it follows the outputs from then on. A worker's leaves
        predictions out: its learners' statuses tell of those.
    folded
        What this process folds; a page shows what is published alone where that is `NOTHING`.
    clock, spent
        Seconds since 1970; seconds of work that this thread has done.
    tick_s
        How often a page that is looked at is brought up to date, at most.
    """

    def __init__(
        self,
        gauge: Gauge,
        read: Callable[[], Awaitable[View]],
        *,
        folded: Folded = NOTHING,
        clock: Callable[[], float] = time,
        spent: Callable[[], float] = thread_time,
        tick_s: float = TICK_S,
    ) -> None:
        self.gauge = gauge
        self.tick_s = tick_s
        self._view = View()
        self._read = read
        self._folded = folded
        self._clock = clock
        self._spent = spent
        self._memories: dict[int, Memory] = {}
        self._shown: dict[int, Shown] = {}
        self._allowances = defaultdict[int, Allowance](lambda: Allowance(MOST, spent=spent))
        self._asked_ms: dict[int, int] = {}
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read what is published; whatever reading raises passes through. From the first time on the metric is kept."""
        self._view = await self._read()
        if self._watch is None:
            self._watch = asyncio.create_task(self._remember(), name="page")

    async def close(self) -> None:
        """Keep nothing more."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def _remember(self) -> None:
        # Whether a page is open or not: the metric's fine grain is kept.
        while True:
            before = self._spent()
            for partition in self._folded.partitions():
                self._stand(partition)
                await asyncio.sleep(0)
            await asyncio.sleep(max(LOOK_S, (self._spent() - before) / _REST))

    @property
    def partitions(self) -> list[int]:
        """Those of which anything is known; the first one where there are none."""
        return sorted({*self._view.partitions, *self._folded.partitions()}) or [0]

    def html(self, partition: int) -> str:
        """The page, whole."""
        now_ms = self.now_ms
        tiles = self._tiles(partition, now_ms)
        return plain.document(self.gauge.name, self.partitions, partition, tiles, alerts=self._alerts(), now_ms=now_ms)

    @property
    def now_ms(self) -> int:
        """The time, in milliseconds since 1970."""
        return round(1_000 * self._clock())

    def shown(self, partition: int) -> Shown:
        """The tiles, each with its HTML, as the page's script reads them; made anew at most once in a tick."""
        now_ms = self.now_ms
        known, allowance = self._shown.get(partition), self._allowances[partition]
        self._asked_ms[partition] = now_ms
        if known is not None and (now_ms < known.made_ms + 900 * self.tick_s or not allowance.is_due(now_ms / 1_000)):
            return known
        asked = sum(now_ms - at <= _ASKED_MS for at in self._asked_ms.values())
        with allowance.work(now_ms / 1_000, sharers=asked):
            tiles = self._tiles(partition, now_ms)
            made = {tile.key: to_json(_sent(tile, now_ms), inf_nan_mode="null") for tile in tiles}
            shown = self._shown[partition] = Shown(now_ms, made, self._alerts())
        return shown

    def _alerts(self) -> dict[int, int]:
        return dict(Counter(one.partition for one in self._view.episodes.open()))

    def _tiles(self, partition: int, now_ms: int) -> list[Tile]:
        stand = self._stand(partition)
        return tiles(
            Sources(
                gauge=self.gauge,
                view=self._view,
                partition=partition,
                status=stand.status,
                memory=self._memories.setdefault(partition, Memory()),
                now_ms=now_ms,
                waiting_for=stand.waiting_for,
                lag=stand.lag,
            )
        )

    def _stand(self, partition: int) -> Stand:
        if partition not in self._folded.partitions():
            self._memories.pop(partition, None)
            return Stand(None, waiting_for=self._folded.waiting_for() if not self._folded.partitions() else ())
        stand = self._folded.stand(partition)
        if stand.status is not None:
            memory = self._memories.setdefault(partition, Memory())
            memory.take(stand.status, self.now_ms, stand.newest_ms)
        return stand


def _sent(tile: Tile, now_ms: int) -> dict[str, Any]:
    # When, rather than how old: what stands still is not sent again every second.
    return {
        "key": tile.key,
        "state": tile.state,
        "tone": tile.tone,
        "mark": plain.MARKS[tile.state],
        "at": None if tile.age_s is None else now_ms - round(1_000 * tile.age_s),
        "html": plain.inside(tile),
        "plot": tile.plot,
    }
