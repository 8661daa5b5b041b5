"""The budget of false alarms, and the parts of it that each kind of watch may spend."""

from __future__ import annotations

from enum import StrEnum

from schemas.gauge import Drift


class Part(StrEnum):
    """What spends a part of the budget."""

    ERRORS = "errors"
    COLUMNS = "columns"
    PERFORMANCE = "performance"


def budget_of(drift: Drift, part: Part) -> float:
    """False alarms per event that a part may spend."""
    return drift.budget
