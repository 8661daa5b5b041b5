"""What was sent again: a record of each letter, in a topic of its own.

The control topic is not the place. Orders are read whole by every worker before it restores, and one that it cannot
read ends it; they are written while no worker runs. Letters are redriven while workers run, there may be many, and no
worker needs to know of them. So they stand in ``topics.redriven``: compacted, and as no key comes twice, kept for good.
An operator who wants a letter sent once more deletes its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.events import Reason
from schemas.gauge import Gauge
from streams.kafka.compacted import own_records


class Redriven(BaseModel):
    """One letter that was sent again.

    ``letter`` is the dead letter's CloudEvents id, which no other has; ``offset`` where it is in the dead letters'
    topic, ``source`` where the refused record was in the input, and ``sent_to`` where it is now; all in ``partition``.
    ``attempt`` counts from 1 how often the same record was redriven.
    """

    model_config = ConfigDict(frozen=True)

    letter: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    source: int = Field(ge=0)
    reason: Reason
    attempt: int = Field(ge=1)
    sent_to: int = Field(ge=0)
    who: str
    at: datetime


class Audit:
    """What is known of earlier redrives: about 200 bytes of memory a letter."""

    def __init__(self, records: Iterable[Redriven]) -> None:
        self._letters: set[str] = set()
        self._attempts: dict[tuple[int, int], int] = {}
        for record in records:
            self._letters.add(record.letter)
            self._attempts[record.partition, record.sent_to] = record.attempt

    def __contains__(self, letter: object) -> bool:
        return letter in self._letters

    def attempt(self, partition: int, source: int) -> int:
        """Which attempt it would be to redrive the record that was refused at ``source``: 1 if none was made."""
        return self._attempts.get((partition, source), 0) + 1


async def read(gauge: Gauge, settings: Mapping[str, Any]) -> list[Redriven]:
    """All that was sent again for this gauge, and committed.

    Raises
    ------
    StateRefusedError
        If a record cannot be read: a newer version's, or somebody else's.
    WorkerError
        If the broker cannot be reached, or no record comes although there are some.
    """
    name, parse = _prefix(gauge), Redriven.model_validate_json
    return await own_records(settings, gauge.topics.redriven, name, parse, client_id="rivergauge-redrive")


def key_of(gauge: Gauge, record: Redriven) -> bytes:
    """The record's key."""
    return f"{_prefix(gauge)}{record.letter}".encode()


def _prefix(gauge: Gauge) -> str:
    return f"{gauge.name}/"
