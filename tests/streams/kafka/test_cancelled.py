"""A cancelled request is no cancellation of who awaits it."""

from __future__ import annotations

import asyncio

import pytest

from streams.here.failures import BrokerUnreachableError
from streams.kafka.cancelled import not_cancelled


async def test_a_request_that_is_cancelled_is_a_broker_that_went_away():
    request = asyncio.get_running_loop().create_future()
    request.cancel()

    with pytest.raises(BrokerUnreachableError), not_cancelled():
        await request


async def test_a_task_that_is_cancelled_stays_so():
    async def waits() -> None:
        with not_cancelled():
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
