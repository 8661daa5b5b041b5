"""The gauge's output topics, followed for whoever asks over HTTP: from the first question on, and not before.

Predictions are not read: there are as many as events, and what is told here is told by the other kinds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from schemas.gauge import Gauge
from schemas.record_table import KINDS
from streams.here import logs
from streams.here.failures import WorkerError
from streams.http.problems import not_yet
from streams.view.follower import Follower
from streams.view.published import Published
from streams.view.view import View

READ: Final = tuple(kind.name for kind in KINDS if kind.name != "prediction")
PATIENCE_S: Final = 10.0
"""How long a question waits until what was published before it is read."""
PAUSE_S: Final = 5.0
"""How long to wait before a broker that was not reached is asked again."""
RECENT: Final = 1_000
"""News kept for streams that come again."""

_log = logs.Log("http")

Place = tuple[str, int]
"""A kind's name and a partition."""


class News(NamedTuple):
    """A record that was heard; ``number`` counts them in this process, ``seen`` is the newest offset of each place."""

    number: int
    published: Published
    seen: dict[Place, int]


class Outputs:
    """One reader for all questions.

    Parameters
    ----------
    gauge
        Whose outputs.
    settings
        Client settings, from `streams.kafka.connection`.
    kinds
        The names of the kinds that are read; a process that folds nothing itself reads predictions as well.
    """

    def __init__(self, gauge: Gauge, settings: Mapping[str, Any], kinds: Sequence[str] = READ) -> None:
        self.recent: deque[News] = deque(maxlen=RECENT)
        self.seen: dict[Place, int] = {}
        """The newest offset that was heard of each place."""
        self._gauge = gauge
        self._settings = settings
        self._kinds = kinds
        self._view = View()
        self._follower: Follower | None = None
        self._task: asyncio.Task[None] | None = None
        self._happened = asyncio.Event()
        self._number = 0

    async def view(self) -> View:
        """What is published, as far as it was read.

        Raises
        ------
        Problem
            If it takes too long to read what was there.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(), name="outputs")
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while not self._is_read():
                    await asyncio.sleep(0.02)
                return self._view
        raise not_yet("the output topics are still being read, or the broker does not answer")

    async def news(self, after: int, timeout_s: float) -> list[News]:
        """What was heard after the news of this number; waits for some, but not longer than ``timeout_s`` seconds."""
        if self._number <= after:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._happened.wait()
        return [one for one in self.recent if one.number > after]

    @property
    def number(self) -> int:
        """The number of the newest news."""
        return self._number

    async def close(self) -> None:
        """Read no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _is_read(self) -> bool:
        return self._follower is not None and self._follower.has_read_the_past

    async def _follow(self) -> None:
        while True:
            begin = None if self._follower is None else self._follower.offsets
            self._follower = Follower(self._gauge, self._settings, self._view, kinds=self._kinds, begin=begin)
            try:
                await self._follower.run(self._heard)
            except WorkerError as error:
                _log.warning("output topics not read", reason=error, pause_s=PAUSE_S)
            await asyncio.sleep(PAUSE_S)

    def _heard(self, published: Published) -> None:
        self._number += 1
        self.seen = {**self.seen, (published.kind.name, published.partition): published.offset}
        self.recent.append(News(self._number, published, self.seen))
        self._happened.set()
        self._happened = asyncio.Event()
