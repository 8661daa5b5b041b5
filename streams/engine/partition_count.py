"""Whether the input topic still has the partitions that it had when the worker checked its topics.

A partition more moves keys between learners, and each would see a stranger's. So nothing of a new one is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from streams.here.failures import TopicsError

METADATA_S: Final = 5.0
"""How old the client's knowledge of the topic may be."""

LOOK_S: Final = 1.0


class PartitionCount:
    """Watches one topic's number of partitions.

    Parameters
    ----------
    topic, expected
        The input, and how many partitions it had at the start.
    now
        How many it has, as far as the client knows; None where it does not.
    """

    def __init__(self, topic: str, expected: int, now: Callable[[], int | None]) -> None:
        self._topic = topic
        self._expected = expected
        self._now = now

    def changed(self) -> TopicsError | None:
        """Why the worker cannot go on, if the count is another."""
        now = self._now()
        if now is None or now == self._expected:
            return None
        return TopicsError(
            f"input topic {self._topic} had {self._expected} partition(s) when this worker started and has {now} now: "
            "keys move between partitions, and each learner would see a stranger's; give the gauge a new topic, or "
            "give every topic of the gauge as many partitions and start each over with rivergauge reset"
        )

    async def run(self) -> TopicsError:
        """Look until the count is another; why the worker cannot go on."""
        while (reason := self.changed()) is None:
            await asyncio.sleep(LOOK_S)
        return reason
