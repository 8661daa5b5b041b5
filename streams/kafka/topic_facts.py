"""What a broker knows of topics by name: whether they exist, whether they are the same, and what we may do with them.

aiokafka 0.14 asks in a version that knows neither topic ids nor rights, and would have some brokers create what is
missing. Kafka answers version 10 since 2.8.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from enum import IntEnum
from typing import Any, Final, NamedTuple

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import NoError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_VERSION: Final = 10
_NO_ID: Final = bytes(16)


class Right(IntEnum):
    """What one may do with a topic; the number is the bit in Kafka's answer (``AclOperation``)."""

    READ = 3
    WRITE = 4
    DESCRIBE = 8


class TopicFacts(NamedTuple):
    """One topic. ``error`` is ``None`` if it is there and may be seen."""

    error: type[Exception] | None
    id: bytes | None
    partitions: int
    leaderless: int
    """How many of them have no leader now."""
    rights: frozenset[Right] | None
    """What we may do; None if the broker does not say."""


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka shows no types
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return struct.pack("16s", value)

    @classmethod
    def decode(cls, data: Any) -> bytes:
        return bytes(data.read(16))


class _Response(Response):  # type: ignore[misc]  # as above
    API_KEY = 3
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("in_sync", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("operations", Int32),
        ("tags", TaggedFields),
    )


class _RequestStruct(RequestStruct):  # type: ignore[misc]  # as above
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = _VERSION
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_operations", Boolean),
        ("include_topic_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Request(Request[_RequestStruct]):  # type: ignore[misc]  # as above
    API_KEY = 3

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[_RequestStruct]) -> _RequestStruct:
        topics: list[tuple[bytes, str, dict[int, bytes]]] = [(_NO_ID, name, {}) for name in self._names]
        return request_struct_class(topics, False, False, True, {})  # as the protocol orders them


async def topic_facts(connection: AIOKafkaConnection, names: Collection[str]) -> dict[str, TopicFacts] | None:
    """The topics by name; None if the broker is too old to say."""
    _oldest, newest = connection._versions.get(_Request.API_KEY, (0, 0))
    if newest < _VERSION:
        return None
    answer = await connection.send(_Request(names))
    return {topic[1]: _facts(topic) for topic in answer.topics}


def _facts(topic: Any) -> TopicFacts:
    code, _name, identity, _internal, partitions, operations, _tags = topic
    error = for_code(code)
    rights = frozenset(right for right in Right if operations >> right & 1) if operations >= 0 else frozenset()
    return TopicFacts(
        error=None if error is NoError else error,
        id=None if identity == _NO_ID else identity,
        partitions=len(partitions),
        leaderless=sum(partition[2] < 0 for partition in partitions),
        # Who sees a topic may describe it: an answer without that knows no rights.
        rights=rights if Right.DESCRIBE in rights else None,
    )
