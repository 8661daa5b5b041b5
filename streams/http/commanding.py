"""Writing operators' words for HTTP clients: they are rare, so each is a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.errors import KafkaError

from schemas.gauge import Gauge
from streams.here.failures import WorkerError
from streams.http.problems import Problem, not_yet
from streams.orders.commands import CommandInvalidError, command_of, connected, give

WITHIN_S: Final = 10.0
"""How long connecting and writing may take, waiting for another's turn included."""


class Commanding:
    """Writes commands of one gauge, one after the other.

    Parameters
    ----------
    gauge, settings
        Whose input, and how the broker is reached.
    """

    def __init__(self, gauge: Gauge, settings: Mapping[str, Any]) -> None:
        self._gauge = gauge
        self._settings = settings
        self._turn = asyncio.Lock()

    async def give(self, said: Mapping[str, Any], partition: int | None) -> list[dict[str, Any]]:
        """See `streams.http.command_routes.Commander`.

        Raises
        ------
        Problem
            If it is no command, or not allowed, or the broker does not take it.
        """
        try:
            command = command_of(self._gauge, said)
            async with asyncio.timeout(WITHIN_S), self._turn, connected(self._gauge, self._settings) as (broker, count):
                given = await give(broker, self._gauge, command, count, partition)
        except CommandInvalidError as error:
            raise Problem(422, str(error)) from error
        except TimeoutError as error:
            raise not_yet("the broker does not answer; it is not known whether the command was written") from error
        except (KafkaError, WorkerError) as error:
            raise Problem(502, f"the broker did not take the command: {type(error).__name__}") from error
        return [{**one._asdict(), "command": one.command.model_dump()} for one in given]
