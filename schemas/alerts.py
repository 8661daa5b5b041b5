"""The words of an alert: its kind, how bad it is, what chance would have given, and what moved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DriftKind(StrEnum):
    """What has changed.

    ``CONCEPT``: what the features say about the label. ``COVARIATE``: the features. ``PRIOR``: how common the classes
    are, or how large the labels. ``DATA_FAULT``: the way in which the data come (missing, stuck, another unit).
    ``LABELS``: their arrival. ``PERFORMANCE``: a baseline would serve better. ``FAIRNESS``: a gap between groups.
    ``MODELS``: no model is left.
    """

    CONCEPT = "concept"
    COVARIATE = "covariate"
    PRIOR = "prior"
    DATA_FAULT = "data_fault"
    LABELS = "labels"
    PERFORMANCE = "performance"
    FAIRNESS = "fairness"
    MODELS = "models"


class Severity(StrEnum):
    """How bad it is, from the least on."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """What the budget of false alarms came to so far.

    ``budget`` is the false alarms per event that this kind of watch may spend, ``events`` how many it has looked at,
    ``expected`` the alarms that chance gives at most (their product), ``alarms`` those that were opened. ``note`` says
    what makes early alarms more likely than the budget, ``None`` where nothing does.
    """

    budget: float
    events: int
    expected: float
    alarms: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One thing that moved: a column, or one of what the service itself gives and gets.

    ``weight`` is its part of the evidence, in [0, 1]. ``what`` names the summary that moved most (``location``,
    ``missing``); ``before`` and ``after`` are figures of the stretches before and after, by name (``q50``, ``missing``,
    a value's share). ``words`` is a sentence about it.
    """

    column: str
    what: str
    weight: float
    words: str
    before: dict[str, float | None]
    after: dict[str, float | None]
