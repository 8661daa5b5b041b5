"""``[fairness]``: which groups must not be treated differently, and when a gap between them is worth an alarm."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import Field

from schemas.gauge.budgets import FalseAlarms, per_event
from schemas.gauge.cost import ACCEPT
from schemas.gauge.names import FeatureName
from schemas.gauge.section import Section
from schemas.gauge.values import Class


class Fairness(Section):
    """Watching the gaps between the groups of protected attributes.

    ``protected`` names slices. An answer of the class ``favourable`` selects (None: the positive class). A gap of up to
    ``tolerance`` is none. Without a gap, one that was there from the beginning is alarmed with probability at most
    ``error_rate``, and one that begins later at most at the rate of ``false_alarms``, for each criterion of each
    attribute.
    """

    protected: Annotated[list[FeatureName], ACCEPT] = Field(default_factory=list, max_length=10)
    tolerance: Annotated[float, ACCEPT] = Field(default=0.05, ge=0, lt=1)
    favourable: Annotated[Class | None, ACCEPT] = None
    error_rate: Annotated[float, ACCEPT] = Field(default=0.05, gt=0, le=0.5)
    false_alarms: Annotated[FalseAlarms, ACCEPT] = "1 per 100000 events"

    @cached_property
    def budget(self) -> float:
        """False alarms per event."""
        return per_event(self.false_alarms)
