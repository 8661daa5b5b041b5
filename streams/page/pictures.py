"""Pictures that a tile shows, as what is in them; `streams.page.drawing` makes them visible.

They are drawn where the page is made, so that they are there without a script, and in a file that nobody serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Range(NamedTuple):
    """A value with its interval as a dot on a line, on a scale from ``least`` to ``most``, marked at ``mark``."""

    value: float | None
    low: float | None
    high: float | None
    least: float
    most: float
    mark: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Labels down, predictions across, and how many there were of each pair, in ``names``' order.

    Each row is coloured by its shares: what was right in one colour, what was wrong in another.
    """

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Points of predicted and observed shares with their interval, beside the diagonal where both are the same."""

    points: tuple[tuple[float, float, float | None, float | None, int], ...]
    """Predicted, observed, low, high, answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One column before and after it moved: its quantiles (``q5`` to ``q95``) as boxes, or shares of values as bars."""

    words: str
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far numbers lie apart: five ascending quantiles as a box on a line, with a mark at 0."""

    name: str
    quantiles: tuple[float, float, float, float, float]


Picture: TypeAlias = Heat | Reliability | Shift | Spread
