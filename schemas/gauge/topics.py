"""``[topics]``: the topics of a gauge."""

from __future__ import annotations

from pydantic import Field

from schemas.gauge.names import Name, Topic
from schemas.gauge.section import Section
from schemas.record_table import KINDS


class Topics(Section):
    """The gauge's topics. All but ``input`` default to its name with a suffix; outputs have its partition count."""

    input: Name
    predictions: Topic
    alerts: Topic
    versions: Topic
    reports: Topic
    dead_letters: Topic
    snapshots: Topic
    control: Topic
    partitions: int = Field(default=1, ge=1, le=10_000)
    replication_factor: int = Field(default=1, ge=1, le=100)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The topics that Rivergauge writes."""
        return tuple(getattr(self, kind.topic) for kind in KINDS)
