"""The gauge's topics: created explicitly where they are missing, and checked before the first record is read.

Output partition = input partition, so all six topics must have the same number of partitions.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, Protocol

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from schemas.gauge import Gauge
from streams.here.failures import BrokerRefusedError, NotAllowedError, TopicsError
from streams.kafka.error_words import words_of
from streams.kafka.topic_table import DEFAULT_MAX_MESSAGE_BYTES, MAX_BYTES, POLICY, ROWS, TABLE, Cleanup


class Missing(Enum):
    """What to do about a topic that does not exist."""

    CREATE = "create"
    REFUSE = "refuse"


class Admin(Protocol):
    """The part of aiokafka's admin client that is needed here."""

    async def describe_topics(self, topics: list[str] | None = None) -> list[dict[str, Any]]:
        """All topics where ``topics`` is None."""

    async def create_topics(self, new_topics: list[NewTopic]) -> Any:
        """Create topics; the response carries an error code per topic."""

    async def describe_configs(self, config_resources: list[ConfigResource]) -> list[Any]:
        """Read topic settings."""


async def ensure(admin: Admin, gauge: Gauge, missing: Missing) -> int:
    """Make sure that the gauge's topics exist with equal partition counts, and return that count.

    A missing topic gets the input's partition count, and ``topics.partitions`` where the input is missing as well.

    Raises
    ------
    TopicsError
        If a topic is missing and must not or cannot be created, or if counts differ.
    """
    topics = gauge.topics
    names = (topics.input, *topics.outputs)
    counts = await partition_counts(admin)
    partitions = counts.get(topics.input, topics.partitions)
    absent = [name for name in names if name not in counts]
    if absent and missing is Missing.REFUSE:
        raise TopicsError(f"topics are missing: {', '.join(absent)}; create them with {partitions} partition(s) each")
    if absent:
        await create(admin, [row.new(gauge, partitions) for row in TABLE if row.name(gauge) in absent])
    found = {name: counts.get(name, partitions) for name in names}
    if set(found.values()) != {partitions}:
        listed = ", ".join(f"{name} has {count}" for name, count in found.items())
        raise TopicsError(
            f"every topic of gauge '{gauge.name}' must have the input's {partitions} partition(s): {listed}; "
            "name other output topics, or create these anew"
        )
    return partitions


async def partition_counts(admin: Admin) -> dict[str, int]:
    """Every topic's number of partitions. Asking by name would make some brokers create the topic."""
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in await admin.describe_topics()
        if topic["error_code"] == 0 and topic["partitions"]
    }


async def max_message_bytes(admin: Admin, topic: str) -> int:
    """The largest record batch that ``topic`` takes, in bytes; Kafka's default where the broker cannot tell."""
    value = await _setting(admin, topic, MAX_BYTES)
    return DEFAULT_MAX_MESSAGE_BYTES if value is None else int(value)


async def _setting(admin: Admin, topic: str, name: str) -> str | None:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: ""})
    try:
        responses = await admin.describe_configs([resource])
    except KafkaError:  # no such request (the in-process broker), or no right to make it
        return None
    for response in responses:
        for error_code, _message, _type, _name, entries in response.resources:
            if error_code == 0:
                for entry in entries:
                    if entry[0] == name:
                        return str(entry[1])
    return None


async def check_input(admin: Any, gauge: Gauge) -> None:
    """Refuse an input that is compacted, and a broker without the transactions that the gauge asks for.

    Raises
    ------
    TopicsError
        If the input topic is compacted: its records change under a state that is a fold of them.
    BrokerRefusedError
        If delivery is to be exactly once and the broker cannot.
    """
    topic = gauge.topics.input
    policy = await _setting(admin, topic, POLICY) or ""
    if Cleanup.COMPACT.value in policy:
        raise TopicsError(
            f"input topic {topic} must not be compacted, got cleanup.policy={policy}: the state is a fold of its "
            "records, and compaction takes some away; set cleanup.policy=delete"
        )
    if gauge.delivery == "exactly-once":
        apis = await _apis(admin)
        if not (apis >= _TRANSACTIONS and apis & _KEPT_APART):
            raise BrokerRefusedError(
                'delivery = "exactly-once" needs a broker with transactions, and this one has none (a librdkafka mock '
                'is one of those); use a Kafka of version 3 or newer, or set delivery = "at-least-once"'
            )


_TRANSACTIONS: Final = frozenset({22, 24, 25, 26, 28})
"""Kafka's API keys InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit."""
_KEPT_APART: Final = frozenset({27, 65})
"""WriteTxnMarkers, DescribeTransactions: who has none of them takes the requests above and isolates nothing."""


async def _apis(admin: Any) -> frozenset[int]:
    # Nothing public says what a broker answers to (aiokafka 0.14).
    client = admin._client
    await client.ready(client.get_random_node())
    return frozenset(key for connection in client._conns.values() for key in connection._versions)


async def ensure_one(admin: Admin, gauge: Gauge, key: str) -> None:
    """Make a topic of one partition, by its key of ``[topics]``, if it is missing; raises as `create`."""
    if ROWS[key].name(gauge) not in await partition_counts(admin):
        await create(admin, [ROWS[key].new(gauge, 1)])


async def create(admin: Admin, wanted: list[NewTopic]) -> None:
    """Make topics; one that is there already is left as it is.

    Raises
    ------
    TopicsError, NotAllowedError
        If one cannot, or may not, be made.
    """
    try:
        response = await admin.create_topics(wanted)
    except (IncompatibleBrokerVersion, AttributeError) as error:
        # aiokafka trips over a broker that names no controller with an AttributeError.
        raise TopicsError(
            f"topics are missing and this broker creates none on request: {', '.join(topic.name for topic in wanted)}; "
            "create them yourself"
        ) from error
    problems, denied = [], True
    for topic, code, *message in response.topic_errors:
        kind = for_code(code)
        if code != 0 and kind is not TopicAlreadyExistsError:
            denied = denied and kind in (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
            problems.append(f"{topic}: {words_of(kind(*filter(None, message)))}")
    if problems and denied:
        names = ", ".join(topic.name for topic in wanted)
        raise NotAllowedError(
            f"topics are missing or may not be seen, and this user may not create them: {names}; create them, and "
            "grant READ on the input and WRITE on the others, or grant CREATE"
        )
    if problems:
        raise TopicsError(f"topics could not be created: {'; '.join(problems)}")
