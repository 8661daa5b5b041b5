"""What is found of the groups of a slice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.evaluated.figure import Figure


class Flag(StrEnum):
    """Which way a group differs from all others."""

    WORSE = "worse"
    BETTER = "better"


class Sureness(StrEnum):
    """What a flag promises of all groups of all slices together, at every look."""

    FALSE_DISCOVERIES = "false_discoveries"
    """At most one flag in twenty is false, on average."""
    ALL = "all"
    """With probability 0.95 no flag of this kind is false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """One group: the leading metric over its events, and how its losses differ from everybody else's.

    ``gap`` is its mean loss less that of all others, paired in time: a share of wrong answers, units of the label, or
    nats where models are judged by log loss; ``None`` before the first of ``pairs``. ``evidence`` is an e-value, whose
    reciprocal is a p-value at any moment. ``flag`` is ``None`` while the evidence of all groups together does not
    carry one, and so is ``sureness``.
    """

    group: str
    figure: Figure
    gap: float | None
    pairs: int
    evidence: float
    flag: Flag | None = None
    sureness: Sureness | None = None
