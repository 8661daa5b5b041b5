"""What a replica answers to who wants something written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.http.problems import Problem


class ReadOnly:
    """Writes nothing, whoever asks."""

    async def append(self, value: bytes, partition: int | None, wait_s: float) -> dict[str, Any]:
        """Refuse an event."""
        raise Problem(421, "a replica writes nothing: send events and labels to a worker, or to the input topic")

    async def give(self, said: Mapping[str, Any], partition: int | None) -> list[dict[str, Any]]:
        """Refuse a command."""
        raise Problem(421, "a replica writes nothing: send commands to a worker")
