"""What the usual of a column may go by, and that it has a time to go by."""

from __future__ import annotations

from schemas.gauge.drift import Drift
from schemas.gauge.record import RecordSection


def season_has_a_time(drift: Drift, record: RecordSection) -> list[str]:
    """Events say when they were."""
    if not drift.columns.season or record.time is not None:
        return []
    return ["drift.columns: season goes by the events' times; name theirs in record.time"]
