"""The page of a running process: the view that follows the outputs, and the partitions that are folded here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import time
from typing import Final

from pydantic_core import to_json

from schemas.gauge import Gauge
from schemas.status import Status
from streams.page import plain
from streams.page.board import tiles
from streams.page.memory import Memory
from streams.page.tile import Sources, Tile
from streams.view.view import View

TICK_S: Final = 1.0
"""How often a page that is looked at is brought up to date."""
LOOK_S: Final = 5.0
"""How often the metric is looked at while no page is open."""

Statuses = Callable[[], Iterable[tuple[int, Status | None]]]
"""The partitions that this process folds, with their learners' statuses: ``None`` while one is being restored."""


class LivePage:
    """Makes the page of each partition, as often as it is asked for.

    Parameters
    ----------
    gauge
        Whose page.
    read
        Gives the view of what is published, up to date; it follows the outputs from then on. A worker's leaves
        predictions out: its learners' statuses tell of those.
    statuses
        See `Statuses`; nothing where this process folds nothing.
    waiting_for
        What keeps the worker of this process from being ready.
    """

    def __init__(
        self,
        gauge: Gauge,
        read: Callable[[], Awaitable[View]],
        *,
        statuses: Statuses = tuple,
        waiting_for: Callable[[], list[str]] = list,
    ) -> None:
        self.gauge = gauge
        self._view = View()
        self._read = read
        self._statuses = statuses
        self._waiting_for = waiting_for
        self._memories: dict[int, Memory] = {}
        self._known: dict[int, Status | None] = {}
        self._looked = 0.0
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
            self._look()
            await asyncio.sleep(LOOK_S)

    @property
    def partitions(self) -> list[int]:
        """Those of which anything is known; the first one where there are none."""
        self._look()
        return sorted({*self._view.partitions, *self._known}) or [0]

    def html(self, partition: int) -> str:
        """The page, whole."""
        return plain.document(self.gauge.name, self.partitions, partition, self._tiles(partition))

    def json(self, partition: int) -> bytes:
        """The tiles, each with its HTML, as the page's script reads them."""
        return to_json(
            [
                {
                    "key": tile.key,
                    "state": tile.state,
                    "tone": tile.tone,
                    "age": plain.age(tile),
                    "html": plain.inside(tile),
                    "plot": tile.plot,
                }
                for tile in self._tiles(partition)
            ],
            inf_nan_mode="null",
        )

    def _tiles(self, partition: int) -> list[Tile]:
        self._look()
        return tiles(
            Sources(
                gauge=self.gauge,
                view=self._view,
                partition=partition,
                status=self._known.get(partition),
                memory=self._memories.setdefault(partition, Memory()),
                now_ms=round(1_000 * time()),
                waiting_for=self._waiting_for() if self._known.get(partition) is None else (),
            )
        )

    def _look(self) -> None:
        # The fold waits while a status is worked out: that is done once, however many pages are open.
        now = time()
        if now - self._looked < TICK_S / 2:
            return
        self._looked = now
        self._known = dict(self._statuses())
        for partition, status in self._known.items():
            if status is not None:
                self._memories.setdefault(partition, Memory()).take(status, round(1_000 * now))
