"""The name of a gauge's consumer group: the engine joins it, and the command line asks who is in it."""

from __future__ import annotations

from schemas.gauge import Gauge


def group_of(gauge: Gauge) -> str:
    """The gauge's consumer group."""
    return f"rivergauge-{gauge.name}"
