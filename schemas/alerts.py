"""The words of an alert: its kind, how bad it is, what chance would have given, and what moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.plurals import count


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


DRIFTS: Final = (DriftKind.CONCEPT, DriftKind.COVARIATE, DriftKind.PRIOR, DriftKind.DATA_FAULT, DriftKind.LABELS)
"""Kinds that are a change of the world: not what the service makes of it."""


class Severity(StrEnum):
    """How bad it is, from the least on."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Higher is worse.

        >>> max(Severity.MAJOR, Severity.CRITICAL, Severity.MINOR, key=lambda one: one.rank)
        <Severity.CRITICAL: 'critical'>
        """
        return [*Severity].index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """What the budget of false alarms came to so far.

    ``budget`` is the false alarms per event that this kind of watch may spend, ``events`` how many it has looked at,
    ``expected`` the alarms that chance gives at most (their product), ``alarms`` those that were opened. ``note`` says
    what makes early alarms more likely than the budget, ``None`` where nothing does; ``days`` are those between the
    first event and the newest, by event time, ``None`` where events have none.
    """

    budget: float
    events: int
    expected: float
    alarms: int
    note: str | None = None
    days: float | None = None

    @property
    def words(self) -> str:
        """A sentence's half.

        >>> Chance(budget=4e-6, events=150_000, expected=0.6, alarms=1, days=9.2).words
        '1 alarm in 150,000 events (9 days), 0.6 expected by chance'
        """
        length = "" if self.days is None or self.days < 1 else f" ({count(round(self.days), 'day')})"
        seen = f"{count(self.alarms, 'alarm')} in {count(self.events, 'event')}{length}"
        return f"{seen}, {self.expected:.2g} expected by chance" + ("" if self.note is None else f"; {self.note}")


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


def moved_words(moved: Sequence[Moved] | None, most: int = 3) -> str | None:
    """What moved, in words: the first ``most``, and how many more there are; ``None`` where nothing is known of it."""
    if not moved:
        return None
    left = len(moved) - most
    return "; ".join(one.words for one in moved[:most]) + (f"; and {left:,} more" if left > 0 else "")


def share_words(expected_share: float | None) -> str | None:
    """How much of a rise of the loss the features account for, in words.

    >>> share_words(0.917)
    '92 % of the rise was to be expected of these events'
    >>> share_words(-0.07)
    'none of the rise was to be expected of these events'
    """
    if expected_share is None:
        return None
    share = round(100 * expected_share)
    part = "none" if share <= 0 else f"{share} %" if share < 100 else "all"
    return f"{part} of the rise was to be expected of these events"


def severity_words(severity_by: str | None) -> str | None:
    """By which figure an alert is as severe as it is, in words; ``None`` where it goes by the losses that it shows.

    >>> severity_words("F1, 0.8 before and 0.5 now")
    'severity by F1, 0.8 before and 0.5 now'
    """
    return None if severity_by is None else f"severity by {severity_by}"
