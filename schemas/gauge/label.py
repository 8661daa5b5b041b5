"""``[label]``: what is predicted, and when it becomes known."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.gauge.cost import ACCEPT, NONE, RESET
from schemas.gauge.paths import Path
from schemas.gauge.section import Section
from schemas.gauge.values import Class


class Arrival(StrEnum):
    """When labels come: in the event's own record, or later in a record of their own."""

    WITH_EVENT = "with_event"
    LATER = "later"


class LabelSection(Section):
    """The label: where it stands, what values it may take, and when it comes.

    ``time`` names the column that says when the label becomes known, ``delay_s`` is used where no column says it;
    both only place labels when a file is replayed. After ``horizon_events`` further records an unlabelled event
    expires; a label that came before its event is an orphan after ``early_horizon_events``.
    """

    field: Annotated[Path, RESET]
    positive: Annotated[Class | None, RESET] = None
    negative: Annotated[Class | None, RESET] = None
    classes: Annotated[list[Class] | None, RESET] = Field(default=None, max_length=10_000)
    minimum: Annotated[float | None, RESET] = None
    maximum: Annotated[float | None, RESET] = None
    arrival: Annotated[Arrival, RESET] = Field(default=Arrival.WITH_EVENT, strict=False)
    time: Annotated[str | None, ACCEPT] = None
    delay_s: Annotated[float | None, NONE] = Field(default=None, ge=0)
    horizon_events: Annotated[int, RESET] = Field(default=100_000, ge=1, le=10_000_000)
    early_horizon_events: Annotated[int, RESET] = Field(default=1_000, ge=1, le=10_000_000)
