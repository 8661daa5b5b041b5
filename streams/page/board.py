"""All tiles of a page, in the order in which a person reads them: a new tile is a new row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from streams.page import alarms, flowing, measured, race, standing, timeline
from streams.page.tile import Sources, Tile

FIRST: Final[tuple[Callable[[Sources], Tile], ...]] = (
    standing.verdict,
    standing.metric,
    alarms.budget,
    race.contest,
    alarms.moved,
    flowing.labels,
    flowing.refused,
)
"""What is seen without scrolling."""

BELOW: Final[tuple[Callable[[Sources], Tile], ...]] = (
    timeline.timeline,
    alarms.sides,
    measured.slices,
    measured.fairness,
    measured.calibration,
    measured.errors,
    measured.worst,
)


def tiles(sources: Sources) -> list[Tile]:
    """Every tile of one partition."""
    return [make(sources) for make in (*FIRST, *BELOW)]
