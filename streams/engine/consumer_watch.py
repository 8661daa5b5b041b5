"""Asks aiokafka's consumer what it keeps to itself: a group that will not have it, a broker that does not answer.

The group's coordinator stops at a refusal until somebody asks for it (`check_errors`), and Faust never does. A fetch
that gets no answer is tried again, for ever and without a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from time import time
from typing import Any, Final

from aiokafka.consumer.fetcher import FetchError
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError

from streams.here.failures import BrokerUnreachableError
from streams.kafka.client_errors import is_final
from streams.kafka.troubles import Troubles

ASK_S: Final = 1.0

SILENT_S: Final = 15.0
"""A partition for which there is room is answered for twice a second, also if nothing is on it."""

GROUP: Final = "consumer group"
READING: Final = "reading"


class ConsumerWatch:
    """Watches the consumer of one topic.

    Parameters
    ----------
    topic
        The input.
    consumer
        aiokafka's consumer; None while there is none.
    wanted
        The partitions that are to be fetched now.
    answered
        When a partition's last fetch was answered, in milliseconds since 1970; None if none was yet.
    troubles, fail
        Told what the consumer tries to get over, and what it cannot.
    clock
        Seconds since 1970.
    """

    def __init__(
        self,
        topic: str,
        *,
        consumer: Callable[[], Any],
        wanted: Callable[[], Collection[int]],
        answered: Callable[[int], int | None],
        troubles: Troubles,
        fail: Callable[[BaseException], None],
        clock: Callable[[], float] = time,
    ) -> None:
        self._topic = topic
        self._consumer = consumer
        self._wanted = wanted
        self._answered = answered
        self._troubles = troubles
        self._fail = fail
        self._clock = clock
        self._sought: dict[int, float] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await asyncio.sleep(ASK_S)
            self.ask()

    def sought(self, partition: int) -> None:
        """The partition is read from another place on: a fetch may be answered from now."""
        self._sought[partition] = self._clock()

    def forget(self) -> None:
        """There is another assignment."""
        self._sought.clear()

    async def refused(self, error: KafkaError) -> None:
        """Fetching met this, and will be tried again after a while."""
        self._troubles.tell(READING, error)
        await asyncio.sleep(ASK_S)

    def in_touch(self) -> bool:
        """Whether the group's coordinator answers, and fetching is answered."""
        coordinator = self._coordinator()
        known = coordinator is not None and coordinator.coordinator_id is not None
        return known and (self._silent_s() or 0.0) < SILENT_S

    def ask(self) -> None:
        """Ask once, and tell."""
        coordinator = self._coordinator()
        if coordinator is None:
            return
        try:
            coordinator.check_errors()
        except KafkaError as error:
            if coordinator._coordination_task.done() or is_final(error):
                self._fail(error)
                return
            coordinator.reset_generation()  # join anew: a heartbeat that was refused once would be reported for ever
            self._troubles.tell(GROUP, error)
        else:
            subscription = coordinator._subscription.subscription
            if subscription is not None and not coordinator.need_rejoin(subscription):
                self._troubles.well(GROUP)
        silent_s = self._silent_s()
        if silent_s is not None and silent_s > SILENT_S:
            why = f"{self._topic} could be read, and no fetch was answered for {silent_s:.0f} s"
            self._troubles.tell(READING, BrokerUnreachableError(why))
        elif silent_s is not None and silent_s < 2 * ASK_S:
            self._troubles.well(READING)

    def _silent_s(self) -> float | None:
        """How long the partition that waits longest for an answer of the broker has waited; None if none need be given.

        Nothing is fetched of a node as long as aiokafka holds a chunk of it that waits for room.
        """
        held = () if (consumer := self._consumer()) is None else consumer._fetcher._records.values()
        wanted = [partition for partition in self._wanted() if partition in self._sought]
        if not wanted or any(not isinstance(one, FetchError) for one in held):
            return None
        return self._clock() - min(self._heard(partition) for partition in wanted)

    def _heard(self, partition: int) -> float:
        answered = self._answered(partition)
        return max(self._sought[partition], 0.0 if answered is None else answered / 1_000)

    def _coordinator(self) -> Any:
        """aiokafka's member of the group; None before the consumer is started."""
        consumer = self._consumer()
        coordinator = None if consumer is None else consumer._coordinator
        return coordinator if isinstance(coordinator, GroupCoordinator) else None
