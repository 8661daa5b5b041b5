"""Looks at the topics of a gauge on a broker, and carries a plan out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    for_code,
)

from schemas.gauge import Gauge
from streams.here.failures import NotAllowedError, TopicsError
from streams.kafka.admin import administering
from streams.kafka.client_errors import as_worker_error
from streams.kafka.error_words import words_of
from streams.kafka.refusal import refusal
from streams.kafka.topic_plan import Action, Found, Step
from streams.kafka.topic_table import ROWS, needed
from streams.kafka.topics import Admin, create

_OF_THE_TOPIC: Final = 1
"""Kafka's ``ConfigSource`` DYNAMIC_TOPIC_CONFIG: set on the topic itself."""


class Changer(Admin, Protocol):
    """The part of aiokafka's admin client that is needed here."""

    async def alter_configs(self, config_resources: list[ConfigResource]) -> list[Any]:
        """Replace all that was set on topics by what is given."""


async def look(admin: Admin, gauge: Gauge) -> dict[str, Found]:
    """Those of the gauge's topics that are there, by name."""
    names = {row.name(gauge) for row in needed(gauge)}
    there = {
        topic["topic"]: topic["partitions"]
        for topic in await admin.describe_topics()
        if topic["topic"] in names and topic["error_code"] == 0 and topic["partitions"]
    }
    settings = await _settings(admin, sorted(there))
    return {
        name: Found(
            len(partitions),
            min(len(one["replicas"]) for one in partitions),
            {setting: value for setting, (value, _) in settings[name].items()} if name in settings else None,
            frozenset(setting for setting, (_, source) in settings.get(name, {}).items() if source == _OF_THE_TOPIC),
        )
        for name, partitions in there.items()
    }


async def _settings(admin: Admin, names: Sequence[str]) -> dict[str, dict[str, tuple[str, int]]]:
    """Of each topic whose settings may be read: their values, and where each was set."""
    if not names:
        return {}
    try:
        responses = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    except KafkaError:  # no such request (the in-process broker), or no right to make it
        return {}
    return {
        name: {entry[0]: (entry[1], entry[3]) for entry in entries if entry[1] is not None}
        for response in responses
        for code, _message, _type, name, entries in response.resources
        if code == 0
    }


async def carry_out(admin: Changer, gauge: Gauge, steps: Sequence[Step], found: Mapping[str, Found]) -> None:
    """Make what is to be made, then alter what is to be altered.

    Raises
    ------
    TopicsError, NotAllowedError
        If the broker refuses one; what was done before it stays.
    """
    wanted = [step for step in steps if step.action is Action.CREATE]
    if wanted:
        await create(admin, [ROWS[step.key].new(gauge, step.partitions) for step in wanted])
    altered = [_resource(step, found[step.topic]) for step in steps if step.action is Action.ALTER]
    if not altered:
        return
    for response in await admin.alter_configs(altered):
        for code, message, _type, name in response.resources:
            kind = for_code(code)
            if code and kind in (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
                raise NotAllowedError(f"topic {name}: this user may not alter it; grant ALTER_CONFIGS")
            if code:
                raise TopicsError(f"topic {name} could not be altered: {words_of(kind(message or ''))}")


def _resource(step: Step, found: Found) -> ConfigResource:
    # aiokafka 0.14 knows only the request that takes away every setting that it does not name.
    kept = {name: value for name, value in (found.settings or {}).items() if name in found.own}
    return ConfigResource(ConfigResourceType.TOPIC, step.topic, {**kept, **step.settings})


@asynccontextmanager
async def opened(settings: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that may change topics.

    Raises
    ------
    WorkerError
        If the broker cannot be reached, or refuses us.
    """
    try:
        async with administering(settings, "rivergauge-topics") as admin:
            yield admin
    except KafkaError as error:
        raise await refusal(settings) or as_worker_error(error) from error
