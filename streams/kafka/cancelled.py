"""A request that aiokafka has cancelled is told from a cancellation of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from streams.here.failures import BrokerUnreachableError


@contextmanager
def not_cancelled() -> Iterator[None]:
    """What is awaited inside raises `asyncio.CancelledError` only if our task is cancelled.

    When a connection ends, the futures of its requests are cancelled, and who awaits one gets a `CancelledError` that
    nobody meant for its task (aiokafka 0.14).

    Raises
    ------
    BrokerUnreachableError
        Instead of that one.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BrokerUnreachableError("the broker went away, and a request with it") from error
