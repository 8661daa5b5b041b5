"""The lookout: asks the broker every few seconds, over a connection of its own, whether the worker can do its work.

The engine's and the producers' connections hide what they meet: aiokafka tries again, for ever and without a word,
where a password is wrong, a topic is gone or a right was taken away. Here one look answers for all of that, in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from schemas.gauge import Gauge
from streams.here.failures import BrokerUnreachableError, LogRefusedError, NotAllowedError, TopicsError, WorkerError
from streams.kafka.client_errors import as_worker_error
from streams.kafka.refusal import connect
from streams.kafka.topic_facts import Right, TopicFacts, topic_facts
from streams.kafka.troubles import Troubles

LOOK_S: Final = 2.0
FIRST_LOOKS: Final = 10

BROKER: Final = "broker"
TOPICS: Final = "topics"
RIGHTS: Final = "rights"


class Lookout:
    """Looks at broker, topics and rights.

    Parameters
    ----------
    gauge
        Names the topics.
    settings
        Client settings, from `streams.kafka.connection`.
    troubles
        Where it tells what it sees.
    in_touch
        Whether those that do the work have heard from the broker lately. If not, or if there is trouble, a new
        connection is made for the look: an old one is not asked for its password again.
    """

    def __init__(
        self, gauge: Gauge, settings: Mapping[str, Any], troubles: Troubles, in_touch: Callable[[], bool]
    ) -> None:
        self._gauge = gauge
        self._settings = settings
        self._troubles = troubles
        self._in_touch = in_touch
        self._connection: AIOKafkaConnection | None = None
        self._log_id: bytes | None = None
        self._needs = _needs(gauge)

    async def run(self) -> None:
        """Look until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_S)
        finally:
            self.close()

    async def first(self) -> None:
        """Look before anything is begun.

        Raises
        ------
        WorkerError
            What stands in the way: there is nothing yet that waiting could save.
        """
        seen = await self._seen()
        for _ in range(FIRST_LOOKS):  # what was just created takes a moment to be seen
            if seen.get(TOPICS) is None:
                break
            await asyncio.sleep(LOOK_S / FIRST_LOOKS)
            seen = await self._seen()
        for trouble in seen.values():
            if trouble is not None:
                raise trouble

    async def look(self) -> None:
        """Look once, and tell."""
        if self._troubles or not self._in_touch():
            self.close()
        is_old = self._connection is not None
        try:
            seen = await self._seen()
        except (OSError, KafkaError, WorkerError) as error:
            self.close()
            if is_old:  # brokers end connections, after a while or where a session is over: that is no trouble
                await self.look()
            else:
                self._troubles.tell(BROKER, as_worker_error(error))
            return
        self._troubles.well(BROKER, *(source for source, trouble in seen.items() if trouble is None))
        for source, trouble in seen.items():
            if trouble is not None:
                self._troubles.tell(source, trouble)
        self._troubles.review()

    async def _seen(self) -> dict[str, WorkerError | None]:
        if self._connection is None or not self._connection.connected():
            self._connection = await connect(self._settings)
        facts = await topic_facts(self._connection, self._needs)
        if facts is None:
            return {}
        return {TOPICS: self._missing(facts), RIGHTS: self._denied(facts)}

    def _missing(self, facts: Mapping[str, TopicFacts]) -> WorkerError | None:
        name = self._gauge.topics.input
        found = facts[name].id
        if found is not None and self._log_id is not None and found != self._log_id:
            return LogRefusedError(
                f"input topic {name} was deleted and made anew while the worker ran: the state is a fold of another "
                "log; give the gauge its log back, or start over with rivergauge reset"
            )
        self._log_id = found if found is not None else self._log_id
        gone = [topic for topic, fact in facts.items() if fact.error is UnknownTopicOrPartitionError]
        if gone := [topic for topic in gone if topic != self._gauge.topics.control]:
            return TopicsError(
                f"topics are missing: {', '.join(gone)}; they were there when the worker began: give them back, with "
                "their records, or stop the worker and create them anew"
            )
        if without := [topic for topic, fact in facts.items() if fact.leaderless]:
            return BrokerUnreachableError(f"partitions without a leader in {', '.join(without)}: a broker is away")
        return None

    def _denied(self, facts: Mapping[str, TopicFacts]) -> NotAllowedError | None:
        unseen = [topic for topic, fact in facts.items() if fact.error is TopicAuthorizationFailedError]
        lacking = [f"DESCRIBE on {', '.join(unseen)}"] if unseen else []
        for right in (Right.READ, Right.WRITE):
            where = [
                topic
                for topic, fact in facts.items()
                if right in self._needs[topic] and fact.error is None and fact.rights is not None
                and right not in fact.rights
            ]  # fmt: skip
            if where:
                lacking.append(f"{right.name} on {', '.join(where)}")
        return NotAllowedError(f"the broker does not allow this user to {'; '.join(lacking)}") if lacking else None

    def close(self) -> None:
        """Hang up; a look after this connects anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _needs(gauge: Gauge) -> dict[str, frozenset[Right]]:
    """What a worker does with each topic."""
    read, write = frozenset({Right.READ}), frozenset({Right.WRITE})
    topics = gauge.topics
    needs = {topics.input: read, **dict.fromkeys(topics.outputs, write), topics.control: read}
    return {**needs, topics.snapshots: read | write} if gauge.snapshots.store == "topic" else needs
