"""A client that administers: topics, settings, groups."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient


@asynccontextmanager
async def administering(
    settings: Mapping[str, Any], client_id: str = "rivergauge-admin"
) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that is connected, and closed in the end, also where it could not connect.

    Raises
    ------
    KafkaError
        If no broker can be reached, or it refuses us.
    """
    admin = AIOKafkaAdminClient(**settings, client_id=client_id)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
