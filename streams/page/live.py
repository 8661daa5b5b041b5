"""The page of a running process: the view that follows the outputs, and the partitions that are folded here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from time import time
from typing import Any, Final

from pydantic_core import to_json

from schemas.gauge import Gauge
from schemas.record_table import KINDS
from schemas.records import Prediction
from schemas.status import Status
from streams.here.failures import WorkerError
from streams.here.logs import Log
from streams.page import plain
from streams.page.board import tiles
from streams.page.memory import Memory
from streams.page.tile import Sources, Tile
from streams.view.follower import Follower
from streams.view.view import View

PAUSE_S: Final = 5.0
"""How long to wait before the outputs are followed again, after the broker was away."""
TICK_S: Final = 1.0
"""How often a page that is looked at is brought up to date."""
FIRST_S: Final = 3.0
"""How long the first reader of a page waits for what is in the log."""
LOOK_S: Final = 5.0
"""How often the metric is looked at while no page is open."""

_log = Log("page")

Statuses = Callable[[], Iterable[tuple[int, Status | None]]]
"""The partitions that this process folds, with their learners' statuses: ``None`` while one is being restored."""


class LivePage:
    """Makes the page of each partition, as often as it is asked for.

    Parameters
    ----------
    gauge
        Whose page.
    settings
        Client settings, from `streams.kafka.connection`.
    statuses
        See `Statuses`; nothing where this process folds nothing.
    waiting_for
        What keeps the worker of this process from being ready.
    """

    def __init__(
        self,
        gauge: Gauge,
        settings: Mapping[str, Any],
        *,
        statuses: Statuses = tuple,
        waiting_for: Callable[[], list[str]] = list,
    ) -> None:
        self.gauge = gauge
        self.view = View()
        self._settings = settings
        self._statuses = statuses
        self._waiting_for = waiting_for
        self._memories: dict[int, Memory] = {}
        self._known: dict[int, Status | None] = {}
        self._looked = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self._caught_up = asyncio.Event()
        # A worker knows its events by its learners' statuses; to read every prediction again would cost it much.
        self._kinds = None if statuses is tuple else [kind.name for kind in KINDS if kind.record is not Prediction]

    async def open(self) -> None:
        """Begin to follow the outputs, if nobody has opened the page yet, and wait a moment for what is there.

        A process whose page nobody looks at reads nothing.
        """
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._follow(), name="page"), asyncio.create_task(self._remember())]
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_S):
                    await self._caught_up.wait()

    async def close(self) -> None:
        """Follow no more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        # A broker that is away, or has no such topics yet, is asked again.
        offsets: dict[tuple[str, int], int] = {}
        while True:
            follower = Follower(self.gauge, self._settings, self.view, kinds=self._kinds, begin=offsets)
            try:
                await follower.read_to_end()
                self._caught_up.set()
                await follower.run()
            except WorkerError as error:
                _log.warning("outputs cannot be followed", reason=error, again_in_s=PAUSE_S)
            offsets = follower.offsets or offsets
            await asyncio.sleep(PAUSE_S)

    async def _remember(self) -> None:
        # Whether a page is open or not: the metric's fine grain is kept.
        while True:
            self._look()
            await asyncio.sleep(LOOK_S)

    @property
    def partitions(self) -> list[int]:
        """Those of which anything is known; the first one where there are none."""
        self._look()
        return sorted({*self.view.partitions, *self._known}) or [0]

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
                view=self.view,
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
