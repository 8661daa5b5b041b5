"""Gaps between the groups of protected attributes."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.evaluated.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFigure:
    """The lead of ``group``'s rate over that of ``against``: another group, or ``None`` for all others together.

    ``gap`` is the mean over pairs in time (its ``n`` counts pairs), with an interval that holds however often one
    looks; ``recent`` that of about the newest 200, without an interval. ``e_value`` is the evidence that the gap is
    larger than tolerated, alarmed at ``threshold``. ``alarmed_at`` and ``episode`` are those of the episode that is
    open.
    """

    group: str
    against: str | None
    gap: Figure
    recent: float | None
    e_value: float
    threshold: float
    alarmed_at: int | None
    episode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """One rate of every group, over the whole life.

    Each of ``rates`` has an interval for one look. Its ``n`` counts answers of the group: all of them for demographic
    parity, else those whose label has come and is the criterion's.
    ``difference`` is the largest rate minus the smallest, ``None`` with fewer than two groups.
    """

    rates: dict[str, Figure]
    difference: float | None
    gaps: list[GapFigure]


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualisedOdds:
    """The larger ``difference`` of true and false positive rates; the former's gaps are equal opportunity's."""

    difference: float | None
    false_positives: Parity


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedAttribute:
    """How the groups of one attribute are treated.

    ``demographic_parity`` compares the shares that were selected, of all answers; ``equal_opportunity`` the same of
    those who turned out to deserve it, and ``equalised_odds`` also of those who did not.
    """

    demographic_parity: Parity
    equal_opportunity: Parity
    equalised_odds: EqualisedOdds


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessFigures:
    """The protected attributes by name. An answer of the class ``favourable`` selects."""

    favourable: str | int | bool
    tolerance: float
    attributes: dict[str, ProtectedAttribute]
