"""Which topics a gauge has, and what each must be: one table, for whoever makes, checks or plans topics.

A new key of ``[topics]`` is a new row. What a topic gets when it is made, and what is asked of one that is there, both
come from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from aiokafka.admin import NewTopic

from schemas.gauge import Gauge
from schemas.record_table import KINDS

DEFAULT_MAX_MESSAGE_BYTES: Final = 1_048_588
"""Kafka's default of ``max.message.bytes``; used where a broker does not say."""
POLICY: Final = "cleanup.policy"
MAX_BYTES: Final = "max.message.bytes"
_FRAMING_BYTES: Final = 8_192
"""What stands around a refused record in a dead letter, at most; a test compares it with the envelope's."""


class Partitions(Enum):
    """How many a topic has: those of the input, each the output of one of its, or one for all."""

    AS_THE_INPUT = "as the input"
    ONE = "one"


class Cleanup(Enum):
    """What becomes of old records: they go by age, or of each key the newest stays."""

    DELETE = "delete"
    COMPACT = "compact"


class Row(NamedTuple):
    """One topic.

    Parameters
    ----------
    key
        Of ``[topics]``.
    settings
        What a new one gets beside its ``cleanup.policy``.
    is_ours
        Whether Rivergauge alone writes it; the input is somebody else's.
    """

    key: str
    partitions: Partitions = Partitions.AS_THE_INPUT
    cleanup: Cleanup = Cleanup.DELETE
    settings: Mapping[str, str] = {}
    is_ours: bool = True

    def name(self, gauge: Gauge) -> str:
        """The topic's name."""
        name: str = getattr(gauge.topics, self.key)
        return name

    def max_bytes(self, gauge: Gauge) -> int | None:
        """The ``max.message.bytes`` that it needs, if any: a dead letter holds a whole record."""
        if not self.is_ours:
            return None
        letter = gauge.record.max_bytes + _FRAMING_BYTES if self.key == "dead_letters" else 0
        return max(letter, DEFAULT_MAX_MESSAGE_BYTES)

    @property
    def fixed(self) -> dict[str, str]:
        """What a new topic is made with, whatever the gauge says."""
        return {POLICY: self.cleanup.value, **self.settings}

    def new_settings(self, gauge: Gauge) -> dict[str, str]:
        """What a new topic is made with."""
        wanted = self.max_bytes(gauge)
        more = {MAX_BYTES: str(wanted)} if wanted is not None and wanted > DEFAULT_MAX_MESSAGE_BYTES else {}
        return {**self.fixed, **more}

    def new(self, gauge: Gauge, partitions: int) -> NewTopic:
        """The topic to be made, where the input has so many ``partitions``."""
        count = partitions if self.partitions is Partitions.AS_THE_INPUT else 1
        factor = gauge.topics.replication_factor
        return NewTopic(self.name(gauge), count, factor, topic_configs=self.new_settings(gauge))


SNAPSHOT_SETTINGS: Final = {
    "segment.bytes": str(64 * 1024 * 1024),
    "min.cleanable.dirty.ratio": "0.1",
    "delete.retention.ms": "3600000",
}
"""A reader scans what compaction has not yet freed, so segments are small and cleaned early."""

TABLE: Final = (
    Row("input", is_ours=False),
    *(Row(kind.topic) for kind in KINDS),
    Row("snapshots", cleanup=Cleanup.COMPACT, settings=SNAPSHOT_SETTINGS),
    Row("control", Partitions.ONE, Cleanup.COMPACT),
    Row("redriven", Partitions.ONE, Cleanup.COMPACT),
    Row("notified", Partitions.ONE, Cleanup.COMPACT),
)
ROWS: Final = {row.key: row for row in TABLE}


def needed(gauge: Gauge) -> tuple[Row, ...]:
    """The rows that this gauge uses."""
    return tuple(row for row in TABLE if row.key != "snapshots" or gauge.snapshots.store == "topic")
