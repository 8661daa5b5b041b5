"""``[drift]``: when a rise of the error is worth an alarm."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated

from pydantic import Field, field_validator

from schemas.gauge.candidates import Step
from schemas.gauge.cost import ACCEPT, RESET
from schemas.gauge.section import Section


class Drift(Section):
    """Watching the champion's error for a rise.

    ``false_alarms`` is the budget: how many false alarms are allowed per number of events. The default detector needs
    no other constant; ``detectors`` adds any of River's, which keep no such promise.
    """

    enabled: Annotated[bool, RESET] = True
    false_alarms: Annotated[str, ACCEPT] = "1 per 100000 events"
    detectors: Annotated[list[Step], ACCEPT] = Field(default_factory=list, max_length=100)

    @field_validator("false_alarms")
    @classmethod
    def _a_rate(cls, value: str) -> str:
        if _RATE.fullmatch(value) is None:
            raise ValueError(f"must read like '1 per 100000 events', got '{value}'")
        alarms, events = (int(group.replace("_", "")) for group in _RATE.fullmatch(value).groups())  # type: ignore[union-attr]
        if not 0 < alarms / max(events, 1) <= 0.01:
            raise ValueError(f"must be above 0 and at most 1 per 100 events, got '{value}'")
        return value

    @cached_property
    def budget(self) -> float:
        """False alarms per event."""
        match = _RATE.fullmatch(self.false_alarms)
        assert match is not None
        alarms, events = (int(group.replace("_", "")) for group in match.groups())
        return alarms / events


_RATE = re.compile(r"([0-9][0-9_]*) per ([0-9][0-9_]*) events")
