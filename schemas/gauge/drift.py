"""``[drift]``: when a rise of the error is worth an alarm."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import Field

from schemas.gauge.budgets import FalseAlarms, per_event
from schemas.gauge.candidates import Step
from schemas.gauge.cost import ACCEPT, RESET
from schemas.gauge.section import Section


class Drift(Section):
    """Watching the champion's error for a rise.

    ``false_alarms`` is the budget: how many false alarms are allowed per number of events. The default detector needs
    no other constant; ``detectors`` adds any of River's, which keep no such promise.
    """

    enabled: Annotated[bool, RESET] = True
    false_alarms: Annotated[FalseAlarms, ACCEPT] = "1 per 100000 events"
    detectors: Annotated[list[Step], ACCEPT] = Field(default_factory=list, max_length=100)

    @cached_property
    def budget(self) -> float:
        """False alarms per event."""
        return per_event(self.false_alarms)
