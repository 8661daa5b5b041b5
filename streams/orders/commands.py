"""Operators' words, written to the input topic: to the partitions that they are about, or to none.

Unlike orders they are obeyed by workers that are running, at their place in the log (`models.retraining.operators`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from pydantic import ValidationError

from models.door.commands import what_is_wrong
from schemas.commands import COMMAND, FORM, HEADER, Command, body, lacking
from schemas.gauge import Gauge
from streams.here.failures import SettingsError, TopicsError
from streams.kafka.admin import administering
from streams.kafka.topics import partition_counts
from streams.kafka.writing import writing


class CommandInvalidError(SettingsError):
    """What was said is no command, or not one that the gauge file allows; nothing was written."""


class Given(NamedTuple):
    """A command, and where it stands in the input topic."""

    partition: int
    offset: int
    command: Command


def command_of(gauge: Gauge, said: Mapping[str, Any]) -> Command:
    """The command that these parts make.

    Raises
    ------
    CommandInvalidError
        If they make none, or the gauge file does not allow it.
    """
    try:
        command = COMMAND.validate_python(dict(said))
    except ValidationError as error:
        raise CommandInvalidError(what_is_wrong(error)) from error
    if (needed := lacking(command.command, gauge.operators.allow)) is not None:
        raise CommandInvalidError(
            f"the gauge file does not allow this command: add '{needed}' to allow in its [operators], and have "
            "workers continue with that file (rivergauge accept)"
        )
    return command


async def give(
    producer: AIOKafkaProducer, gauge: Gauge, command: Command, count: int, partition: int | None = None
) -> list[Given]:
    """Write a command to the partition that it is about, or to all ``count`` of the input where none is named.

    Raises
    ------
    CommandInvalidError
        If the partition is not there, or not that of the version; nothing was written.
    aiokafka.errors.KafkaError
        If the broker does not take it; what stands in partitions before that one was taken.
    """
    given = []
    for one in _about(gauge, command, count, partition):
        sent = await producer.send_and_wait(gauge.topics.input, body(command), partition=one, headers=[(HEADER, FORM)])
        given.append(Given(one, int(sent.offset), command))
    return given


@asynccontextmanager
async def connected(gauge: Gauge, settings: Mapping[str, Any]) -> AsyncIterator[tuple[AIOKafkaProducer, int]]:
    """A producer for commands, and how many partitions the input has.

    Raises
    ------
    TopicsError
        If there is no input topic.
    aiokafka.errors.KafkaError
        If the broker cannot be used.
    """
    async with administering(settings) as admin:
        count = (await partition_counts(admin)).get(gauge.topics.input)
    if count is None:
        raise TopicsError(f"input topic {gauge.topics.input} does not exist: there is nobody to command")
    async with writing(settings, "rivergauge-command", enable_idempotence=True, acks="all") as producer:
        yield producer, count


def _about(gauge: Gauge, command: Command, count: int, partition: int | None) -> list[int]:
    version: str | None = getattr(command, "version", None)
    if version is not None:
        own = int(version.partition("-")[0].partition(".")[0])
        if partition not in (None, own):
            raise CommandInvalidError(f"version {version} is of partition {own}, got partition {partition}")
        partition = own
    if partition is None:
        return [*range(count)]
    if partition >= count:
        raise CommandInvalidError(f"partition must be 0 to {count - 1}, as {gauge.topics.input} has, got {partition}")
    return [partition]
