"""How commands work with a broker: one that is away is told of now and then, and what it refuses is a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiokafka.errors import KafkaError

from schemas.gauge import Connection
from streams.cli.terminal.outage import told_of_outages
from streams.cli.terminal.output import err
from streams.kafka.client_errors import in_words

T = TypeVar("T")


def at_broker(connection: Connection, work: Coroutine[Any, Any, T], *, undone: str = "the broker did not do it") -> T:
    """What ``work`` comes to.

    Raises
    ------
    WorkerError
        If the broker cannot be reached, or refuses: the message begins with what is ``undone``.
    """
    servers = connection.bootstrap_servers
    with told_of_outages(lambda: err.print(f"the broker at {servers} does not answer; waiting for it", style="dim")):
        try:
            return asyncio.run(work)
        except KafkaError as error:
            raise in_words(undone, error) from error
